"""The probes of the exercises on Q-learning with a network."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_classroom.exercises.check import Probes, with_gradient


def _action_lines(q: Any, epsilon: float, uniform: Any, random_action: Any) -> Any:
    rows = zip(
        np.reshape(q, (-1, np.shape(q)[-1])),
        np.ravel(uniform),
        np.ravel(random_action),
        strict=True,
    )
    lines = [f"{pick} if {draw:g} < {epsilon:g} else {row.argmax()}" for row, draw, pick in rows]
    return np.reshape(lines, np.shape(uniform)).tolist()


EPSILON_GREEDY = Probes(
    [
        (
            np.array([[1, 5, 2], [4, 3, 9], [-1, -2, -3], [0, 7, 1], [6, 2, 8.0]]),
            0.3,
            np.array([0.1, 0.65, 0.3, 0.29, 0.9]),
            np.array([2, 0, 1, 0, 1]),
        ),
        (np.array([1.0, 5.0, 2.0]), 0.5, np.float64(0.7), np.int64(0)),
        (np.array([4.0, 5.0, 2.0]), 0.7, np.float64(0.7), np.int64(2)),
        (np.array([1.0, 5.0, 2.0]), 0.6, np.float64(0.45), np.int64(2)),
        (np.array([[3, 1, 2], [1, 2, 3.0]]), 0.0, np.array([0.0, 0.4]), np.array([2, 0])),
        (np.array([[3, 1, 2], [1, 2, 3.0]]), 1.0, np.array([0.99, 0.4]), np.array([1, 1])),
    ],
    _action_lines,
)

LINEAR_SCHEDULE = Probes(
    [
        (0, 1.0, 0.05, 100),
        (40, 1.0, 0.05, 100),
        (100, 1.0, 0.05, 100),
        (250, 1.0, 0.05, 100),
        (20, 0.3, 0.1, 80),
        (30, 0.2, 0.8, 40),
    ],
    lambda step, start, end, duration: (
        f"{start:g} + ({end:g} - {start:g}) × min({step} / {duration}, 1)"
    ),
)

_Q = torch.tensor(
    [[1.5, 4.0, -2.0], [0.5, 7.0, 3.0], [-1.0, -6.0, -3.0], [9.0, 2.5, 8.0], [6.0, 5.5, 10.0]]
)
# Three learners, rows and actions: S = B = A, so that a wrong axis goes unnoticed by shapes.
_Q_STACKED = torch.tensor(
    [
        [[1.0, 8.0, 3.0], [5.0, 2.0, 7.0], [-4.0, 6.0, 0.5]],
        [[2.5, -3.0, 4.5], [9.5, 5.5, -1.0], [3.5, 1.5, 6.5]],
        [[0.5, 7.5, -2.0], [-5.0, -0.5, -1.5], [8.5, 4.0, 2.0]],
    ]
)


def _taken_lines(q: Tensor, action: Tensor) -> Any:
    rows, picks = q.flatten(0, -2).tolist(), action.flatten().tolist()
    lines = [f"{row}[{pick}]" for row, pick in zip(rows, picks, strict=True)]
    return np.reshape(lines, action.shape).tolist()


def pick_q(q: Tensor, action: Tensor) -> Tensor:
    """Return the value of one action per row."""
    return q.gather(-1, action[..., None])[..., 0]


Q_OF_ACTION = Probes(
    [
        (_Q, torch.tensor([1, 2, 2, 1, 0])),
        (_Q, torch.tensor([0, 0, 1, 2, 1])),
        (_Q_STACKED, torch.tensor([[0, 2, 1], [1, 0, 0], [2, 2, 1]])),
        (_Q[:1], torch.tensor([2])),
        (_Q[2:], torch.tensor([1, 1, 1])),
        (_Q_STACKED[:1, :2], torch.tensor([[1, 0]])),
    ],
    _taken_lines,
    observe=with_gradient,
)

_REWARD = torch.tensor([1.0, 0.5, -2.0, 3.0, 1.0])
_ENDS = torch.tensor([False, True, False, True, False])


def _target_lines(reward: Tensor, terminated: Tensor, q_next: Tensor, gamma: float) -> Any:
    best_next = q_next.flatten(0, -2).amax(-1).tolist()
    rows = zip(reward.flatten().tolist(), terminated.flatten().tolist(), best_next, strict=True)
    lines = [f"{r:g}" if end else f"{r:g} + {gamma:g} × {best:g}" for r, end, best in rows]
    return np.reshape(lines, reward.shape).tolist()


TD_TARGET = Probes(
    [
        (_REWARD, _ENDS, _Q, 0.9),
        (_REWARD, ~_ENDS, _Q, 0.5),
        (_REWARD, torch.zeros(5, dtype=torch.bool), _Q, 0.75),
        (_REWARD, _ENDS, _Q, 0.0),
        (_REWARD[:2, None], _ENDS[:2, None], _Q[:2, None], 0.9),
        (
            torch.tensor([[1.0, -1.0, 0.25], [2.0, 0.5, 4.0], [-3.0, 0.0, 1.5]]),
            torch.tensor([[False, True, False], [False, False, True], [True, False, False]]),
            _Q_STACKED,
            0.9,
        ),
    ],
    _target_lines,
)
