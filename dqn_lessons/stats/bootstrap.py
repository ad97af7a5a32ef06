"""Intervals over seeds, by drawing the seeds again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dqn_lessons import checks as check
from dqn_lessons.config import Array
from dqn_lessons.stats.checks import check_level, check_settings, checked_scores, checked_seeds
from dqn_lessons.stats.scores import iqm

Statistic = Callable[..., Any]


class Interval(NamedTuple):
    """An estimate and its confidence interval, numbers or arrays of one shape.

    Args:
        estimate: the statistic of the scores themselves.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    estimate: Any
    low: Any
    high: Any

    def __str__(self) -> str:
        return f"{self.estimate:.3g} [{self.low:.3g}, {self.high:.3g}]"


def _check_percentile_interval(estimates: ArrayLike, level: float = 0.95) -> None:
    checked_scores("estimates", estimates)
    check_level(level)


@check.validated_by(_check_percentile_interval)
def percentile_interval(estimates: ArrayLike, level: float = 0.95) -> Any:
    """The ends of the middle part of many estimates: ``[R, ...] -> [2, ...]``, low and high.

    Args:
        estimates: ``[R, ...]``, one per resample.
        level: the part in the middle, in (0, 1).

    Raises:
        ValueError: no estimates, or a level out of range.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    outside = (1 - level) / 2
    return np.quantile(np.asarray(estimates), [outside, 1 - outside], axis=0)


def bootstrap_ci(
    scores: ArrayLike,
    rng: np.random.Generator,
    *,
    statistic: Statistic = np.mean,
    level: float = 0.95,
    resamples: int = 2_000,
) -> Interval:
    """Percentile bootstrap over seeds: draw as many seeds again, with replacement, many times.

    A learning curve keeps its seeds together: a row of ``scores`` is drawn as a whole.

    Args:
        scores: ``[S, ...]``, one row per seed.
        rng: draws the resamples.
        statistic: called with ``axis=0``; ``np.mean``, ``np.median`` or :func:`iqm`.
        level: how often the interval should hold the truth, in (0, 1).
        resamples: how many, >= 100.

    Returns:
        Estimate, low and high, shaped as ``scores[0]``.

    Raises:
        ValueError: fewer than two seeds, scores that are not finite, a level out of range.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    rows = checked_seeds("scores", scores)
    check_settings(level, resamples)
    draws = rng.integers(len(rows), size=(resamples, len(rows)))
    again = np.stack([statistic(rows[draw], axis=0) for draw in draws])
    return _interval(statistic(rows, axis=0), again, level)


def paired_difference_ci(
    ours: ArrayLike, theirs: ArrayLike, rng: np.random.Generator, **settings: Any
) -> Interval:
    """Interval of the mean of ``ours - theirs``, when row s of both has the same seed.

    What a pair shares cancels, so the interval is as narrow as the data allow.

    Args:
        ours, theirs: ``[S, ...]`` each, paired by row.
        rng: draws the resamples.
        settings: as for :func:`bootstrap_ci`.

    Raises:
        ValueError: shapes that differ: unpaired runs cannot be subtracted.

    Source: the percentile bootstrap of :func:`bootstrap_ci`, of the differences.
    """
    one, other = checked_seeds("ours", ours), checked_seeds("theirs", theirs)
    if one.shape != other.shape:
        raise ValueError(
            f"ours has shape {list(one.shape)}, theirs {list(other.shape)}: pairs need equal "
            "shapes. Train both configurations with the same seeds."
        )
    return bootstrap_ci(one - other, rng, **settings)


def stratified_bootstrap_ci(
    tasks: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    statistic: Statistic = iqm,
    level: float = 0.95,
    resamples: int = 2_000,
) -> Interval:
    """Interval of one statistic over several tasks; seeds are drawn again within each task.

    Args:
        tasks: scores of each task ``[S_t]``, on a common scale; numbers of seeds may differ.
        rng: draws the resamples.
        statistic: of all scores together; :func:`iqm` or ``np.mean``.
        level: how often the interval should hold the truth, in (0, 1).
        resamples: how many, >= 100.

    Raises:
        ValueError: no task, a task with fewer than two seeds, a level out of range.

    Source: Agarwal et al., NeurIPS 2021 (arXiv:2108.13264), section 4.1.
    """
    groups = [checked_seeds("tasks", task) for task in tasks]
    if not groups or any(group.ndim != 1 for group in groups):
        raise ValueError(
            f"tasks has shapes {[group.shape for group in groups]}: it needs one row of scores "
            "[S] per task. Pass [scores_of_cartpole, scores_of_catch]."
        )
    check_settings(level, resamples)
    again = [rng.choice(group, (resamples, len(group))) for group in groups]
    spread = statistic(np.concatenate(again, axis=1), axis=1)
    return _interval(statistic(np.concatenate(groups), axis=0), spread, level)


def _interval(estimate: Any, again: Array, level: float) -> Interval:
    low, high = percentile_interval(again, level)
    return Interval(estimate, low, high)
