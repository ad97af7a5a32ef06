"""Intervals over seeds, by drawing the seeds again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dqn_lessons import checks as check
from dqn_lessons.stats.scores import checked_scores, checked_seeds

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


_LEVEL = check.rule(check.real, 0, 1, ends="()", remedy="Use 0.95 for the usual interval.")


@check.validated_by(estimates=checked_scores, level=_LEVEL)
def percentile_interval(estimates: ArrayLike, level: float = 0.95) -> Any:
    """The ends of the middle part of many estimates: ``[R, ...] -> [2, ...]``, low and high.

    Args:
        estimates: ``[R, ...]``, one per resample.
        level: the part in the middle, in (0, 1).

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
        statistic: called with ``axis=0``; ``np.mean``, ``np.median`` or ``iqm``.
        level: how often the interval should hold the truth, in (0, 1).
        resamples: how many, >= 100.

    Returns:
        Estimate, low and high, shaped as ``scores[0]``.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    rows = checked_seeds("scores", scores)
    _LEVEL("level", level)
    check.integer("resamples", resamples, 100, remedy="Use 2_000 or more.")
    draws = rng.integers(len(rows), size=(resamples, len(rows)))
    again = np.stack([statistic(rows[draw], axis=0) for draw in draws])
    return Interval(statistic(rows, axis=0), *percentile_interval(again, level))


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
