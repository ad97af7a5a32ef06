"""The probes of the exercises on two biases, and MDPs in which rewards are noise."""

from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from dqn_classroom.exercises.check import Probes
from dqn_lessons.config import Array
from dqn_lessons.envs import TABULAR_MDPS, TabularEnv, TabularMDP


class NoisyEnv(TabularEnv):
    """One of the MDPs below: a reward from the table, plus noise of standard deviation 1.

    In the first state of ``Doors-v0`` there is none.
    """

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """As of any MDP of the course; the observation is ``[D]``."""
        noise = float(self.np_random.standard_normal())
        quiet = len(self.mdp.obs) == 2 and self.state == 0
        obs, reward, terminated, truncated, info = super().step(action)
        return obs, reward + noise * (not quiet), terminated, truncated, info


def _chain(states: int = 8, actions: int = 6) -> TabularMDP:
    """A walk to the end, in which no action matters: every value is 0."""
    here = np.indices((states, actions))[0]
    after, nothing = np.minimum(here + 1, states - 1), np.zeros((states, actions))
    obs = np.eye(states, dtype=np.float32)
    return TabularMDP(obs, after, nothing, here == states - 1, (0,), (1, states))


def _doors(actions: int = 10) -> TabularMDP:
    """Example 6.7: the first five actions lead on, where all pay -0.1; the others end with 0."""
    here, action = np.indices((2, actions))
    leads_on = (here == 0) & (action < actions // 2)
    obs, reward = np.eye(2, dtype=np.float32), np.where(here == 1, -0.1, 0.0)
    return TabularMDP(obs, np.ones_like(here), reward, ~leads_on, (0,), (1, 2))


_NOISY: dict[str, Any] = {"NoisyChain-v0": _chain, "Doors-v0": _doors}
for _name, _build in _NOISY.items():
    TABULAR_MDPS[_name] = _build, 100
    gym.register(
        f"dqn_lessons/{_name}",
        entry_point=f"{__name__}:NoisyEnv",
        kwargs={"name": _name},
        max_episode_steps=100,
        disable_env_checker=True,
        order_enforce=False,
    )


def best(q: Tensor) -> Tensor:
    """The largest value of each row."""
    return q.amax(-1)


def value_of(q: Tensor, judged: Tensor) -> Tensor:
    """What ``judged`` says of the best action of ``q``, row by row."""
    return judged.gather(-1, q.argmax(-1, keepdim=True)).squeeze(-1)


def _double_lines(
    reward: Tensor, terminated: Tensor, q_online: Tensor, q_next: Tensor, gamma: float
) -> Any:
    picked = value_of(q_online, q_next).flatten().tolist()
    rows = zip(reward.flatten().tolist(), terminated.flatten().tolist(), picked, strict=True)
    lines = [f"{r:g}" if end else f"{r:g} + {gamma:g} × ({value:g})" for r, end, value in rows]
    return np.reshape(lines, reward.shape).tolist()


_REWARD = torch.tensor([1.0, 0.5, -2.0, 3.0, 1.0])
_ENDS = torch.tensor([False, True, False, True, False])
_TARGET = torch.tensor(
    [[1.5, 4.0, -2.0], [0.5, 7.0, 3.0], [-1.0, -6.0, -3.0], [9.0, 2.5, 8.0], [6.0, 5.5, 10.0]]
)
_ONLINE = torch.tensor(
    [[5.0, 2.5, -1.0], [1.0, 2.0, 6.5], [-4.0, -2.5, -5.0], [3.0, 8.5, 7.0], [2.5, 4.0, 3.0]]
)
_STACKED = torch.tensor(
    [
        [[1.0, 8.0, 3.0], [5.0, 2.0, 7.0], [-4.0, 6.0, 0.5]],
        [[2.5, -3.0, 4.5], [9.5, 5.5, -1.0], [3.5, 1.5, 6.5]],
        [[0.5, 7.5, -2.0], [-5.0, -0.5, -1.5], [8.5, 4.0, 2.0]],
    ]
)

DOUBLE_TD_TARGET = Probes(
    # (reward, terminated, q_online, q_next, gamma)
    [
        (_REWARD, _ENDS, _ONLINE, _TARGET, 0.9),
        (_REWARD, ~_ENDS, _TARGET, _ONLINE, 0.5),
        (_REWARD, torch.zeros(5, dtype=torch.bool), _ONLINE, _TARGET, 0.75),
        (_REWARD[:2, None], _ENDS[:2, None], _ONLINE[:2, None], _TARGET[:2, None], 0.9),
        (_REWARD[2:], _ENDS[2:], _ONLINE[2:], _TARGET[2:], 0.5),  # the last action is never best
        (
            torch.tensor([[1.0, -1.0, 0.25], [2.0, 0.5, 4.0], [-3.0, 0.0, 1.5]]),
            torch.tensor([[False, True, False], [False, False, True], [True, False, False]]),
            _STACKED.flip(-1) + 0.25,
            _STACKED,
            0.9,
        ),
    ],
    _double_lines,
)


def n_step_return(
    reward: Array, terminated: Array, truncated: Array, v_next: Array, gamma: float
) -> Any:
    """Rewards of a window of n steps, and the value behind its last one, all discounted.

    Args:
        reward: ``[..., n]``, in the order of time.
        terminated: ``[..., n]``; nothing follows such a step.
        truncated: ``[..., n]``; the episode was cut short there, its future is the value.
        v_next: ``[..., n]``, the value of the observation after each step.
        gamma: discount.

    Returns:
        ``[...]``.

    Source: Sutton & Barto (2018), section 7.1.
    """
    total = v_next[..., -1]
    for i in reversed(range(reward.shape[-1])):
        follows = np.where(truncated[..., i], v_next[..., i], total)
        total = reward[..., i] + gamma * np.where(terminated[..., i], 0, follows)
    return total


def window_sum(
    reward: Array, terminated: Array, truncated: Array, v_next: Array, gamma: float, **other: Any
) -> Any:
    """An `n_step_return` in which something may be otherwise: forwards, step by step.

    Args:
        reward, terminated, truncated, v_next, gamma: as for `n_step_return`, ``[..., n]``.
        other: ``power``: of the discount of reward i; ``last``: of the value behind m steps;
            ``value``: where the value is read, from the last step ``[...]``.
    """
    power = other.get("power", lambda i: i)
    behind = other.get("last", lambda m: m)
    read = other.get("value", lambda at: np.take_along_axis(v_next, at[..., None], -1)[..., 0])
    total, playing = np.zeros(reward.shape[:-1]), np.ones(reward.shape[:-1], bool)
    at, n = np.full(reward.shape[:-1], reward.shape[-1] - 1), reward.shape[-1]
    ended = np.zeros(reward.shape[:-1], bool)
    for i in range(n):
        total = total + playing * gamma ** power(i) * reward[..., i]
        stops = playing & (terminated[..., i] | truncated[..., i])
        at, ended = np.where(stops, i, at), ended | (playing & terminated[..., i])
        playing = playing & ~stops
    return total + ~ended * gamma ** behind(at + 1.0) * read(at)


def _window_line(r: Array, ends: Array, cut: Array, v: Array, gamma: float) -> str:
    last = next((i for i in range(len(r)) if ends[i] or cut[i]), len(r) - 1)
    line = f"{r[last]:g}" if ends[last] else f"{r[last]:g} + {gamma:g} × ({v[last]:g})"
    for i in reversed(range(last)):
        line = f"{r[i]:g} + {gamma:g} × ({line})"
    return line


def _window_lines(r: Array, ends: Array, cut: Array, v: Array, gamma: float) -> Any:
    if r.ndim == 1:
        return _window_line(r, ends, cut, v, gamma)
    return [_window_lines(*parts, gamma) for parts in zip(r, ends, cut, v, strict=True)]


_R = np.array([1.0, 2.0, -3.0, 4.0])
_V = np.array([10.0, 7.0, 5.0, 8.0])
_NO = np.zeros(4, bool)
_SECOND, _THIRD = np.arange(4) == 1, np.arange(4) == 2
_R_ROWS = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0], [2.0, 2.5, 1.0], [3.0, 1.0, -2.0]])
_V_ROWS = np.array([[6.0, 5.0, 9.0], [4.0, 8.0, 2.0], [7.0, 3.0, 5.5], [1.5, 6.5, 2.5]])
_END_ROWS = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]], bool)
_CUT_ROWS = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 1, 0]], bool)

N_STEP_RETURN = Probes(
    # (reward, terminated, truncated, v_next, gamma)
    [
        (_R, _NO, _NO.copy(), _V, 0.5),
        (_R, _SECOND, _NO, _V, 0.5),
        (_R, _NO, _SECOND, _V, 0.5),
        (_R, _THIRD, _SECOND, _V, 0.9),
        (_R, _SECOND, _THIRD, _V, 0.9),
        (_R_ROWS, _END_ROWS, _CUT_ROWS, _V_ROWS, 0.9),
        (_R_ROWS[:2], _END_ROWS[:2] & False, _CUT_ROWS[:2], _V_ROWS[:2], 0.5),
        (_R[:1], _NO[:1], _NO[1:2], _V[:1], 0.8),
    ],
    _window_lines,
)


def n_step_bound(k: int, n: int, reward: float, gamma: float) -> Any:
    """What can be known after k used syncs with targets of n steps, started from 0.

    Args:
        k: syncs used, >= 0.
        n: rewards in a target.
        reward: of each step.
        gamma: discount, below 1.

    Source: derived; `horizon_bound` with the return of n steps for a reward, ``gamma**n`` for
    gamma.
    """
    return reward * (1 - gamma ** (n * (k + 1))) / (1 - gamma)


def rewards_worth(count: float, reward: float, gamma: float) -> Any:
    """So many rewards, discounted."""
    return reward * (1 - gamma**count) / (1 - gamma)


N_STEP_BOUND = Probes(
    # (k, n, reward, gamma)
    [(4, 3, 1.0, 0.99), (0, 5, 2.0, 0.9), (3, 1, -1.0, 0.5), (2, 4, 3.0, 0.8), (9, 10, 1.0, 0.95)],
    lambda k, n, reward, gamma: f"{reward:g} × (1 - {gamma:g}^({n} × ({k} + 1))) / (1 - {gamma:g})",
)


def lambda_return(
    reward: Array, terminated: Array, truncated: Array, v_next: Array, lam: float, gamma: float
) -> Any:
    """The target of each step: a share lam of the next step's target, the rest is the next value.

    Args:
        reward, terminated, truncated, v_next: ``[..., T]``, as for `n_step_return`.
        lam: the share, in [0, 1]: 0 for one step, 1 for as many as there are.
        gamma: discount.

    Returns:
        ``[..., T]``.

    Source: Sutton & Barto (2018), section 12.1, in its recursive form.
    """
    targets = np.empty(reward.shape)
    total = v_next[..., -1]
    for t in reversed(range(reward.shape[-1])):
        mixed = lam * total + (1 - lam) * v_next[..., t]
        follows = np.where(truncated[..., t], v_next[..., t], mixed)
        total = reward[..., t] + gamma * np.where(terminated[..., t], 0, follows)
        targets[..., t] = total
    return targets


def _lambda_lines(
    r: Array, ends: Array, cut: Array, v: Array, lam: float, gamma: float
) -> list[Any]:
    if r.ndim > 1:
        rows = zip(r, ends, cut, v, strict=True)
        return [_lambda_lines(*parts, lam, gamma) for parts in rows]
    lines: list[str] = []
    for t in reversed(range(len(r))):
        follows = f"{v[t]:g}"
        if lines and not cut[t]:
            follows = f"{lam:g} × ({lines[0]}) + (1 - {lam:g}) × {v[t]:g}"
        lines.insert(0, f"{r[t]:g}" if ends[t] else f"{r[t]:g} + {gamma:g} × ({follows})")
    return lines


LAMBDA_RETURN = Probes(
    # (reward, terminated, truncated, v_next, lam, gamma)
    [
        (_R, _NO, _NO.copy(), _V, 0.75, 0.5),
        (_R, _SECOND, _NO, _V, 0.75, 0.5),
        (_R, _NO, _SECOND, _V, 0.6, 0.9),
        (_R_ROWS, _END_ROWS, _CUT_ROWS, _V_ROWS, 0.8, 0.9),
        (_R, _THIRD, _SECOND, _V, 0.25, 0.9),
        (_R, _NO, _SECOND, _V, 0.0, 0.9),
    ],
    _lambda_lines,
)


def corridor_walks(right: float, steps: int, seeds: Any) -> tuple[Array, ...]:
    """Walk the corridor: one agent per seed, in episodes of at most 100 steps.

    Args:
        right: probability of a step to the right.
        steps: environment steps of each agent.
        seeds: one per agent.

    Returns:
        State, action, reward, next state, terminated and truncated, ``[S, T]`` each.
    """
    mdp, limit = TABULAR_MDPS["Corridor-v0"][0](), TABULAR_MDPS["Corridor-v0"][1]
    draws = np.stack([np.random.default_rng(seed).random((steps, 2)) for seed in seeds], axis=1)
    begin = (draws[..., 1] * len(mdp.starts)).astype(int)
    state, age, rows = begin[0], np.zeros(begin.shape[1], int), []
    for (draw, _), start in zip(np.moveaxis(draws, -1, 1), begin, strict=True):
        action = (draw < right).astype(int)
        at, age = (state, action), age + 1
        after, terminated = mdp.next_state[at], mdp.terminated[at]
        truncated = (age >= limit) & ~terminated
        rows.append((state, action, 1.0 * mdp.reward[at], after, terminated, truncated))
        ended = terminated | truncated
        state, age = np.where(ended, start, after), np.where(ended, 0, age)
    return tuple(np.stack(column, axis=1) for column in zip(*rows, strict=True))
