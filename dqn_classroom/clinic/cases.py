"""Cases: sixteen learners with a bug beside sixteen healthy ones, and detective mode."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

import dqn_lessons.train as loop
from dqn_classroom.clinic.bugs import BUGS, HEALTHY, edits_of
from dqn_classroom.clinic.diagnosis import disagreements, evidence_card, table
from dqn_classroom.clinic.diagnostics import outside_band
from dqn_classroom.clinic.inject import changed_lines, injected
from dqn_classroom.clinic.probes import ProbeResult, probe
from dqn_classroom.feedback import Feedback
from dqn_classroom.figures import AccessibleFigure, versus_healthy_band
from dqn_lessons import checks as check
from dqn_lessons import stats
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.history import History

CASE_CONFIG = DQNConfig(
    steps=4_000, batch_size=32, replay_capacity=2_000, learning_starts=250, update_period=2,
    target_period=100, epsilon_duration=2_000, eval_period=200, eval_episodes=5,
)  # fmt: skip
"""What the learners of a case do: CartPole, long enough to learn, short enough to wait for."""

LEARNERS = 16
_HEALTHY_CARDS = 3


@dataclass(frozen=True)
class BuggyRun:
    """A training run with a bug: what there is of it, and how it stopped if it did."""

    history: History
    stopped: str = ""

    def curves(self) -> dict[str, Array]:
        """What an engineer watches, ``[S, E]`` each."""
        history = self.history
        return {
            "greedy return": history.eval_return,
            "training return": _training_returns(history),
            "largest |Q|": history.max_abs_q,
            "loss": history.loss,
        }


def _training_returns(history: History) -> Array:
    """Mean return of the last five training episodes at each evaluation; NaN before the first."""
    means = np.full(history.eval_return.shape, np.nan)
    for s, seed in enumerate(history.seeds):
        mine = history.episodes[history.episodes["seed"] == seed]
        finished = np.searchsorted(mine["step"], history.eval_step, side="right")
        for e in np.flatnonzero(finished):
            means[s, e] = mine["return"][max(finished[e] - 5, 0) : finished[e]].mean()
    return means


def train_with(name: str, config: DQNConfig, seeds: Sequence[int]) -> loop.Run:
    """Train learners with a bug injected, or healthy ones.

    Args:
        name: the bug, or ``"healthy"``.
        config: what to train.
        seeds: one per learner.

    Raises:
        KeyError: no bug has that name.
    """
    with injected(edits_of(name)):
        return loop.train(config, seeds, progress=False)


def train_case(name: str, seeds: range) -> BuggyRun:
    """Train the learners of a case; a loop that stops is a symptom, not an error."""
    with injected(edits_of(name)):
        run = loop.Run(CASE_CONFIG, seeds)
        try:
            with np.errstate(all="ignore"):
                loop.train(CASE_CONFIG, seeds, resume=run, progress=False)
        except Exception as error:  # a broken loop may raise anything
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            return BuggyRun(run.history, f"Training stopped at step {run.step:,}: {said}")
    return BuggyRun(run.history)


@cache
def healthy() -> BuggyRun:
    """Sixteen healthy learners, shipped with the course; their curves are the grey band."""
    return BuggyRun(checkpoint.load_history(Path(__file__).with_name("healthy.npz")))


def shares_outside(buggy: BuggyRun) -> dict[str, float]:
    """How much of the mean curve of each quantity lies outside the healthy band."""
    shares = {}
    for name, curves in buggy.curves().items():
        band = healthy().curves()[name][:, : curves.shape[1]]
        known = ~np.isnan(curves).any(axis=0) & ~np.isnan(band).any(axis=0)
        if known.any():
            shares[name] = outside_band(curves[:, known].mean(axis=0), band[:, known])
    return shares


class CaseRow(NamedTuple):
    """What a bug does to the curves of sixteen learners.

    Args:
        outside: quantity -> share of its mean curve outside the healthy band.
        stopped: how training stopped, or empty.
        difference: greedy return less that of healthy learners with the same seeds, mean of the
            last five evaluations; None if training stopped.
    """

    outside: dict[str, float]
    stopped: str
    difference: stats.Interval | None


@cache
def case_table() -> dict[str, CaseRow]:
    """Bug -> what it does to the curves, shipped with the course."""
    rows = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
    return {
        name: CaseRow(outside, stopped, difference and stats.Interval(*difference))
        for name, (outside, stopped, difference) in rows.items()
    }


def case_of(number: int, learners: int) -> str:
    """Which bug, or ``"healthy"``, a case number stands for."""
    names = [name for name, bug in BUGS.items() if learners > 1 or not bug.needs_many]
    deck = names + [HEALTHY] * _HEALTHY_CARDS
    return deck[int(np.random.default_rng([6, number]).integers(len(deck)))]


class Case:
    """One case: look at the curves, order evidence, say what it is.

    Args:
        number: which case; the same number is the same case on every machine.
        learners: 16, or 1 for a single seed.

    Attributes:
        truth: what it is, the name of a bug or ``"healthy"``.
        results: the probes that were ordered so far, by name.

    Raises:
        TypeError, ValueError: a number below 0, or learners that are neither 1 nor 16.
    """

    def __init__(self, number: int, learners: int = LEARNERS) -> None:
        check.integer("number", number, 0, remedy="Use a case number such as 7.")
        if learners not in (1, LEARNERS):
            raise ValueError(f"learners = {learners!r}: it must be 1 or {LEARNERS}. Use 16.")
        self.number, self.learners = number, learners
        self.truth = case_of(number, learners)
        self.results: dict[str, ProbeResult] = {}

    def __repr__(self) -> str:
        return f"Case {self.number}, {self.learners} learner{'s' * (self.learners > 1)}"

    @cached_property
    def buggy(self) -> BuggyRun:
        """Its learners, trained when they are first looked at."""
        first = 1_000 + 100 * self.number
        return train_case(self.truth, range(first, first + self.learners))

    def curves(self) -> AccessibleFigure:
        """Draw what an engineer watches, beside sixteen healthy learners."""
        mine, band = self.buggy.curves(), healthy().curves()
        panels = {name: (mine[name], band[name]) for name in band}
        steps = healthy().history.eval_step
        return versus_healthy_band(steps, panels, f"case {self.number}", self.buggy.stopped)

    def notes(self) -> str:
        """How much of each curve lies outside the healthy band."""
        shares = [f"{name} {share:.0%}" for name, share in shares_outside(self.buggy).items()]
        outside = f"Outside the band of healthy learners: {', '.join(shares)}."
        return f"{self.buggy.stopped} {outside}".strip()

    def evidence(self, name: str) -> Feedback:
        """Order one of :data:`~dqn_classroom.clinic.PROBES`.

        Raises:
            KeyError: no probe has that name.
        """
        if name not in self.results:
            with injected(edits_of(self.truth)):
                self.results[name] = probe(name)
        return evidence_card(self.results[name])

    def diagnose(self, name: str) -> Feedback:
        """Say what it is: the name of a bug, or ``"healthy"``; the status is right or wrong.

        Raises:
            KeyError: no diagnosis has that name.
        """
        if name not in (*BUGS, HEALTHY):
            raise KeyError(
                f"there is no diagnosis {name!r}. Diagnoses: {', '.join((*BUGS, HEALTHY))}."
            )
        if name == self.truth:
            return self.explanation("right")
        return Feedback(f"Case {self.number} is not: {name}", "wrong", (self._why_not(name),))

    def explanation(self, status: str = "") -> Feedback:
        """Tell what it is, which line was changed, where it was seen, how it is caught."""
        title = f"Case {self.number}: {self.truth}"
        if self.truth not in BUGS:
            said = "Nothing was planted. What looked odd was chance."
            return Feedback(title, status, (said,))
        bug = BUGS[self.truth]
        text = (
            f"How it shows: {bug.shows}",
            f"Seen in: {bug.source}.",
            f"What catches it: the probe “{bug.caught_by}”. {bug.lesson}",
        )
        return Feedback(title, status, text, changed_lines(bug.edits))

    def _why_not(self, name: str) -> str:
        """The evidence against a diagnosis; what was ordered speaks before what was not."""
        known = table()[name]
        places = disagreements(known, table()[self.truth])
        place, i = min(places, key=lambda place: place[0] not in self.results)
        if place not in self.results:
            return f"Another probe speaks against it. Ask for “{place}”."
        here, there = self.results[place], known[place]
        if i < 0 or here.stopped:
            would, does = there.error or "runs through", here.stopped or "runs through"
            return f"With it, the probe “{place}” would say: {would}. Here: {does}."
        one, value = here.measurements[i], there.values[i]
        would = f"{'within' if there.healthy[i] else 'outside'} what is healthy"
        would = would if value is None else f"{value:.4g}"
        return (
            f"In the probe “{place}”, “{one.label}” would be {would}; here it is {one.value:.4g}."
        )
