"""Statements about many seeds: intervals, robust means, paired differences.

Everything random takes a generator, so a printed interval can be printed again.

Raises:
    TypeError: a level, a lag or a count that is no number.
    ValueError: no scores, scores that are not finite, a setting out of range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dqn_lessons import checks as check
from dqn_lessons.config import Array

Statistic = Callable[..., Any]


def _checked_scores(name: str, scores: ArrayLike) -> Array:
    """Return scores as floats, or raise ValueError: there are none, or some are not finite."""
    values = np.asarray(scores, np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        found = "no scores" if values.size == 0 else "scores that are not finite"
        raise ValueError(f"{name} holds {found}: nothing can be said. Pass what was measured.")
    return values


def _checked_seeds(name: str, scores: ArrayLike) -> Array:
    """Return scores ``[S, ...]`` as floats, or raise ValueError: fewer than two seeds."""
    rows = _checked_scores(name, scores)
    if rows.ndim == 0 or len(rows) < 2:
        said = f"{name} has shape {list(rows.shape)}: one seed has no spread"
        raise ValueError(f"{said}. Train at least two seeds, better sixteen.")
    return rows


@check.validated_by(scores=_checked_scores)
def iqm(scores: ArrayLike, axis: int = 0) -> Any:
    """Interquartile mean: drop a quarter of the scores at each end, average the rest.

    It forgives outliers as the median does, and wastes less of the data. With n scores
    ``n // 4`` are dropped at each end.

    Args:
        scores: ``[..., S, ...]``, at least one.
        axis: the axis of the seeds.

    Returns:
        Shaped as ``scores`` without that axis.

    Source: Agarwal et al., NeurIPS 2021 (arXiv:2108.13264).
    """
    ordered = np.sort(scores, axis=axis)
    cut = ordered.shape[axis] // 4
    middle = np.take(ordered, range(cut, ordered.shape[axis] - cut), axis=axis)
    return middle.mean(axis=axis)


def _check_one_each(name: str, scores: ArrayLike) -> None:
    if _checked_scores(name, scores).ndim != 1:
        shape = list(np.shape(scores))
        raise ValueError(f"{name} has shape {shape}: it must be [S]. Pass one score per seed.")


@check.validated_by(scores=_check_one_each)
def performance_profile(scores: ArrayLike, levels: ArrayLike) -> Any:
    """Share of the runs that score above each level.

    Args:
        scores: one per seed ``[S]``.
        levels: ``[L]``, in the unit of the scores.

    Returns:
        ``[L]``, between 0 and 1.

    Source: Agarwal et al., NeurIPS 2021 (arXiv:2108.13264), section 4.2.
    """
    above = np.asarray(scores)[:, None] > np.asarray(levels)
    return above.mean(axis=0)


@check.validated_by(score=_checked_scores, scores=_checked_scores)
def percentile_rank(score: ArrayLike, scores: ArrayLike) -> Any:
    """How many per cent of ``scores`` lie below ``score``; equal ones count half.

    Args:
        score: a number, or a curve ``[E]``.
        scores: ``[S]``, or ``[S, E]`` for a curve: the others, one row per seed.

    Returns:
        0 (below all) to 100 (above all); 50 is the middle. For a curve ``[E]``.

    Source: the definition of a percentile rank.
    """
    others = np.asarray(scores)
    below, equal = others < score, others == score
    return 100 * (below.mean(axis=0) + equal.mean(axis=0) / 2)


def small_studies(
    differences: ArrayLike, k: int, rng: np.random.Generator, studies: int = 10_000
) -> Array:
    """Studies of k seeds each, drawn without replacement from one large study.

    With the same generator, a study of more seeds is the smaller one with seeds added.

    Args:
        differences: one paired difference per seed ``[S]``.
        k: seeds in a small study, from 1 to S.
        rng: draws the studies.
        studies: how many.

    Returns:
        ``[studies, k]``.

    Source: the question of Henderson et al., AAAI 2018 (arXiv:1709.06560): what do few seeds say?
    """
    values = _checked_seeds("differences", differences).ravel()
    check.integer("k", k, 1, len(values), remedy="Draw from the seeds that there are.")
    drawn: Array = rng.permuted(np.tile(values, (studies, 1)), axis=1)[:, :k]
    return drawn


def sign_error_rate(
    differences: ArrayLike, k: int, rng: np.random.Generator, studies: int = 10_000
) -> float:
    """How often k seeds point the other way than all of them do: `small_studies` counted.

    Args:
        differences: one paired difference per seed ``[S]``.
        k: seeds in a small study, from 1 to S.
        rng: draws the studies.
        studies: how many are drawn.

    Source: the type S error of Gelman & Carlin, Perspectives on Psychological Science 9 (2014).
    """
    means = small_studies(differences, k, rng, studies).mean(axis=1)
    return float((np.sign(means) != np.sign(np.asarray(differences).mean())).mean())


def _check_autocorrelation(series: ArrayLike, lag: int) -> None:
    values = np.asarray(series)
    if values.ndim != 1:
        raise ValueError(f"series has shape {values.shape}: it must be [T]. Pass one series.")
    check.integer("lag", lag, 0, len(values) - 1, remedy="Use a lag shorter than the series.")
    if np.ptp(values) == 0:
        raise ValueError("series is constant: nothing varies. Pass one that changes.")


@check.validated_by(_check_autocorrelation)
def autocorrelation(series: ArrayLike, lag: int) -> Any:
    """How alike a series is to itself ``lag`` steps later: 1 is the same, 0 is unrelated.

    The mean is taken off first; the sum of products at distance ``lag`` is divided by the
    sum of squares, so that ``lag = 0`` gives 1.

    Args:
        series: ``[T]``, not constant.
        lag: steps, from 0 to T - 1.

    Returns:
        A number between -1 and 1.

    Raises:
        ValueError: a series that is constant or not ``[T]``, or a lag out of range.

    Source: Box & Jenkins, Time Series Analysis, section 2.1.
    """
    centred = np.array(series, np.float64)
    centred -= centred.mean()
    return centred[: len(centred) - lag] @ centred[lag:] / (centred @ centred)


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


@check.validated_by(estimates=_checked_scores, level=_LEVEL)
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
        level: how often it should hold the truth, in (0, 1); with 16 seeds 0.95 is 0.91 (lesson 8).
        resamples: how many, >= 100.

    Returns:
        Estimate, low and high, shaped as ``scores[0]``.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    rows = _checked_seeds("scores", scores)
    _LEVEL("level", level)
    check.integer("resamples", resamples, 100, remedy="Use 2_000 or more.")
    draws = rng.integers(len(rows), size=(resamples, len(rows)))
    again = np.stack([statistic(rows[draw], axis=0) for draw in draws])
    return Interval(statistic(rows, axis=0), *percentile_interval(again, level))


def paired_difference_ci(
    ours: ArrayLike, theirs: ArrayLike, rng: np.random.Generator, **settings: Any
) -> Interval:
    """Interval of the mean of ``ours - theirs``, when row s of both has the same seed.

    What a pair still shares at the end cancels. Training may share nothing by then: lesson 8.

    Args:
        ours, theirs: ``[S, ...]`` each, paired by row.
        rng: draws the resamples.
        settings: as for :func:`bootstrap_ci`.

    Raises:
        ValueError: shapes that differ: unpaired runs cannot be subtracted.

    Source: the percentile bootstrap of :func:`bootstrap_ci`, of the differences.
    """
    one, other = _checked_seeds("ours", ours), _checked_seeds("theirs", theirs)
    if one.shape != other.shape:
        said = (
            f"ours has shape {list(one.shape)}, theirs {list(other.shape)}: pairs need equal shapes"
        )
        raise ValueError(f"{said}. Train both configurations with the same seeds.")
    return bootstrap_ci(one - other, rng, **settings)
