"""A plotly figure among widgets that is redrawn in place."""

from __future__ import annotations

import ipywidgets as ipw
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from dqn_classroom.figures.accessible import plotly_json

# A page that has no plotly.js presses the one, and finds it in the other.
_ASK, _SHELF = ipw.Button(), ipw.Textarea()
_ASK.on_click(lambda _: _SHELF.set_trait("value", get_plotlyjs()))


class LiveFigure(ipw.Box):  # type: ignore[misc]
    """A figure as JSON in the page, which the `AccessibleControls` around it draw; a zoom stays.

    Plotly's own FigureWidget brings 5 MB of JavaScript with every figure, and stays blank where
    the browser has not read them within two seconds.

    Args:
        figure: the plotly figure.
    """

    def __init__(self, figure: go.Figure) -> None:
        self.figure, self._spec = figure, ipw.HTML()
        hidden = ipw.Box([self._spec, _ASK, _SHELF], layout=ipw.Layout(display="none"))
        # A narrow window scrolls the figure alone, not the controls with it.
        super().__init__([hidden], layout=ipw.Layout(overflow="auto hidden"))
        self.add_class("dqn-figure").add_class("dqn-live")
        self.redraw()

    def redraw(self) -> None:
        """Show the figure as it is now."""
        # Within a script element only "<" could end it.
        spec = plotly_json(self.figure).replace("<", r"\u003c")
        self._spec.value = f'<script type="application/json">{spec}</script>'
