"""What all widgets of the course share: one figure, a sentence about it, a table on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go

from dqn_classroom.accessible_controls import AccessibleControls
from dqn_classroom.figures import GREY, ORANGE, AccessibleFigure
from dqn_classroom.figures.live import LiveFigure

CHOSEN = {"mode": "markers", "marker": {"color": ORANGE, "size": 14, "symbol": "diamond"}}
DOTTED = {"mode": "lines", "line": {"color": GREY, "dash": "dot"}}
WIDE = {"layout": ipw.Layout(width="430px"), "style": {"description_width": "150px"}}
# Beyond this a curve has left every scale worth drawing, and JSON has no infinity.
OFF_SCALE = 1e9


def drawable(curve: np.ndarray) -> np.ndarray:
    """Leave out what has left every scale."""
    return np.where(np.abs(curve) < OFF_SCALE, curve, np.nan)


def badge(word: str, colour: str) -> str:
    """Return a coloured word as HTML."""
    style = f"background:{colour};color:#fff;padding:2px 8px;border-radius:4px;font-weight:600"
    return f'<span style="{style}">{word}</span>'


def row(*widgets: ipw.Widget) -> ipw.HBox:
    """Return widgets side by side, in as many lines as a narrow window needs."""
    return ipw.HBox(widgets, layout=ipw.Layout(flex_flow="row wrap"))


def select(description: str, options: Sequence[Any], value: Any) -> ipw.SelectionSlider:
    """Return a slider over a few values."""
    return ipw.SelectionSlider(options=options, value=value, description=description, **WIDE)


class Panel(ipw.VBox):  # type: ignore[misc]
    """Rows of controls above one figure that is redrawn in place, so that a zoom stays.

    Args:
        rows: what stands above.
        figure: the plotly figure.
        below: what stands below it.
    """

    def __init__(
        self, rows: list[ipw.Widget], figure: go.Figure, below: Sequence[ipw.Widget] = ()
    ) -> None:
        self.figure, self.readout, self.table = figure, ipw.HTML(), ipw.HTML()
        self.plot = LiveFigure(figure)
        self.table_button = ipw.ToggleButton(
            value=False, description="Data table", tooltip="Show the numbers behind the figure"
        )
        self.table_button.observe(self._redraw, names="value")
        parts = [*rows, self.readout, self.plot, *below, self.table_button, self.table]
        super().__init__([*parts, AccessibleControls()])
        self._redraw()

    def _redraw(self, _change: Any = None) -> None:
        sentence, table = self.draw()
        self.plot.redraw()
        self.readout.value = f'<div role="status" style="line-height:1.5">{sentence}</div>'
        # The table is built only when someone looks at it: a drag stays fast.
        shown = self.table_button.value
        self.table.value = AccessibleFigure(None, "", table()).table_html() if shown else ""

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Redraw the figure; return the sentence (HTML) and a function that makes the table."""
        raise NotImplementedError


class Explorer(Panel):
    """A panel whose figure depends on controls.

    Args:
        rows: rows of widgets; those in ``inputs`` redraw the figure when they change.
        inputs: name -> value widget.
        figure: the plotly figure.
    """

    def __init__(
        self, rows: list[ipw.Widget], inputs: dict[str, ipw.Widget], figure: go.Figure
    ) -> None:
        self.inputs = inputs
        for widget in inputs.values():
            widget.observe(self._redraw, names="value")
        super().__init__(rows, figure)

    def set(self, **values: Any) -> None:
        """Move several controls at once and redraw a single time.

        Raises:
            KeyError: no control has that name; the message lists those there are.
        """
        unknown = sorted(set(values) - set(self.inputs))
        if unknown:
            raise KeyError(f"no control named {unknown[0]!r}: use one of {sorted(self.inputs)}")
        for name in values:
            self.inputs[name].unobserve(self._redraw, names="value")
        try:
            for name, value in values.items():
                self.inputs[name].value = value
        finally:
            for name in values:
                self.inputs[name].observe(self._redraw, names="value")
        self._redraw()
