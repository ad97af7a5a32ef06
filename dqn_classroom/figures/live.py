"""A plotly figure among widgets that is redrawn in place."""

from __future__ import annotations

import ipywidgets as ipw
import plotly.graph_objects as go

from dqn_classroom.figures.accessible import plotly_json


class LiveFigure(ipw.HTML):  # type: ignore[misc]
    """A figure as JSON in the page, which the box's `AccessibleControls` draw; a zoom stays.

    Plotly's own FigureWidget brings 5 MB of JavaScript with every figure, and stays blank where
    the browser has not read them within two seconds.

    Args:
        figure: the plotly figure.
    """

    def __init__(self, figure: go.Figure) -> None:
        self.figure = figure
        super().__init__()
        self.add_class("dqn-live")
        self.redraw()

    def redraw(self) -> None:
        """Show the figure as it is now."""
        # Within a script element only "<" could end it.
        spec = plotly_json(self.figure).replace("<", r"\u003c")
        self.value = f'<script type="application/json">{spec}</script>'
