"""Values and greedy arrows along the cliff, computed or learned (lesson 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go

from dqn_classroom.explorers.panel import Explorer, badge, row, select
from dqn_classroom.figures import plotly_layout
from dqn_lessons import tabular

_ARROWS = np.array(["↑", "→", "↓", "←"])
_GREEDY = 1e-6  # values that are nearer than this count as equal


class CliffExplorer(Explorer):
    """Drag the discount, the slips and the step size; values and greedy arrows follow.

    Learned values come from ``ROUNDS`` samples of each action in each state, in rounds: one
    Q-learning update of every entry from one sample each.
    """

    ROUNDS = 300

    def __init__(self) -> None:
        options = [("computed, by sweeps", False), ("learned, from samples", True)]
        look = {"description_width": "150px", "button_width": "180px"}
        inputs = {
            "learned": ipw.ToggleButtons(options=options, description="values", style=look),
            "gamma": select("discount γ", [0.5, 0.8, 0.9, 0.95, 0.99, 1.0], 1.0),
            "slip": select("slip probability", [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5], 0),
            "alpha": select("step size α", [0.05, 0.1, 0.2, 0.5, 1.0], 0.1),
        }
        figure = go.Figure(layout=plotly_layout("column", "row"))
        figure.update_layout(height=330, hovermode="closest")
        figure.update_yaxes(autorange="reversed", dtick=1)
        figure.update_xaxes(dtick=1)
        # From rust to yellow: dark text can be read on all of it.
        scale = {"colorscale": [[0, "#F0A070"], [1, "#FFF7D0"]], "colorbar": {"title": "value"}}
        figure.add_heatmap(texttemplate="%{text}", xgap=1, ygap=1, hoverinfo="text", **scale)
        learned, gamma, slip, alpha = inputs.values()
        super().__init__([row(learned), row(gamma, slip), row(alpha)], inputs, figure)

    def q(self, learned: bool) -> Any:
        """Action values ``[48, 4]`` as the sliders want them."""
        _, gamma, slip, alpha = (widget.value for widget in self.inputs.values())
        outcomes = tabular.cliff(slip)
        if not learned:
            v = tabular.value_iteration(outcomes, gamma, tolerance=1e-7)[-1]
            return tabular.bellman_backup(*outcomes, v, gamma)
        likely, q = outcomes.probability.cumsum(axis=-1), np.zeros((48, 4))
        reward, after, ended = (table.ravel() for table in outcomes[1:])
        first = np.arange(0, reward.size, 4).reshape(48, 4)
        for draw in np.random.default_rng(0).random((self.ROUNDS, 48, 4, 1)):
            at = first + (draw > likely[..., :-1]).sum(axis=-1)
            future = np.where(ended[at], 0.0, q.max(axis=1)[after[at]])
            q += alpha * (reward[at] + gamma * future - q)
        return q

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Work out all values, and colour the cells."""
        learned = self.inputs["learned"].value
        self.inputs["alpha"].disabled = not learned
        q = self.q(learned)
        v, best = q.max(axis=1), q >= q.max(axis=1, keepdims=True) - _GREEDY
        arrows = ["".join(_ARROWS[actions]) for actions in best]
        text = np.array([f"{arrow}<br>{value:.1f}" for arrow, value in zip(arrows, v, strict=True)])
        text[37:47], text[47] = "cliff", "goal"
        shown = np.where(np.arange(48) > 36, np.nan, v)
        (cells,) = self.figure.data
        cells.update(z=shown.reshape(4, 12), text=text.reshape(4, 12))
        way, state, highest, leads_to = 0, 36, 3, tabular.cliff().next_state[:, 0]
        while way < 48 and state != 47:
            state = int(leads_to[state, best[state].argmax()])
            way, highest = way + 1, min(highest, state // 12)
        word = (
            f"{way} steps, {3 - highest} above the cliff" if state == 47 else "no way but by a slip"
        )
        sentence = (
            f"{badge(word, '#00609A' if state == 47 else '#A11')} "
            f"The start is worth <b>{v[36]:.2f}</b>."
        )
        if learned:
            off = np.abs(v - self.q(learned=False).max(axis=1))[:37].mean()
            sentence += f" Learned values are off by <b>{off:.2f}</b>, on average."
        place, column = np.divmod(np.arange(37), 12)
        columns = {"row": place, "column": column, "value": v[:37], "best": arrows[:37]}
        return sentence, lambda: columns
