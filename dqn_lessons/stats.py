"""Statements about many seeds: intervals, robust means, paired differences.

Everything random takes a generator, so a printed interval can be printed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dqn_lessons import _validate as check
from dqn_lessons.types import Array

Statistic = Callable[..., Any]


class Interval(NamedTuple):
    """An estimate and its confidence interval, numbers or arrays of one shape."""

    estimate: Any
    low: Any
    high: Any

    def __str__(self) -> str:
        return f"{self.estimate:.3g} [{self.low:.3g}, {self.high:.3g}]"


def iqm(scores: ArrayLike, axis: int | None = None) -> Any:
    """Interquartile mean: drop a quarter of the scores at each end, average the rest.

    It forgives outliers as the median does, and wastes less of the data. With n scores
    ``floor(n / 4)`` are dropped at each end.

    Source: Agarwal et al., NeurIPS 2021 (arXiv:2108.13264).

    Raises:
        ValueError: no scores.
    """
    values = np.sort(_scores("scores", scores), axis=axis)
    along = 0 if axis is None else axis
    cut = values.shape[along] // 4
    kept = np.take(values, range(cut, values.shape[along] - cut), axis=along)
    return kept.mean(axis=along)


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
        rng: the luck of the resamples.
        statistic: called with ``axis=0``; ``np.mean``, ``np.median`` or :func:`iqm`.
        level: how often the interval should hold the truth, in (0, 1).
        resamples: how many, >= 100.

    Returns:
        Estimate, low and high, shaped as ``scores[0]``.

    Raises:
        ValueError: fewer than two seeds, scores that are not finite, a level out of range.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    rows = _seeds("scores", scores)
    _settings(level, resamples)
    draws = rng.integers(len(rows), size=(resamples, len(rows)))
    again = np.stack([statistic(rows[draw], axis=0) for draw in draws])
    return _interval(statistic(rows, axis=0), again, level)


def paired_difference_ci(
    ours: ArrayLike, theirs: ArrayLike, rng: np.random.Generator, **settings: Any
) -> Interval:
    """Interval of the mean of ``ours - theirs``, when row s of both has the same seed.

    The luck that a pair shares cancels, so the interval is as narrow as the data allow.

    Args:
        ours, theirs: ``[S, ...]`` each, paired by row.
        rng: the luck of the resamples.
        settings: as for :func:`bootstrap_ci`.

    Raises:
        ValueError: shapes that differ: unpaired runs cannot be subtracted.
    """
    one, other = _seeds("ours", ours), _seeds("theirs", theirs)
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
        rng: the luck of the resamples.
        statistic: of all scores together; :func:`iqm` or ``np.mean``.
        level: how often the interval should hold the truth, in (0, 1).
        resamples: how many, >= 100.

    Raises:
        ValueError: no task, a task with fewer than two seeds, a level out of range.

    Source: Agarwal et al., NeurIPS 2021 (arXiv:2108.13264), section 4.1.
    """
    groups = [_seeds("tasks", task) for task in tasks]
    if not groups or any(group.ndim != 1 for group in groups):
        raise ValueError(
            f"tasks has shapes {[group.shape for group in groups]}: it needs one row of scores "
            "[S] per task. Pass [scores_of_cartpole, scores_of_catch]."
        )
    _settings(level, resamples)
    again = [rng.choice(group, (resamples, len(group))) for group in groups]
    spread = statistic(np.concatenate(again, axis=1), axis=1)
    return _interval(statistic(np.concatenate(groups), axis=0), spread, level)


def performance_profile(scores: ArrayLike, levels: ArrayLike) -> Any:
    """Share of the runs that score above each level: ``scores [S], levels [L] -> [L]``.

    Raises:
        ValueError: no scores.

    Source: Agarwal et al., NeurIPS 2021 (arXiv:2108.13264), section 4.2.
    """
    values = _scores("scores", scores).ravel()
    return (values[:, None] > np.asarray(levels)).mean(axis=0)


def sign_error_rate(
    differences: ArrayLike, k: int, rng: np.random.Generator, draws: int = 10_000
) -> float:
    """How often k seeds, drawn without replacement, point the other way than all of them do.

    Args:
        differences: one paired difference per seed ``[S]``.
        k: seeds in a small study, from 1 to S.
        rng: the luck of the draws.
        draws: small studies to make.

    Raises:
        ValueError: k out of range, fewer than two seeds.

    Source: the type S error of Gelman & Carlin, Perspectives on Psychological Science 9 (2014).
    """
    values = _seeds("differences", differences).ravel()
    check.integer("k", k, 1, len(values), remedy="Draw from the seeds that there are.")
    small = rng.permuted(np.broadcast_to(values, (draws, len(values))), axis=1)[:, :k]
    return float((np.sign(small.mean(axis=1)) != np.sign(values.mean())).mean())


def _check_autocorrelation(series: ArrayLike, lag: int) -> None:
    values = np.asarray(series)
    if values.ndim != 1:
        raise ValueError(f"series has shape {values.shape}: it must be [T]. Pass one series.")
    check.integer("lag", lag, 0, len(values) - 1, remedy="Use a lag shorter than the series.")
    if np.ptp(values) == 0:
        raise ValueError("series is constant: nothing varies. Pass one that changes.")


@check.at_the_door(_check_autocorrelation)
def autocorrelation(series: ArrayLike, lag: int) -> Any:
    """How alike a series is to itself ``lag`` steps later: 1 is the same, 0 is unrelated.

    The mean is taken off first; the sum of products at distance ``lag`` is divided by the
    sum of squares, so that ``lag = 0`` gives 1.

    Args:
        series: ``[T]``, not constant.
        lag: steps, from 0 to T - 1.

    Raises:
        ValueError: a series that is constant or not ``[T]``, or a lag out of range.

    Source: Box & Jenkins, Time Series Analysis, section 2.1.
    """
    centred = np.array(series, np.float64)
    centred -= centred.mean()
    return centred[: len(centred) - lag] @ centred[lag:] / (centred @ centred)


def _interval(estimate: Any, again: Array, level: float) -> Interval:
    low, high = np.quantile(again, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(estimate, low, high)


def _settings(level: float, resamples: int) -> None:
    remedy = "Use 0.95 for the usual interval."
    check.real("level", level, 0, 1, low_open=True, high_open=True, remedy=remedy)
    check.integer("resamples", resamples, 100, remedy="Use 2_000 or more.")


def _scores(name: str, scores: ArrayLike) -> Array:
    values = np.asarray(scores, np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        found = "no scores" if values.size == 0 else "scores that are not finite"
        raise ValueError(f"{name} holds {found}: nothing can be said. Pass what was measured.")
    return values


def _seeds(name: str, scores: ArrayLike) -> Array:
    rows = _scores(name, scores)
    if rows.ndim == 0 or len(rows) < 2:
        raise ValueError(
            f"{name} has shape {list(rows.shape)}: one seed has no spread. Train at least two "
            "seeds, better sixteen."
        )
    return rows
