"""Measures of values: what is learned, where the right answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

import dqn_lessons.train as loop
from dqn_classroom.clinic.measurements import Measurement, close
from dqn_classroom.clinic.small_runs import RATE, SMALL, TINY, trained, values_after_sgd
from dqn_lessons import envs
from dqn_lessons.diagnostics import expected_value

# Values of the corridor's first and last cell; a test computes them without this package's loop.
_CORRIDOR, _CELLS = (0.144198, 0.674650), ("first cell", "last cell")


def _number(world: str = "OneState", **changes: Any) -> float:
    return float(values_after_sgd(world, **changes)[0, 0, 0])


def _right(updates: int = 150, period: int = 50) -> float:
    return expected_value(2.0, TINY.gamma, RATE, updates, period)


def one_state() -> list[Measurement]:
    """The value of lesson 1's state under three periods, and from two rows that say the same."""
    pair: dict[str, Any] = {
        "batch_size": 2,
        "replay_capacity": 2,
        "learning_starts": 2,
        "steps": 151,
    }
    return [
        close("value after 150 updates, a copy every 50", _number(), _right()),
        close("a copy at every update", _number(target_period=1), _right(period=1)),
        close("no copy at all", _number(target_period=1_000), 2.0),
        close("a batch of two equal rows, a copy every 50", _number(**pair), _right()),
    ]


def ends() -> list[Measurement]:
    """States that end, and one that the clock cuts short."""
    both: dict[str, Any] = {
        "steps": 400,
        "batch_size": 16,
        "replay_capacity": 400,
        "learning_starts": 100,
    }
    nothing, two = values_after_sgd("TwoEnds", **both)[0, :, 0]
    return [
        close("a state that ends, reward 2", _number("OneStateEnd"), 2.0),
        close("a state that the clock cuts short", _number("OneStateCut"), _right()),
        Measurement("two ends: the one with reward 0", float(nothing), 0.0, 0.1, exact=False),
        Measurement("two ends: the one with reward 2", float(two), 2.0, 0.1, exact=False),
    ]


def side_by_side() -> list[Measurement]:
    """Learners side by side do not touch each other."""
    many = values_after_sgd("OneState", seeds=range(16))
    config = replace(SMALL, env_id="CartPole-v1", steps=60, learning_starts=32)
    together, alone = (loop.train(config, seeds, progress=False) for seeds in ([3, 4], [4]))
    memory = loop.Run(config, [3, 4]).replay
    for i in range(100):
        row, same = np.array([i, 1_000 + i]), np.zeros(2)
        memory.add(np.zeros((2, 4)), row, same, np.zeros((2, 4)), same.astype(bool))
    first, second = memory.sample(64).action.numpy()
    pairs = zip(together.online.parameters(), alone.online.parameters(), strict=True)
    apart = max((one[1] - other[0]).detach().abs().max().item() for one, other in pairs)
    return [
        close("the last of 16 learners", float(many[-1, 0, 0]), _right()),
        Measurement("a learner alone and among others: difference", apart, 0.0, 1e-3, exact=False),
        close("rows drawn for the second that are its own", (second >= 1_000).mean(), 1.0),
        Measurement(
            "rows drawn that are the first's", float((first == second % 1_000).mean()), 0.0, 0.1
        ),
    ]


def _error(world: str, **changes: Any) -> float:
    run = trained(world, **changes)
    obs, truth = envs.exact_q(run.config.env_id, run.config.gamma)
    with torch.no_grad():
        learned = run.online(torch.from_numpy(obs)[None])[0].numpy()
    return float(np.abs(learned - truth).max())


def small_worlds() -> list[Measurement]:
    """Values beside those that can be computed."""
    steps: dict[str, Any] = {
        "steps": 300,
        "batch_size": 8,
        "replay_capacity": 300,
        "learning_starts": 200,
    }
    cells = values_after_sgd("ShortCorridor", gamma=0.8, epsilon_end=1.0, **steps)[0].max(-1)
    slowly = [
        close(f"a corridor, 100 updates with SGD: {words}", cell, right)
        for words, cell, right in zip(_CELLS, cells[[0, -1]], _CORRIDOR, strict=True)
    ]
    return slowly + [
        Measurement(f"{words}: largest error", _error(world, **late), 0.0, 0.02, exact=False)
        for world, words, late in (
            ("DelayedReward", "the reward comes a step later", {}),
            ("ActionReward", "the reward depends on the action", {}),
            ("ObservationAction", "and on the observation", {}),
            ("ShortCorridor", "a corridor of five cells", {"learning_starts": 500}),
        )
    ]
