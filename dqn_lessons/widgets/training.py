"""Watch many learners while they train."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dqn_lessons.plots import BLUE, ORANGE, plotly_layout
from dqn_lessons.types import History
from dqn_lessons.widgets.panel import Panel, drawable

_SECONDS = 0.25


class TrainingView(Panel):
    """Returns and values of all learners, redrawn in place: ``train(..., on_eval=view)``.

    Left: the greedy return at each evaluation. Right: the largest ``|Q|``. The line is the mean
    over learners, the band reaches from the lowest to the highest. It is drawn at most four
    times a second, and always at the end.

    Args:
        name: what is trained, for the sentence.
        ceiling: the largest value that can be true, drawn on the right, or ``None``.
    """

    def __init__(self, name: str = "training", ceiling: float | None = None) -> None:
        self.name, self.history, self._drawn = name, None, -np.inf
        figure = go.FigureWidget(make_subplots(cols=2, horizontal_spacing=0.12))
        figure.update_layout(
            plotly_layout("environment steps", "greedy return"), height=320, showlegend=False
        )
        figure.update_xaxes(title_text="environment steps", col=2)
        figure.update_yaxes(title_text="largest |Q|", col=2)
        for col, (colour, dash) in enumerate(((BLUE, "solid"), (ORANGE, "dash")), start=1):
            edge = {
                "mode": "lines",
                "line": {"width": 0},
                "hoverinfo": "skip",
                "row": 1,
                "col": col,
            }
            figure.add_scatter(**edge)
            figure.add_scatter(**edge, fill="tonexty", fillcolor=f"{colour}30")
            line = {"color": colour, "dash": dash}
            figure.add_scatter(line=line, mode="lines+markers", name="mean", row=1, col=col)
        if ceiling is not None:
            figure.add_hline(ceiling, line_dash="dot", annotation_text="true ceiling", col=2)
        super().__init__([], figure)

    def __call__(self, run: Any) -> None:
        """Take note of a run, and draw it unless it was drawn a moment ago."""
        self.history = run.history
        now = time.monotonic()
        last = run.step + run.config.eval_period > run.config.steps
        if last or now - self._drawn >= _SECONDS:
            self._drawn = now
            self._redraw()

    history: History | None

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Move the curves to what is known."""
        history = self.history
        if history is None:
            return f"{self.name}: nothing trained yet.", dict
        steps = history.eval_step
        columns: dict[str, Any] = {"steps": steps}
        with self.figure.batch_update():
            for i, (name, scores) in enumerate(
                (("return", history.eval_return), ("largest |Q|", history.max_abs_q))
            ):
                low, high, mean = scores.min(0), scores.max(0), scores.mean(0)
                for trace, values in zip(
                    self.figure.data[3 * i : 3 * i + 3], (low, high, mean), strict=True
                ):
                    trace.update(x=steps, y=drawable(values))
                columns |= {f"{name}, mean": mean, f"{name}, low": low, f"{name}, high": high}
        earned, largest = (columns[f"{name}, mean"][-1] for name in ("return", "largest |Q|"))
        sentence = (
            f"{self.name}: step <b>{history.step:,}</b> of {history.config.steps:,}, "
            f"{len(history.seeds)} learners. Greedy return <b>{earned:.0f}</b>, "
            f"largest |Q| <b>{largest:,.0f}</b> (means)."
        )
        return sentence, lambda: columns
