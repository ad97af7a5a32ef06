"""The probes of the exercises on an agent that solves CartPole."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes
from dqn_classroom.lessons.evidence_probes import columns


def largest_failure_rate(seeds: int, level: float = 0.95) -> float:
    """The largest failure rate that goes unseen by so many seeds with probability ``1 - level``.

    Args:
        seeds: how many were tried and none failed.
        level: how sure one wants to be, in (0, 1).

    Returns:
        A share of the agents, between 0 and 1; close to 3 / seeds for 0.95.

    Source: Hanley & Lippman-Hand, JAMA 249 (1983): if nothing goes wrong, is everything all right?
    """
    return float(1 - (1 - level) ** (1 / seeds))


LARGEST_FAILURE_RATE = Probes(
    # (seeds, level)
    [(48,), (48, 0.95), (5, 0.95), (16, 0.5), (1, 0.9), (3, 0.875)],
    lambda seeds, level=0.95: f"1 - {1 - level:.10g}^(1 / {seeds})",
)


def running_mean(returns: Any, window: int) -> Any:
    """Mean of the last episodes, at every episode; at the beginning of those that there are.

    Args:
        returns: episode returns ``[T]``, in the order of time.
        window: of how many episodes, from 1.

    Returns:
        ``[T]``.

    Source: the curve of most published results, such as Mnih et al. 2013 (arXiv:1312.5602).
    """
    total = np.append(0.0, np.cumsum(returns))
    end = np.arange(1, len(total))
    begin = np.maximum(end - window, 0)
    return (total[end] - total[begin]) / (end - begin)


def smooth(returns: Any, window: int) -> Any:
    """Exponential mean, which weighs an episode by its age."""
    means = [float(returns[0])]
    for value in returns[1:]:
        means.append(means[-1] + (value - means[-1]) / window)
    return np.array(means)


def _running_lines(returns: Any, window: int) -> list[str]:
    parts = [returns[max(0, end - window) : end] for end in range(1, len(returns) + 1)]
    return [f"({' + '.join(f'{value:g}' for value in part)}) / {len(part)}" for part in parts]


_EPISODES = np.array([9.0, 30.0, 12.0, 75.0, 48.0, 200.0, 21.0])

RUNNING_MEAN = Probes(
    # (returns, window)
    [
        (_EPISODES, 3),
        (_EPISODES, 1),
        (_EPISODES, 4),
        (-_EPISODES[:5], 2),
        (_EPISODES[:3], 100),
        (np.array([8.0]), 5),
    ],
    _running_lines,
)


def _rank_lines(score: Any, scores: Any) -> Any:
    lines = []
    for one, column in zip(np.ravel(score), columns(scores), strict=True):
        below = sum(other < one for other in column)
        lines.append(f"100 × ({below} + {column.count(one)} / 2) / {len(column)}")
    return np.reshape(lines, np.shape(score)).tolist()


_OTHERS = np.array([120.0, 480.0, 500.0, 500.0, 333.0, 500.0, 251.0, 500.0, 90.0, 400.0])
_RUNS = np.array([[10.0, 200.0], [30.0, 500.0], [20.0, 500.0], [40.0, 100.0]])

PERCENTILE_RANK = Probes(
    # (score, scores)
    [
        (500.0, _OTHERS),
        (300.0, _OTHERS),
        (90.0, _OTHERS),
        (20.0, _OTHERS),
        (600.0, _OTHERS),
        (np.array([20.0, 500.0]), _RUNS),
        (np.array([35.0, 150.0]), _RUNS),
    ],
    _rank_lines,
)
