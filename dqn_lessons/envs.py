"""Small tabular MDPs of the course, as Gymnasium environments whose exact values are known.

An MDP is a set of tables, so it runs fast, every mistake in it can be seen, and :func:`exact_q`
solves it. Importing this module registers all of them, as ``dqn_lessons/Catch-v0`` and so on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from dqn_lessons import checks as check
from dqn_lessons.config import Array

ENDLESS = 100_000  # environment steps; an episode that is longer has no end
_PIXELS, _BACKGROUND, _EMPTY, _FULL = 24, 255, 225, 40


@dataclass(frozen=True, eq=False)
class TabularMDP:
    """A finite MDP: from state n, action a leads to ``next_state[n, a]``.

    Args:
        obs: observation of each state, float32 ``[N, D]``.
        next_state: state after each action ``[N, A]``.
        reward: reward for each action ``[N, A]``.
        terminated: true where the action ends the episode ``[N, A]``.
        starts: states that episodes start in, each as likely.
        picture: rows and columns that ``obs`` is drawn in.
    """

    obs: Array
    next_state: Array
    reward: Array
    terminated: Array
    starts: tuple[int, ...]
    picture: tuple[int, int]


def _table(
    obs: Any, reward: Any, next_state: Any = None, terminated: Any = True, starts: Any = ()
) -> TabularMDP:
    """Rows of numbers as an MDP; unless said otherwise each episode is one step from any state."""
    obs, reward = np.asarray(obs, np.float32), np.asarray(reward, np.float64)
    leads_to = np.indices(reward.shape)[0] if next_state is None else next_state
    after, ends = (np.broadcast_to(part, reward.shape) for part in (leads_to, terminated))
    starts = starts or tuple(range(len(obs)))
    return TabularMDP(obs, after, reward, ends.astype(bool), starts, (1, obs.shape[1]))


def _unannounced_end(steps: int = 10) -> TabularMDP:
    """A reward of 1 at each step, and one observation that never tells how near the end is."""
    here, last = np.arange(steps)[:, None], steps - 1
    obs, reward = np.zeros((steps, 1)), np.ones((steps, 1))
    return _table(obs, reward, np.minimum(here + 1, last), here == last, (0,))


def _corridor(cells: int = 20) -> TabularMDP:
    """Left or right; entering the last cell ends the episode with reward 1."""
    here = np.arange(cells)
    next_state = np.stack([np.maximum(here - 1, 0), np.minimum(here + 1, cells - 1)], axis=1)
    enters = next_state == cells - 1
    return _table(np.eye(cells), enters, next_state, enters, tuple(range(cells - 1)))


def _catch(rows: int = 10, columns: int = 5) -> TabularMDP:
    """A ball falls one row per step; move left, stay or right to be below it at the end."""
    ball_row, ball, paddle = np.indices((rows, columns, columns), np.int64).reshape(3, -1)
    count = len(ball)
    board = np.zeros((count, rows, columns), np.float32)
    board[np.arange(count), ball_row, ball] = 1
    board[np.arange(count), rows - 1, paddle] = 1
    moved = np.clip(paddle[:, None] + [-1, 0, 1], 0, columns - 1)
    below = np.minimum(ball_row + 1, rows - 1)[:, None]
    next_state = (below * columns + ball[:, None]) * columns + moved
    ends = np.broadcast_to(below == rows - 1, moved.shape)
    reward = np.where(ends, np.where(moved == ball[:, None], 1.0, -1.0), 0.0)
    starts = tuple(np.flatnonzero((ball_row == 0) & (paddle == columns // 2)).tolist())
    return TabularMDP(board.reshape(count, -1), next_state, reward, ends, starts, (rows, columns))


# name -> (how to build it, time limit in steps)
TABULAR_MDPS: dict[str, tuple[Callable[[], TabularMDP], int]] = {
    "Catch-v0": (_catch, 100),
    "Corridor-v0": (_corridor, 100),
    # Probes: each can be learned only if one more thing is right (an idea of Andy Jones's).
    "DelayedReward-v0": (lambda: _table([[-1], [1]], [[0], [1]], 1, [[0], [1]], (0,)), 100),
    "ActionReward-v0": (lambda: _table([[0]], [[-1, 1]]), 100),
    "ObservationAction-v0": (lambda: _table([[-1], [1]], [[1, -1], [-1, 1]]), 100),
    # The same MDP twice: it pays 1 per step. What differs is how the tenth step ends.
    "TimeLimit-v0": (lambda: _table([[0]], [[1]], terminated=False), 10),
    "TimeLimitAsEnd-v0": (_unannounced_end, 100),
    # Lesson 1's single state: forever, for one step, and cut short by a time limit at every step.
    "OneState-v0": (lambda: _table([[0]], [[2]], terminated=False), 10),
    "OneStateEnd-v0": (lambda: _table([[0]], [[2]]), 10),
    "OneStateCut-v0": (lambda: _table([[0]], [[2]], terminated=False), 1),
    "TwoEnds-v0": (lambda: _table([[0], [1]], [[0], [2]]), 100),
    # Three states in a row, in each of which another one of three actions pays.
    "Choices-v0": (lambda: _table(np.eye(3), np.eye(3)[::-1], [[1], [2], [2]], np.c_[:3] > 1), 100),
    "ShortCorridor-v0": (lambda: _corridor(5), 100),
}


class TabularEnv(gym.Env[Array, np.int64]):
    """A :class:`TabularMDP` as a Gymnasium environment.

    Args:
        name: one of :data:`TABULAR_MDPS`.
        render_mode: ``"rgb_array"`` or ``None``.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(self, name: str, render_mode: str | None = None) -> None:
        self.mdp = TABULAR_MDPS[name][0]()
        low, high = min(float(self.mdp.obs.min()), 0.0), max(float(self.mdp.obs.max()), 1.0)
        self.observation_space = gym.spaces.Box(low, high, self.mdp.obs.shape[1:], np.float32)
        self.action_space = gym.spaces.Discrete(self.mdp.reward.shape[1])
        self.render_mode = render_mode
        self.state = self.mdp.starts[0]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Array, Any]:
        """Start an episode in one of the start states; the observation is ``[D]``."""
        super().reset(seed=seed)
        self.state = self.mdp.starts[self.np_random.integers(len(self.mdp.starts))]
        return self.mdp.obs[self.state].copy(), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Look the step up; the observation is ``[D]``, the time limit is Gymnasium's wrapper."""
        mdp, at = self.mdp, (self.state, int(action))
        self.state = int(mdp.next_state[at])
        obs = mdp.obs[self.state].copy()
        return obs, float(mdp.reward[at]), bool(mdp.terminated[at]), False, {}

    def render(self) -> Any:
        """Draw the observation as squares, uint8 ``[height, width, 3]``."""
        squares = self.mdp.obs[self.state].reshape(self.mdp.picture)
        shades = np.where(squares > 0, _FULL, _EMPTY).astype(np.uint8)
        picture = np.kron(shades, np.ones((_PIXELS, _PIXELS), np.uint8))
        picture[::_PIXELS] = picture[:, ::_PIXELS] = _BACKGROUND
        return np.repeat(picture[..., None], 3, axis=2)


def exact_q(env_id: str, gamma: float) -> tuple[Array, Array]:
    """Solve one of the MDPs by policy iteration: observations ``[N, D]``, optimal q ``[N, A]``.

    They are of the N states in which an agent acts; a time limit is no part of the task.

    Args:
        env_id: such as ``"dqn_lessons/Corridor-v0"``.
        gamma: discount, in [0, 1).

    Source: Sutton & Barto (2018), section 4.3.
    """
    check.real("gamma", gamma, 0, 1, ends="[)", remedy="Use a discount such as 0.99.")
    solvable = {f"dqn_lessons/{name}": build for name, (build, _) in TABULAR_MDPS.items()}
    remedy = "Use one of these: no other has tables to solve."
    mdp = solvable[check.choice("env_id", env_id, solvable, remedy=remedy)]()
    states, lasts = np.arange(len(mdp.obs)), gamma * ~mdp.terminated
    q = mdp.reward
    policy = q.argmax(1)
    while True:
        moves = np.zeros((len(states), len(states)))
        moves[states, mdp.next_state[states, policy]] = lasts[states, policy]
        value = np.linalg.solve(np.eye(len(states)) - moves, mdp.reward[states, policy])
        q = mdp.reward + lasts * value[mdp.next_state]
        # Only a real improvement counts: ties would swap forever.
        better = q.max(1) > q[states, policy] + 1e-12
        if not better.any():
            reached = _reachable(mdp)
            return mdp.obs[reached], q[reached]
        policy = np.where(better, q.argmax(1), policy)


def _reachable(mdp: TabularMDP) -> Array:
    """The states that can be reached without an end."""
    reached = np.isin(np.arange(len(mdp.obs)), mdp.starts)
    while True:
        goes_on = mdp.next_state[reached][~mdp.terminated[reached]]
        if reached[goes_on].all():
            return np.flatnonzero(reached)
        reached[goes_on] = True


# A test runs Gymnasium's checks once, so that every step need not.
_UNCHECKED: Any = {"order_enforce": False, "disable_env_checker": True}
for _name, (_, _limit) in TABULAR_MDPS.items():
    _made: Any = {"entry_point": "dqn_lessons.envs:TabularEnv", "kwargs": {"name": _name}}
    gym.register(f"dqn_lessons/{_name}", **_made, max_episode_steps=_limit, **_UNCHECKED)
