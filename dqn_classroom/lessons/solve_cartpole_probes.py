"""The probes of the exercises on an agent that solves CartPole."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes
from dqn_classroom.lessons.evidence_probes import SCORES, columns


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


def search_scores(studies: Any, seeds: int) -> Any:
    """What the winner of a search earns on the seeds that chose it, and on others.

    Args:
        studies: ``[R, C, S]``, R searches over C configurations, each with S seeds.
        seeds: the first so many choose; of equal configurations the first wins.

    Returns:
        ``[2]``, means over the searches: on the seeds that chose, and on the others.

    Source: Smith & Winkler, Management Science 52 (2006), the optimiser's curse.
    """
    on_them, elsewhere = [], []
    for scores in studies:
        winner = scores[:, :seeds].mean(axis=1).argmax()
        on_them.append(scores[winner, :seeds].mean())
        elsewhere.append(scores[winner, seeds:].mean())
    return np.array([np.mean(on_them), np.mean(elsewhere)])


def searched(studies: Any, seeds: int, choose: Any = None, others: Any = None) -> Any:
    """The two means with another choice ``scores -> row``, or with other seeds as the others."""
    choose = choose or (lambda scores: scores[:, :seeds].mean(axis=1).argmax())
    rows = np.array([scores[choose(scores)] for scores in studies])
    return np.array([rows[:, :seeds].mean(), rows[:, others or slice(seeds, None)].mean()])


def _search_lines(studies: Any, seeds: int) -> list[str]:
    found = [search_scores([scores], seeds) for scores in studies]
    sums = (" + ".join(f"({one:.10g})" for one in part) for part in np.transpose(found))
    return [f"({total}) / {len(studies)}" for total in sums]


_TABLES = np.random.default_rng(1)

SEARCH_SCORES = Probes(
    # (studies, seeds)
    [
        (_TABLES.integers(0, 50, (3, 4, 6)) * 10.0, 2),
        (np.minimum(_TABLES.integers(30, 70, (4, 5, 5)) * 10.0, 500.0), 2),
        (_TABLES.integers(-50, 0, (2, 3, 4)) * 10.0, 3),
        (np.array([[[3.0, 8.0], [5.0, 1.0]]]), 1),
        (_TABLES.normal(0, 1, (5, 3, 7)).round(2), 4),
    ],
    _search_lines,
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


_RUNS = np.array([[10.0, 200.0], [30.0, 500.0], [20.0, 500.0], [40.0, 100.0]])

PERCENTILE_RANK = Probes(
    # (score, scores)
    [
        (500.0, SCORES),
        (300.0, SCORES),
        (90.0, SCORES),
        (20.0, SCORES),
        (600.0, SCORES),
        (np.array([20.0, 500.0]), _RUNS),
        (np.array([35.0, 150.0]), _RUNS),
    ],
    _rank_lines,
)
