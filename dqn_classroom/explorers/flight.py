"""Scrub through the training of one agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dqn_classroom.explorers.panel import CHOSEN, WIDE, Explorer, row
from dqn_classroom.figures import BLUE, GREEN, animate, plotly_layout
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.policies import greedy_policy, q_values, rollout


@dataclass(frozen=True, eq=False)
class StateSlice:
    """Two of the observations, varied over a grid while the others are zero.

    Args:
        across, down: places of the two in the observation.
        x, y: their values, shapes [W] and [H].
        xlabel, ylabel: what they are, with the unit of ``units`` times the value.
        units: factors that turn the observation into the unit of the labels.
    """

    across: int
    down: int
    x: NDArray[Any]
    y: NDArray[Any]
    xlabel: str
    ylabel: str
    units: tuple[float, float] = (1.0, 1.0)

    def observations(self, size: int) -> NDArray[np.float32]:
        """Return the grid as observations, ``[H, W, size]``."""
        grid = np.zeros((len(self.y), len(self.x), size), np.float32)
        grid[..., self.across] = self.x
        grid[..., self.down] = self.y[:, None]
        return grid

    def q_map(self, weights: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Values over the grid ``[H, W, A]`` of a network: [in, out] and [out] of each layer."""
        return q_values(weights, self.observations(len(weights[0])))


_DEGREES = 180 / np.pi
# The episode ends at 12 degrees; a healthy pole turns at less than 3 rad/s.
CARTPOLE_SLICE = StateSlice(
    across=2,
    down=3,
    x=np.linspace(-0.24, 0.24, 41),
    y=np.linspace(-3, 3, 41),
    xlabel="angle of the pole (degrees)",
    ylabel="angular velocity (degrees/s)",
    units=(_DEGREES, _DEGREES),
)


class FlightView(Explorer):
    """Drag through a recorded training: values, decisions, episode, replay buffer (lesson 9).

    Above: the value of the better action, and how much better the second action is than the
    first, over a plane of observations; the line is the greedy episode of that moment. Below: the
    greedy return, and how many terminal transitions the replay buffer holds.

    Args:
        recorder: what was recorded.
        plane: the observations that are varied.
        actions: names of the first two actions.

    Raises:
        ValueError: nothing was recorded.
    """

    def __init__(
        self,
        recorder: FlightRecorder,
        plane: StateSlice = CARTPOLE_SLICE,
        actions: tuple[str, str] = ("left", "right"),
    ) -> None:
        recorder.check_recorded()
        self.recorder, self.plane, self.actions = recorder, plane, actions
        self.steps = list(recorder.terminals)
        step = ipw.SelectionSlider(
            options=self.steps, value=self.steps[-1], description="training step", **WIDE
        )
        self.play = ipw.Button(
            description="Play this episode",
            tooltip="Show the greedy episode as a video",
            layout=ipw.Layout(width="max-content"),
        )
        self.video = ipw.HTML()
        self.play.on_click(self._show_video)
        super().__init__([row(step, self.play), self.video], {"step": step}, self._empty())

    def _empty(self) -> go.Figure:
        first, second = self.actions
        figure = make_subplots(
            rows=2,
            cols=2,
            row_heights=[0.62, 0.38],
            horizontal_spacing=0.2,
            vertical_spacing=0.14,
            subplot_titles=("value max Q", f"Q({second}) − Q({first})", "", ""),
        )
        figure.update_layout(plotly_layout("", ""), height=620, showlegend=False)
        figure.update_layout(hovermode="closest")
        self._x, self._y = (
            values * unit
            for values, unit in zip((self.plane.x, self.plane.y), self.plane.units, strict=True)
        )
        bar = {"len": 0.58, "y": 0.73, "thickness": 12}
        for col, (scale, at) in enumerate((("Cividis", 0.4), ("PuOr", 1.0)), start=1):
            middle = {"zmid": 0} if col == 2 else {}
            colorbar = {**bar, "x": at + 0.01}
            figure.add_heatmap(colorscale=scale, colorbar=colorbar, row=1, col=col, **middle)
        for col in (1, 2):
            line = {"color": "#000000", "width": 1.5}
            figure.add_scatter(mode="lines", line=line, name="episode", row=1, col=col)
            figure.update_xaxes(title_text=self.plane.xlabel, row=1, col=col)
            figure.update_yaxes(title_text=self.plane.ylabel, row=1, col=col)
            figure.update_xaxes(title_text="environment steps", row=2, col=col)
        returns = [self.recorder.at(step, "eval_return") for step in self.steps]
        terminals = list(self.recorder.terminals.values())
        for col, label, values, colour, dash in (
            (1, "greedy return", returns, BLUE, "solid"),
            (2, "terminal transitions", terminals, GREEN, "dash"),
        ):
            line, below = {"color": colour, "dash": dash}, {"row": 2, "col": col}
            figure.add_scatter(x=self.steps, y=values, mode="lines", line=line, name=label, **below)
            figure.add_scatter(**CHOSEN, name="now", **below)
            figure.update_yaxes(title_text=label, rangemode="tozero", **below)
        return figure

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Move maps, path and markers to the chosen moment."""
        step, recorder, plane = self.inputs["step"].value, self.recorder, self.plane
        self.video.value = ""
        q = plane.q_map(recorder.weights[step])
        episode = recorder.episode(step)
        path_x, path_y = (
            episode.obs[:, place] * unit
            for place, unit in zip((plane.across, plane.down), plane.units, strict=True)
        )
        values, advantage = q.max(-1), q[..., 1] - q[..., 0]
        greedy = recorder.at(step, "eval_return")
        value_map, gap_map, path, again, _, now_return, _, now_terminals = self.figure.data
        # All three at once: alone, a new z makes the browser forget where its cells lie.
        for heat, z in ((value_map, values), (gap_map, advantage)):
            heat.update(x=self._x, y=self._y, z=np.float32(z))
        for line in (path, again):
            line.update(x=path_x, y=path_y)
        now_return.update(x=[step], y=[greedy])
        now_terminals.update(x=[step], y=[recorder.terminals[step]])
        sentence = (
            f"After <b>{step:,}</b> steps: greedy return <b>{greedy:.0f}</b>, this episode "
            f"<b>{episode.episode_return:g}</b>. Values here from {values.min():.0f} to "
            f"{values.max():.0f}, action gap {recorder.at(step, 'action_gap'):.2f}, loss "
            f"{recorder.at(step, 'loss'):.3g}. The replay buffer holds "
            f"<b>{recorder.terminals[step]}</b> terminal transitions."
        )
        return sentence, self._columns

    def _columns(self) -> dict[str, Any]:
        names = ("eval_return", "loss", "action_gap", "max_abs_q")
        columns = {name: [self.recorder.at(step, name) for step in self.steps] for name in names}
        terminals = {
            "terminal transitions in the replay buffer": list(self.recorder.terminals.values())
        }
        return {"step": self.steps, **terminals, **columns}

    def _show_video(self, _button: Any) -> None:
        step, recorder = self.inputs["step"].value, self.recorder
        episode = rollout(recorder.env_id, greedy_policy(recorder.weights[step]), recorder.seed)
        said = f"the agent after {step:,} steps: return {episode.episode_return:g}"
        self.video.value = animate([episode], said, captions=[said], every=3)._repr_html_()
