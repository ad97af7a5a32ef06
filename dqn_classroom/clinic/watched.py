"""Small environments that know their values and keep a diary of every reset and step.

They are registered with Gymnasium as ``dqn_clinic/Chain-v0`` and so on, so that any program can be
let into them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from dqn_classroom.clinic.bench import line_of
from dqn_lessons.config import Array

Q = Callable[[Array], Any]
Train = Callable[..., Q]


@dataclass(frozen=True, eq=False)
class Task:
    """A small MDP with chance: each action has K outcomes, all as likely.

    Args:
        asks: what is looked at.
        obs: observation of each state, float32 ``[N, D]``.
        reward, next_state, ends: of each outcome ``[N, A, K]``. An end leads to one of the states,
            so that what a program thinks of its value would show.
        starts: states that episodes start in.
        gamma: the discount that the program is given.
        limit: steps until an episode is truncated.
        share: of the steps of an examination.
        two_arrays: observations are handed out in two arrays in turn, so the one before the last
            is written over: what is kept must be copied when it is stored.
        switch: nothing is paid in the first half of a run.
        of_best: what counts is the mean over states of the best value.
        tolerance: how far values may be off.
    """

    asks: str
    obs: Array
    reward: Array
    next_state: Array
    ends: Array
    starts: tuple[int, ...] = (0,)
    gamma: float = 0.5
    limit: int = 10**9
    share: float = 1.0
    two_arrays: bool = False
    switch: bool = False
    of_best: bool = False
    tolerance: float = 0.25

    def values(self, bug: str = "", gamma: float | None = None) -> Array:
        """Action values ``[N, A]``: as they should be, or as a bug or another γ makes them.

        Source: Sutton & Barto (2018), section 4.4; the bugs are edits of its line.
        """
        gamma = min(1.0 if bug == "no discount" else self.gamma if gamma is None else gamma, 0.97)
        reward, ends = self.reward, 1.0 * self.ends
        masks = {"no terminal mask": 0 * ends, "terminal mask reversed": 1 - ends}
        goes_on = 1 - masks.get(bug, ends)
        if bug == "the last reward is masked too":
            reward = reward * goes_on
        if bug == "truncation is an end":
            goes_on = goes_on * (1 - 1 / self.limit)
        q = np.zeros(reward.shape[:2])
        for _ in range(200):
            value = q.mean(1) if bug == "mean over actions for the max" else q.max(1)
            if bug == "max over the batch":
                value = np.full_like(value, value.max())
            aims = reward + gamma * goes_on * value[self.next_state]
            if bug != "observation kept by reference":
                q = aims.mean(-1)
                continue
            for state, action in np.ndindex(q.shape):  # a row stands where it led to
                led = aims[:, action][self.next_state[:, action] == state]
                q[state, action] = led.mean() if led.size else 0
        return q


def _task(asks: str, obs: Any, reward: Any, next_state: Any, ends: Any, **rest: Any) -> Task:
    """Tables that broadcast to ``[N, A, K]``; a reward ``[N, A]`` has one outcome."""
    reward = np.asarray(reward, float)
    reward = reward[..., None] if reward.ndim == 2 else reward
    shape = np.broadcast_shapes(reward.shape, np.shape(next_state), np.shape(ends))
    tables: Any = (np.broadcast_to(table, shape) for table in (reward, next_state, ends))
    return Task(asks, np.asarray(obs, np.float32), *tables, **rest)


def _by_state(numbers: Any) -> Array:
    return np.asarray(numbers)[:, None, None]


_CHAIN: Any = np.eye(4), np.eye(4)[:, [3, 3]], _by_state([1, 2, 3, 0]), _by_state(range(4)) == 3
TASKS = {
    # As short as these two are, the first rows are a good part of all that is stored.
    "Constant-v0": _task("a constant reward", [[0]], [[1, 1]], 0, True, share=0.3, tolerance=0.15),
    "Fork-v0": _task(
        "three actions, a step later", np.eye(6), np.vstack([np.zeros((3, 3)), 2 * np.eye(3) - 1]),
        _by_state([3, 4, 5, 0, 1, 2]), _by_state(range(6)) > 2,
        starts=(0, 1, 2), gamma=0.9, share=0.45, tolerance=0.2,
    ),
    "Choice-v0": _task(
        "observation and action, then an end", np.eye(3),
        [[0.9, -0.6, 0.2], [-0.5, 0.3, 1.2], [0.4, 1.0, -0.9]],
        _by_state(range(3)), True, starts=(0, 1, 2),
    ),
    "Chain-v0": _task("delay and discount", *_CHAIN, gamma=0.9),
    "Ring-v0": _task(
        "the best action changes from step to step", np.eye(3),
        [[1.2, 0.0, 0.3], [-0.6, -0.3, 0.4], [-0.2, 0.8, 0.1]],
        _by_state([1, 2, 0]), False, gamma=0.6, limit=500, tolerance=0.3,
    ),
    "TimeLimit-v0": _task(
        "a time limit is no end", [[1]], [[1, 1]], 0, False, gamma=0.6, limit=3, tolerance=0.35
    ),
    "Chance-v0": _task(
        "chance in rewards and next states", np.eye(3),
        [[[0, 0]] * 2, [[1.5, 0.5]] * 2, [[-0.5, -1.5]] * 2], [[[1, 2]], [[0, 0]], [[0, 0]]],
        _by_state(range(3)) > 0, gamma=0.9, tolerance=0.35,
    ),
    # The max over noise lifts right programs by 0.1 to 0.2, 0.5 at most, Double DQN too.
    "Noise-v0": _task(
        "overestimation of noisy rewards", np.eye(5), [[[1, -1]] * 3] * 5,
        _by_state([1, 2, 3, 4, 0]), _by_state(range(5)) > 3, gamma=0.9, of_best=True, tolerance=0.8,
    ),
    "TwoArrays-v0": _task(
        "arrays that are used again", *_CHAIN, gamma=0.9, share=0.6, two_arrays=True
    ),
    "Switch-v0": _task("a reward that changed", [[1]], [[1, 1]], 0, True, switch=True),
}  # fmt: skip


@dataclass
class Diary:
    """What one environment saw.

    Args:
        states, actions, clock: of each step; the clock counts all steps of the run.
        seeds: of each reset.
        after: steps beyond an end, and beyond a time limit.
        touched: whether somebody wrote into an observation.
    """

    states: list[int] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    clock: list[int] = field(default_factory=list)
    seeds: list[int | None] = field(default_factory=list)
    after: dict[str, int] = field(default_factory=lambda: {"an end": 0, "a time limit": 0})
    touched: bool = False


class Watch:
    """The diaries of all environments of one run, which should have so many steps."""

    def __init__(self, steps: int) -> None:
        self.steps, self.clock, self.diaries = steps, 0, list[Diary]()

    @property
    def main(self) -> Diary:
        """That of the environment that was stepped most: others are there to evaluate."""
        return max(self.diaries, key=lambda diary: len(diary.states))


_watches = [Watch(10**9)]  # the last one is on duty


class WatchedEnv(gym.Env[Array, np.int64]):
    """One of :data:`TASKS` as a Gymnasium environment.

    Args:
        name: which.
        render_mode: ``"rgb_array"`` or ``None``.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012

    def __init__(self, name: str, render_mode: str | None = None) -> None:
        self.task, self.render_mode = TASKS[name], render_mode
        self.observation_space = gym.spaces.Box(0.0, 1.0, self.task.obs.shape[1:], np.float32)
        self.action_space = gym.spaces.Discrete(self.task.reward.shape[1])
        self.state, self.elapsed, self.over = 0, 0, ""
        self._handed: Array = self.task.obs[0].copy()
        self._spare = self._handed.copy()
        self.watch, self.diary = _watches[-1], Diary()
        self.watch.diaries.append(self.diary)

    def _hand_out(self) -> Array:
        before, self._handed = self._handed, self._spare
        self._spare = before if self.task.two_arrays else np.empty_like(before)
        self._handed[...] = self.task.obs[self.state]
        return self._handed

    def _look(self) -> None:
        self.diary.touched |= bool((self._handed != self.task.obs[self.state]).any())

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Array, Any]:
        """Start an episode; the observation is ``[D]``."""
        super().reset(seed=seed)
        self._look()
        if seed is not None or not self.diary.seeds:
            # Programs seed their random actions with the same number: no stream in common.
            self.rng = np.random.default_rng([7, int(self.np_random.integers(2**31))])
        self.diary.seeds.append(seed)
        self.state = self.task.starts[self.rng.integers(len(self.task.starts))]
        self.elapsed, self.over = 0, ""
        return self._hand_out(), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Take a step; the observation is ``[D]``.

        Raises:
            RuntimeError: the program does not stop.
        """
        self._look()
        task, diary, watch = self.task, self.diary, self.watch
        if self.over:
            diary.after[self.over] += 1
        diary.states.append(self.state)
        diary.actions.append(int(action))
        diary.clock.append(watch.clock)
        watch.clock += 1
        made = len(diary.states)
        if made > 2 * watch.steps + 1_000:
            raise RuntimeError(f"it goes on after {made} steps, and was told {watch.steps}")
        at = self.state, int(action), self.rng.integers(task.reward.shape[-1])
        reward = float(task.reward[at]) * (not task.switch or 2 * made > watch.steps)
        self.state, self.elapsed = int(task.next_state[at]), self.elapsed + 1
        terminated, truncated = bool(task.ends[at]), self.elapsed >= task.limit
        self.over = "an end" if terminated else "a time limit" if truncated else ""
        return self._hand_out(), reward, terminated, truncated, {}

    def render(self) -> Any:
        """There is nothing to see: a black pixel, uint8 ``[1, 1, 3]``."""
        return np.zeros((1, 1, 3), np.uint8)


for _name in TASKS:
    _made: Any = {"entry_point": f"{__name__}:WatchedEnv", "kwargs": {"name": _name}}
    gym.register(f"dqn_clinic/{_name}", **_made, order_enforce=False, disable_env_checker=True)


class ProgramStopped(Exception):
    """The program raised an error, or did not give values."""


def run(train: Train, name: str, steps: int, seed: int) -> tuple[Array, Watch]:
    """Let a program train in one of :data:`TASKS`.

    Returns:
        The values that it learned ``[N, A]``, and what its environments saw.

    Raises:
        ProgramStopped: it raised an error, made too few steps, or did not return values.
    """
    task, watch = TASKS[name], Watch(steps)
    _watches.append(watch)
    try:
        q = train(f"dqn_clinic/{name}", steps=steps, gamma=task.gamma, seed=seed)
        table = _values_of(q, task)
    except ProgramStopped:
        raise
    except Exception as error:  # a program may raise anything
        said = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".")
        raise ProgramStopped(f"{said}.{line_of(error)}") from error
    finally:
        _watches.remove(watch)
    if watch.clock < 0.45 * steps:
        raise ProgramStopped(f"It took {watch.clock} of {steps} steps in gym.make(env_id).")
    return table, watch


def _values_of(q: Any, task: Task) -> Array:
    """Return what a program thinks of all states ``[N, A]``."""
    if not callable(q):
        raise ProgramStopped(f"train returned {type(q).__name__}: return a function q(obs).")
    obs, wanted = task.obs.copy(), task.reward.shape[:2]
    with torch.no_grad():
        given = q(torch.from_numpy(obs) if isinstance(q, torch.nn.Module) else obs)
    table = np.asarray(given.cpu() if isinstance(given, torch.Tensor) else given, float)
    if table.shape != wanted:
        raise ProgramStopped(f"q(obs {obs.shape}) has shape {table.shape}: it must be {wanted}.")
    if not np.isfinite(table).all():
        raise ProgramStopped("Its values are no finite numbers.")
    return table
