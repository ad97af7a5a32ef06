"""The probes of the exercises on the numbers and the looks that catch a bug."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes


def value(reward: float, gamma: float, left: float, syncs: float) -> float:
    """The value after so many syncs, each of which leaves a part of the distance to the limit."""
    return float(reward / (1 - gamma) * (1 - left**syncs))


def kept(gamma: float, learning_rate: float, target_period: int, factor: float = 2) -> float:
    """The part of the distance to the limit that one sync leaves."""
    return gamma + (1 - gamma) * (1 - factor * learning_rate) ** target_period


EXPECTED_VALUE = Probes(
    [
        (2.0, 0.99, 0.05, 150, 50),
        (2.0, 0.99, 0.05, 150, 1),
        (1.0, 0.9, 0.1, 100, 20),
        (-3.0, 0.5, 0.2, 12, 4),
        (2.0, 0.0, 0.05, 10, 5),
        (5.0, 0.8, 0.01, 300, 300),
    ],
    lambda reward, gamma, learning_rate, updates, target_period: (
        f"{reward:g} / (1 - {gamma:g}) × (1 - ({gamma:g} + (1 - {gamma:g}) × "
        f"(1 - 2 × {learning_rate:g})^{target_period})^{updates // target_period})"
    ),
)


def goes_on(obs: Any, next_obs: Any) -> Any:
    """Whether each row leads to where the next one begins."""
    return (next_obs[:-1] == obs[1:]).all(-1)


def _broken_lines(obs: Any, next_obs: Any, ended: Any) -> str:
    lines = [
        f"({next_obs[t].tolist()} == {obs[t + 1].tolist()}) == {bool(ended[t])}"
        for t in range(len(obs) - 1)
    ]
    return f"[{', '.join(lines)}]"


def _rows(obs: list[list[float]], next_obs: list[list[float]], ended: list[int]) -> Any:
    return np.array(obs, float), np.array(next_obs, float), np.array(ended, bool)


BROKEN_ROWS = Probes(
    [
        _rows(
            [[0, 0], [1, 0], [2, 0], [9, 9], [8, 9], [7, 9]],
            [[1, 0], [2, 0], [3, 0], [8, 9], [6, 9], [7, 8]],
            [0, 0, 1, 0, 0, 0],
        ),
        _rows([[0], [1], [2], [5]], [[1], [2], [3], [6]], [0, 0, 0, 0]),
        _rows([[0], [1], [2], [0], [1]], [[1], [2], [0], [1], [2]], [0, 1, 0, 0, 1]),
        _rows([[1, 2], [1, 3], [1, 4]], [[1, 3], [2, 4], [0, 0]], [0, 0, 1]),
        _rows([[4], [4], [3], [2]], [[4], [4], [2], [1]], [1, 0, 0, 0]),
        _rows(
            [[1, 1], [1, 1], [2, 5], [2, 7], [3, 7]],
            [[1, 1], [2, 2], [2, 6], [8, 8], [4, 4]],
            [0, 0, 0, 1, 0],
        ),
    ],
    _broken_lines,
)


def _band_lines(curve: Any, healthy: Any) -> str:
    lines = [
        f"(not {low:g} <= {value:g} <= {high:g})"
        for value, low, high in zip(curve, healthy.min(0), healthy.max(0), strict=True)
    ]
    return f"({' + '.join(lines)}) / {len(curve)}"


OUTSIDE_BAND = Probes(
    [
        (
            np.array([-1.0, 1.0, 9.0, 2.0, 6.0]),
            np.array([[0, 3, 3, 5, 6], [2, 2, 2, 3, 5], [1, 1, 4, 4, 4.0]]),
        ),
        (np.array([0.0, 1.5, 2.0]), np.array([[0, 0, 0], [3, 3, 3.0]])),
        (np.array([-1.0, -1.0, 7.0, 3.0]), np.array([[0, 0, 0, 0], [1, 2, 5, 2.0]])),
        (np.array([3.0, 3.0]), np.array([[1, 5], [2, 9], [2.5, 6.0]])),
        (
            np.array([10.0, 11, 12, 13, 14, 0]),
            np.array([[9, 9, 5, 9, 15, 9], [10, 12, 11, 12, 20, 20], [9.5, 10, 10, 10, 16, 12.0]]),
        ),
    ],
    _band_lines,
)
