"""Watch many learners while they train, and pause them to talk about it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import ipywidgets as ipw
import numpy as np
from plotly.subplots import make_subplots

from dqn_classroom.explorers.panel import Panel, drawable, row
from dqn_classroom.figures import BLUE, GREEN, ORANGE, animate, plotly_layout
from dqn_lessons.experiments.flight_recorder import Evaluation
from dqn_lessons.experiments.policies import greedy_policy, rollout
from dqn_lessons.history import History

_SECONDS = 0.25
# Playing and drawing an episode takes up to a second: seldom, and only for those who ask.
_EPISODE_SECONDS = 5.0
_CURVES = ("return", "largest |Q|", "loss")


def _answer_at_once(widget: ipw.Widget) -> None:
    """Let a widget be heard while a cell runs, in the thread that JupyterLab gives to widgets.

    Since 7.4, ipykernel answers a widget in the thread that spoke for it last: the one that trains.
    """
    if widget.comm is not None:
        widget.comm._reply_subshell_for = lambda _data, wanted: wanted


def _heard_late() -> str:
    """Return what to say where the kernel hears no button while a cell runs; mostly nothing."""
    version = metadata.version("ipykernel")
    if int(version.partition(".")[0]) >= 7:
        return ""
    said = f"need ipykernel 7: this one ({version}) hears a button only when the cell has ended"
    return f"<i>Pause, Step and Stop {said}. The kernel's own stop button ends a training.</i>"


class TrainingView(Panel):
    """Returns, values and losses, redrawn in place: ``train(..., on_eval=view)``.

    From the left: the greedy return at each evaluation, the largest ``|Q|``, the loss. The line is
    the mean over learners, the band reaches from the lowest to the highest. It is drawn at most
    four times a second, and always at the end.

    *Pause* waits at the next evaluation, *Step* goes on to the one after, *Stop* ends
    the training as the stop button of JupyterLab does. *Greedy episode* plays the first learner
    as it is now. The buttons are answered while a cell runs: JupyterLab 4.4 and ipykernel 7 give
    widgets a thread of their own.

    Args:
        name: what is trained, for the sentence.
        bound: the largest value that can be true, drawn in the middle, or ``None``.
    """

    def __init__(self, name: str = "training", bound: float | None = None) -> None:
        self.name = name
        self.history: History | None = None
        self._evaluation: Evaluation | None = None
        self._drawn = self._played = -np.inf
        self._steps_allowed, self._waits = 0, False
        # A button answers in another thread than the one that trains.
        self._drawing = threading.Lock()
        self.pause = ipw.ToggleButton(
            description="Pause", tooltip="Wait at the next evaluation; press again to go on"
        )
        self.step = ipw.Button(description="Step", tooltip="Go on to the next evaluation, and wait")
        self.stop = ipw.Button(description="Stop", tooltip="End the training here")
        self.episode = ipw.ToggleButton(
            description="Greedy episode", tooltip="Play the first learner as it is now"
        )
        self.step.on_click(self._on_step)
        self.stop.on_click(self._on_stop)
        self.pause.observe(self._on_pause, names="value")
        self.episode.observe(self._on_episode, names="value")
        for button in (self.pause, self.step, self.stop, self.episode):
            _answer_at_once(button)
        self.picture = ipw.HTML()
        figure = make_subplots(cols=3, horizontal_spacing=0.1)
        figure.update_layout(
            plotly_layout("environment steps", "greedy return"), height=320, showlegend=False
        )
        figure.update_xaxes(title_text="environment steps", nticks=4)
        figure.update_yaxes(title_text="largest |Q|", col=2)
        figure.update_yaxes(title_text="loss", type="log", exponentformat="power", col=3)
        styles = ((BLUE, "solid"), (ORANGE, "dash"), (GREEN, "dot"))
        for col, (colour, dash) in enumerate(styles, start=1):
            at = {"row": 1, "col": col}
            edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", **at}
            figure.add_scatter(**edge)
            figure.add_scatter(**edge, fill="tonexty", fillcolor=f"{colour}30")
            line = {"color": colour, "dash": dash}
            figure.add_scatter(line=line, mode="lines+markers", name="mean", **at)
        if bound is not None:
            figure.add_hline(bound, line_dash="dot", annotation_text="true upper bound", col=2)
        buttons = [self.pause, self.step, self.stop, self.episode]
        if said := _heard_late():
            # A pause that no button ends would hold the training forever.
            self.pause.disabled = self.step.disabled = self.stop.disabled = True
            buttons.append(ipw.HTML(said))
        super().__init__([row(*buttons)], figure, below=[self.picture])

    def __call__(self, evaluation: Evaluation) -> None:
        """Draw an evaluation, unless one was drawn a moment ago, and wait if asked to."""
        self._evaluation, self.history = evaluation, evaluation.history
        now, config = time.monotonic(), self.history.config
        last = evaluation.step + config.eval_period > config.steps
        waits = self._waits = self.pause.value and not last
        if last or waits or now - self._drawn >= _SECONDS:
            self._drawn = now
            self._redraw()
        if self.episode.value and (last or waits or now - self._played >= _EPISODE_SECONDS):
            self._played = now
            self._play(evaluation)
        if waits:
            self._wait(evaluation)

    def _redraw(self, change: Any = None) -> None:
        with self._drawing:
            super()._redraw(change)

    def _wait(self, evaluation: Evaluation) -> None:
        """Hold the training until somebody lets it go on."""
        played, self._steps_allowed = self.episode.value, 0
        while self.pause.value and not self._steps_allowed and not evaluation.stop_requested:
            if self.episode.value and not played:
                self._play(evaluation)
            played = self.episode.value
            time.sleep(0.05)
        if evaluation.stop_requested:  # also by an interrupt, which presses no button
            self._redraw()

    def _play(self, evaluation: Evaluation) -> None:
        try:
            weights, step = evaluation.weights(learner=0), evaluation.step
        except LookupError as error:  # a shipped run without its network
            self.picture.value = f"<div>{error.args[0]}</div>"
            return
        env_id = evaluation.history.config.env_id
        episode = rollout(env_id, greedy_policy(weights), seed=0)
        said = f"step {step:,}: return {episode.episode_return:g}"
        animation = animate([episode], f"Greedy episode of the first learner, {said}.", every=4)
        caption = f"<div>greedy episode of the first learner, {said}</div>"
        self.picture.value = animation._repr_html_() + caption

    def _on_pause(self, _change: Any) -> None:
        self.pause.description = "Go on" if self.pause.value else "Pause"

    def _on_episode(self, _change: Any) -> None:
        evaluation = self._evaluation
        # While it trains, the weights are read between two steps only: see `__call__`.
        if evaluation is None or not self.episode.value:
            return
        if evaluation.stop_requested or evaluation.history.complete:
            self._play(evaluation)

    def _on_step(self, _button: Any) -> None:
        self.pause.value = True
        self._steps_allowed = 1

    def _on_stop(self, _button: Any) -> None:
        self.pause.value = False
        if self._evaluation is not None:
            self._evaluation.stop()
            self._redraw()

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Move the curves to what is known."""
        history, evaluation = self.history, self._evaluation
        if history is None or evaluation is None:
            return f"{self.name}: nothing trained yet.", dict
        steps = history.eval_step
        columns: dict[str, Any] = {"steps": steps}
        for i, (name, scores) in enumerate(
            zip(_CURVES, (history.eval_return, history.max_abs_q, history.loss), strict=True)
        ):
            low, high, mean = scores.min(0), scores.max(0), scores.mean(0)
            for trace, values in zip(
                self.figure.data[3 * i : 3 * i + 3], (low, high, mean), strict=True
            ):
                trace.update(x=steps, y=drawable(values))
            columns |= {f"{name}, mean": mean, f"{name}, low": low, f"{name}, high": high}
        earned, largest, loss = (columns[f"{name}, mean"][-1] for name in _CURVES)
        said = f", loss <b>{loss:.2g}</b>" if np.isfinite(loss) else ""
        learners = len(history.seeds)
        sentence = (
            f"{self.name}: step <b>{history.step:,}</b> of {history.config.steps:,}, "
            f"{learners} learner{'s' * (learners > 1)}. Greedy return <b>{earned:.0f}</b>, "
            f"largest |Q| <b>{largest:,.0f}</b>{said} (means)."
        )
        if evaluation.stop_requested and not history.complete:
            sentence += " <b>Stopped</b> here."
        elif self._waits:
            sentence += " <b>Paused</b>: <i>Step</i> and <i>Go on</i> are yours."
        return sentence, lambda: columns
