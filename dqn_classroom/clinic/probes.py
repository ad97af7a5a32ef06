"""Probes: small measurements of the loop whose right outcome is known beforehand.

Each measures the loop as it is now, injected or replaced parts included. The idea to probe an agent
in environments so small that each tests one more thing is Andy Jones's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils import parameters_to_vector

import dqn_lessons.train as loop
from dqn_classroom.clinic.diagnostics import broken_rows, expected_value
from dqn_lessons import envs, replay
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.nets import StackedMLP


@dataclass(frozen=True)
class Measurement:
    """One number of a probe.

    Args:
        label: what was measured.
        value: what came out.
        expected: what a healthy loop gives.
        tolerance: how far from it is still healthy.
        exact: whether the number itself is the same on every machine; otherwise only whether
            it is healthy.
        pace: whether it tells how fast a value moves: another loss or step size changes it, and
            is no bug.
    """

    label: str
    value: float
    expected: float
    tolerance: float
    exact: bool = True
    pace: bool = False

    @property
    def healthy(self) -> bool:
        """Whether the value is what it should be; NaN is not."""
        return abs(self.value - self.expected) <= self.tolerance


class Outcome(NamedTuple):
    """What of a probe result is the same on every machine; None for a value that is not."""

    error: str
    values: tuple[float | None, ...]
    healthy: tuple[bool, ...]


@dataclass(frozen=True)
class ProbeResult:
    """What a probe measured, or how the loop stopped before there was anything to measure.

    Args:
        probe: its name.
        measurements: in the order in which they are shown.
        stopped: the error that stopped the loop, or empty.
    """

    probe: str
    measurements: tuple[Measurement, ...]
    stopped: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the loop ran and every measurement is what it should be."""
        return not self.stopped and all(one.healthy for one in self.measurements)

    @property
    def outcome(self) -> Outcome:
        """What of it is the same on every machine."""
        values = [
            one.value if one.exact and abs(one.value) < 1e6 else None for one in self.measurements
        ]
        health = tuple(one.healthy for one in self.measurements)
        return Outcome(self.stopped.split(":")[0], tuple(values), health)


Changes = dict[str, Any]
_ONE_ROW: Changes = {"batch_size": 1, "replay_capacity": 1, "learning_starts": 1}
TINY = DQNConfig(
    steps=150, hidden_sizes=(), update_period=1, target_period=50, eval_period=10_000, **_ONE_ROW
)
SMALL = DQNConfig(
    steps=900, hidden_sizes=(16,), gamma=0.8, learning_rate=1e-2, batch_size=32,
    replay_capacity=1_000, learning_starts=100, update_period=1, target_period=20,
    epsilon_end=1.0, eval_period=10_000,
)  # fmt: skip
RATE = 0.05
# Values of the corridor's first and last cell; a test computes them without this package's loop.
CORRIDOR = (0.144198, 0.674650)


def values_after_sgd(env: str, seeds: Sequence[int] = (0,), **changes: Any) -> Array:
    """Action values ``[S, N, A]`` of the states of an environment, learned from 0 by SGD."""
    config = replace(TINY, env_id=f"dqn_lessons/{env}-v0", **changes)
    run = loop.Run(config, seeds)
    with torch.no_grad():
        for param in (*run.online.parameters(), *run.target.parameters()):
            param.zero_()
    run.optimizer = torch.optim.SGD(run.online.parameters(), lr=RATE)
    loop.train(config, seeds, resume=run, progress=False)
    return _learned(run)[0]


def _learned(run: loop.Run) -> tuple[Array, Array]:
    """Action values of all states: those that were learned ``[S, N, A]``, and the right ones."""
    obs, right = envs.exact_q(run.config.env_id, run.config.gamma)
    with torch.no_grad():
        every = torch.from_numpy(obs)[None].expand(len(run.seeds), -1, -1)
        return np.asarray(run.online(every)), right


def _trained(env: str, **changes: Any) -> loop.Run:
    """Train one learner, always exploring, in an environment of the course."""
    config = replace(SMALL, env_id=f"dqn_lessons/{env}-v0", **changes)
    return loop.train(config, [0], progress=False)


def _close(label: str, value: float, expected: float, pace: bool = False) -> Measurement:
    """Return a measurement that must agree to a thousandth."""
    return Measurement(label, float(value), expected, 1e-3 * max(abs(expected), 1), pace=pace)


def _value(env: str = "OneState", **changes: Any) -> float:
    return float(values_after_sgd(env, **changes)[0, 0, 0])


def _expected(updates: int = 150, period: int = 50) -> float:
    return expected_value(2.0, TINY.gamma, RATE, updates, period)


def one_state() -> list[Measurement]:
    """One state, one number to learn: what is it after 150 updates?"""
    two: Changes = dict.fromkeys(_ONE_ROW, 2)
    return [
        _close("value after 150 updates, a sync every 50", _value(), _expected(), pace=True),
        _close("a sync at every update", _value(target_period=1), _expected(period=1), pace=True),
        _close("no sync at all", _value(target_period=1_000), 2.0),
        _close("two equal rows, a sync every 50", _value(steps=151, **two), _expected(), pace=True),
    ]


def ends() -> list[Measurement]:
    """What is a state worth that ends, or that is cut short?"""
    plan: Changes = {"steps": 400, "batch_size": 16, "replay_capacity": 400, "learning_starts": 100}
    nothing, two = values_after_sgd("TwoEnds", **plan)[0, :, 0]
    return [
        _close("a state that ends, reward 2", _value("OneStateEnd"), 2.0),
        _close(
            "a state cut short by the time limit", _value("OneStateCut"), _expected(), pace=True
        ),
        Measurement("two ends: the one with reward 0", float(nothing), 0.0, 0.1, exact=False),
        Measurement("two ends: the one with reward 2", float(two), 2.0, 0.1, exact=False),
    ]


def side_by_side() -> list[Measurement]:
    """Is a learner among others what it is alone?"""
    many = values_after_sgd("OneState", seeds=range(16))
    config = replace(SMALL, env_id="CartPole-v1", steps=60, learning_starts=32)
    together, alone = (loop.train(config, seeds, progress=False) for seeds in ([3, 4], [4]))
    pairs = zip(together.online.parameters(), alone.online.parameters(), strict=True)
    apart = max((one[1] - other[0]).detach().abs().max().item() for one, other in pairs)
    buffer = loop.Run(config, [3, 4]).replay
    for i in range(100):
        row, same = np.array([i, 1_000 + i]), np.zeros(2)
        buffer.add(np.zeros((2, 4)), row, same, np.zeros((2, 4)), same.astype(bool))
    first, second = buffer.sample(64).action
    equal = float((first == second % 1_000).mean())
    return [
        _close("the last of 16 learners", float(many[-1, 0, 0]), _expected(), pace=True),
        Measurement("a learner alone and among others: difference", apart, 0.0, 1e-3, exact=False),
        _close("rows drawn for the second that are its own", (second >= 1_000).mean(), 1.0),
        Measurement("rows drawn that are the first's", equal, 0.0, 0.1),
    ]


def _largest_error(env: str, **changes: Any) -> float:
    learned, right = _learned(_trained(env, **changes))
    return float(np.abs(learned[0] - right).max())


def small_environments() -> list[Measurement]:
    """Are values right where they can be computed?"""
    plan: Changes = {"steps": 300, "batch_size": 8, "replay_capacity": 300, "learning_starts": 200}
    cells = values_after_sgd("ShortCorridor", gamma=0.8, epsilon_end=1.0, **plan)[0].max(-1)
    slowly = [
        _close(f"a corridor, 100 updates with SGD: {cell} cell", cells[i], CORRIDOR[i], pace=True)
        for i, cell in ((0, "first"), (-1, "last"))
    ]
    return slowly + [
        Measurement(f"{label}: largest error", _largest_error(env, **late), 0.0, 0.02, exact=False)
        for env, label, late in (
            ("DelayedReward", "the reward comes a step later", {}),
            ("ActionReward", "the reward depends on the action", {}),
            ("ObservationAction", "and on the observation", {}),
            ("ShortCorridor", "a corridor of five cells", {"learning_starts": 500}),
        )
    ]


def choices() -> list[Measurement]:
    """Are values right where the best of three actions changes from step to step?"""
    errors, run = list[float](), None
    for steps in (900, 1_800, 2_700):
        config = replace(SMALL, env_id="dqn_lessons/Choices-v0", steps=steps)
        run = loop.train(config, [0], resume=run, progress=False)
        learned, right = _learned(run)
        errors.append(float(np.abs(learned[0] - right).max()))
        falls = len(errors) > 1 and errors[-1] < 0.9 * errors[-2]
        if errors[-1] < 0.02 or (len(errors) > 1 and not falls):
            break
    return [Measurement("three states in a row: largest error", errors[-1], 0, 0.02, False, falls)]


def episodes() -> list[Measurement]:
    """How long are episodes, and where do they begin?"""
    lengths = _trained("TimeLimit", steps=400, learning_starts=100).history.episodes["length"]
    catch = _trained("Catch", steps=360).replay.rows[0][:360]["obs"].reshape(-1, 10, 5)
    starts = np.unique(catch[catch[:, 0].any(-1)], axis=0)
    return [
        _close("a time limit of 10 steps: shortest episode", lengths.min(), 10),
        _close("longest episode", lengths.max(), 10),
        _close("episodes in 400 steps", len(lengths), 40),
        _close("Catch, five starts: starts met", len(starts), 5),
    ]


def replay_buffer() -> list[Measurement]:
    """What does the replay buffer keep, and is it true?"""
    ring = replay.Replay(5, 1, [np.random.default_rng(0)])
    lengths = []
    for i in range(17):
        one = np.array([i])
        ring.add(one[:, None], one, one, one[:, None], np.array([False]))
        lengths.append(len(ring))
    kept = ring.rows["action"][0]
    rows = _trained("Catch", steps=360, learning_starts=360).replay.rows[0][:360]
    broken = broken_rows(rows["obs"], rows["next_obs"], rows["terminated"])
    return [
        _close("17 rows into a replay buffer of 5: the oldest kept", kept.min(), 12),
        _close("the newest kept", kept.max(), 16),
        _close("rows it says it holds after 2", lengths[1], 2),
        _close("and after 17", lengths[-1], 5),
        _close("Catch, 360 steps: rows that contradict the next", int(broken.sum()), 0),
        _close("rows marked as an end", int(rows["terminated"].sum()), 40),
    ]


def exploration() -> list[Measurement]:
    """What is epsilon, and how often is an action random?"""
    plan: Changes = {"steps": 400, "epsilon_end": 0.1, "epsilon_duration": 200}
    epsilon = _trained("TimeLimit", **plan).history.episodes["epsilon"]
    seldom = _trained("ActionReward", epsilon_start=0.1, epsilon_end=0.1).history.episodes
    wrong = float((seldom["return"][-500:] < 0).mean())
    return [
        _close("epsilon at step 9 (from 1 to 0.1 in 200)", epsilon[0], 1 - 0.9 * 9 / 200),
        _close("epsilon at step 99", epsilon[9], 1 - 0.9 * 99 / 200),
        _close("epsilon at step 399", epsilon[-1], 0.1),
        Measurement("two actions, epsilon 0.1: wrong ones", wrong, 0.05, 0.04, exact=False),
    ]


def updates() -> list[Measurement]:
    """When does it learn, how often, and how often does the target change?"""
    made, targets = [], []
    plan: Changes = {"batch_size": 8, "learning_starts": 40, "update_period": 2}
    config = replace(SMALL, env_id="dqn_lessons/DelayedReward-v0", target_period=10, **plan)
    run = loop.Run(config, [0])
    for step in range(1, 161):
        loop.train(replace(config, steps=step), [0], resume=run, progress=False)
        made.append(run.updates)
        targets.append(parameters_to_vector(run.target.parameters()).detach().numpy())
    first = next((step for step, count in enumerate(made, 1) if count), math.inf)
    changes = int(np.diff(targets, axis=0).any(axis=1).sum())
    return [
        _close("first update at step", float(first), 40),
        _close("updates in 160 steps, one every 2", made[-1], 61),
        _close("changes of the target network, one every 10 updates", changes, 6),
    ]


def evaluation() -> list[Measurement]:
    """What does a perfect agent score?"""
    # A network that knows the task: the second action pays 1, the first costs 1.
    net = StackedMLP([1, 2], [np.random.default_rng(0)])
    with torch.no_grad():
        net.weights[0].zero_()
        net.biases[0].copy_(torch.tensor([[[-1.0], [1.0]]]))
    score = loop.evaluate(net, "dqn_lessons/ActionReward-v0", [0], episodes=200).mean()
    return [_close("a perfect agent, mean return of 200 episodes", score, 1.0)]


_FIRST = (one_state, ends, side_by_side, small_environments, choices)
_REST = (episodes, replay_buffer, exploration, updates, evaluation)
# Name -> what it asks and how it measures; both names and questions stand at the functions.
PROBES = {one.__name__.replace("_", " "): (one.__doc__ or "", one) for one in _FIRST + _REST}


def probe(name: str) -> ProbeResult:
    """Measure the loop as it is now.

    Args:
        name: one of :data:`PROBES`.

    Raises:
        KeyError: no probe has that name.
        KeyboardInterrupt: it was stopped.
    """
    if name not in PROBES:
        raise KeyError(f"there is no probe {name!r}. Probes: {', '.join(PROBES)}.")
    try:
        with np.errstate(all="ignore"):
            measurements = PROBES[name][1]()
    except Exception as error:  # a broken loop may raise anything
        return ProbeResult(name, (), f"{type(error).__name__}: {error}".splitlines()[0])
    return ProbeResult(name, tuple(measurements))
