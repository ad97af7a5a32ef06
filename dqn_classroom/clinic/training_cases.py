"""The ward: sixteen learners with a bug, beside sixteen healthy ones."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

import dqn_lessons.train as loop
from dqn_classroom.clinic.bugs import BUGS, HEALTHY, edits_of
from dqn_classroom.clinic.inject import injected
from dqn_lessons import stats
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.diagnostics import outside_band
from dqn_lessons.history import History

CASE_CONFIG = DQNConfig(
    steps=4_000,
    batch_size=32,
    replay_capacity=2_000,
    learning_starts=250,
    update_period=2,
    target_period=100,
    epsilon_duration=2_000,
    eval_period=200,
    eval_episodes=5,
)
"""What every patient does: CartPole, long enough to learn, short enough to wait for."""

LEARNERS = 16
_BAND_SEEDS, _TABLE_SEEDS = range(500, 500 + LEARNERS), range(2_000, 2_000 + LEARNERS)


@dataclass(frozen=True)
class BuggyRun:
    """A run of the ward: what there is of it, and how it stopped if it did."""

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
    table = history.episodes
    means = np.full(history.eval_return.shape, np.nan)
    for s, seed in enumerate(history.seeds):
        mine = table[table["seed"] == seed]
        finished = np.searchsorted(mine["step"], history.eval_step, side="right")
        for e in np.flatnonzero(finished):
            means[s, e] = mine["return"][max(finished[e] - 5, 0) : finished[e]].mean()
    return means


def train_with(name: str, config: DQNConfig, seeds: Sequence[int]) -> loop.Run:
    """Train learners with a bug planted, or healthy ones.

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
    """Train learners of the ward; a loop that stops is a symptom, not an error."""
    with injected(edits_of(name)):
        run = loop.Run(CASE_CONFIG, seeds)
        try:
            with np.errstate(all="ignore"):
                loop.train(CASE_CONFIG, seeds, resume=run, progress=False)
        except Exception as error:  # a broken loop may raise anything
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            return BuggyRun(run.history, f"Training stopped at step {run.step:,}: {said}")
    return BuggyRun(run.history)


@functools.cache
def healthy() -> BuggyRun:
    """Sixteen healthy learners; their curves are the grey band."""
    return train_case(HEALTHY, _BAND_SEEDS)


def shares_outside(buggy: BuggyRun) -> dict[str, float]:
    """How much of the mean curve of each quantity lies outside the healthy band."""
    shares = {}
    for name, curves in buggy.curves().items():
        band = healthy().curves()[name][:, : curves.shape[1]]
        known = ~np.isnan(curves).any(axis=0) & ~np.isnan(band).any(axis=0)
        if known.any():
            shares[name] = outside_band(curves[:, known].mean(axis=0), band[:, known])
    return shares


def make_case_table() -> dict[str, dict[str, Any]]:
    """Plant every bug in sixteen learners: minutes of computing."""
    control = train_case(HEALTHY, _TABLE_SEEDS)
    rest = {name: _line(train_case(name, _TABLE_SEEDS), control) for name in BUGS}
    return {HEALTHY: _line(control, control), **rest}


def _line(buggy: BuggyRun, control: BuggyRun) -> dict[str, Any]:
    line: dict[str, Any] = {"outside": shares_outside(buggy), "stopped": buggy.stopped}
    if not buggy.stopped:
        ours, theirs = (run.history.eval_return[:, -5:].mean(axis=1) for run in (buggy, control))
        difference = stats.paired_difference_ci(ours, theirs, np.random.default_rng(0))
        line["return"] = [float(value) for value in difference]
    return line


@functools.cache
def case_table() -> dict[str, dict[str, Any]]:
    """What each bug does to the curves, shipped with the course; see :func:`make_case_table`.

    Returns:
        bug -> ``outside`` (quantity -> share of its curve outside the healthy band), ``stopped``,
        and ``return``: the difference of the greedy return to healthy learners with the same
        seeds, at the last five evaluations, as estimate, low and high.
    """
    text = (files("dqn_classroom.clinic") / "cases.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table
