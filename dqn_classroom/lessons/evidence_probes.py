"""The probes of the exercises on evidence."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes


def _between(ordered: list[float], share: float) -> str:
    """The quantile of sorted numbers as a sum: so far from one to the next."""
    place = share * (len(ordered) - 1)
    below = min(int(place), len(ordered) - 2)
    here, there = ordered[below], ordered[below + 1]
    return f"({here:.10g} + ({place:.10g} - {below}) × ({there:.10g} - {here:.10g}))"


def columns(values: Any, axis: int = 0) -> list[list[float]]:
    """The numbers along an axis as lists: one for a vector, one a column for a table."""
    moved = np.moveaxis(np.asarray(values, float), axis, 0)
    return moved.reshape(len(moved), -1).T.tolist()


def _interval_lines(estimates: Any, level: float = 0.95) -> Any:
    ordered, outside = columns(np.sort(estimates, axis=0)), (1 - level) / 2
    ends = [[_between(column, share) for column in ordered] for share in (outside, 1 - outside)]
    return np.reshape(ends, (2, *estimates.shape[1:])).tolist()


_ESTIMATES = np.array([3.0, 9.0, 4.5, 1.0, 7.0, 2.0, 8.0, 3.5, 20.0, 6.0, 5.0])
_CURVES = np.array([[1.0, 10.0], [4.0, 50.0], [2.0, 40.0], [8.0, 20.0], [3.0, 90.0]])

PERCENTILE_INTERVAL = Probes(
    # (estimates, level)
    [
        (_ESTIMATES, 0.8),
        (_ESTIMATES, 0.95),
        (_ESTIMATES,),
        (_ESTIMATES - 10, 0.5),
        (_CURVES, 0.8),
        (_CURVES, 0.6),
    ],
    _interval_lines,
)


def _iqm_lines(scores: Any, axis: int = 0) -> Any:
    lines = []
    for ordered in columns(np.sort(scores, axis=axis), axis):
        cut = len(ordered) // 4
        middle = ordered[cut : len(ordered) - cut]
        lines.append(f"({' + '.join(f'({value:.10g})' for value in middle)}) / {len(middle)}")
    return lines if np.ndim(scores) > 1 else lines[0]


_RETURNS = np.array([9.0, 500.0, 480.0, 21.0, 490.0, 350.0, 495.0, 10.0])
_TABLE = np.array([[1.0, 60.0], [7.0, 20.0], [2.0, 90.0], [30.0, 10.0], [4.0, 25.0]])


def kept(scores: Any, axis: int, below: int, above: int) -> Any:
    """Sorted scores without so many at either end."""
    ordered = np.sort(scores, axis=axis)
    return np.take(ordered, range(below, ordered.shape[axis] - above), axis=axis)


def middle_of(ordered: Any, axis: int) -> Any:
    """Scores as they stand, without the first and the last quarter."""
    cut = quarter(ordered, axis)
    return np.take(ordered, range(cut, ordered.shape[axis] - cut), axis=axis)


def quarter(scores: Any, axis: int) -> int:
    """A quarter of the scores, rounded down."""
    return int(scores.shape[axis] // 4)


IQM = Probes(
    # (scores, axis)
    [
        (_RETURNS,),
        (np.array([1.0, 2.0, 3.0, 40.0, 5.0]), 0),
        (np.array([7.0]), 0),
        (np.array([4.0, 1.0, 9.0]), 0),
        (np.array([3.0, -8.0, 6.0, 1.0, 90.0, 4.0, 2.0]), 0),
        (_TABLE, 0),
        (_TABLE.T.copy(), 1),
    ],
    _iqm_lines,
)


def power(differences: Any, effect: float, draws: Any) -> Any:
    """Share of studies that find an effect, by size: 0 lies outside mean ± 2 standard errors.

    Args:
        differences: a large pilot study, one paired difference per seed ``[S]``.
        effect: the mean to which the pilot is shifted.
        draws: ``[R, N]``, the rows of the pilot that R studies draw, one seed after the other.

    Returns:
        ``[N - 1]``, for studies of 2, 3, ..., N seeds.

    Source: Colas et al. 2018 (arXiv:1806.08295), with 2 for the quantile of Student's t.
    """
    shifted = differences - np.mean(differences) + effect
    found = []
    for n in range(2, draws.shape[1] + 1):
        studies = shifted[draws[:, :n]]
        error = studies.std(axis=1, ddof=1) / n**0.5
        found.append(np.mean(np.abs(studies.mean(axis=1)) > 2 * error))
    return np.array(found)


def curve(differences: Any, effect: float, draws: Any, finds: Any = None, mean: Any = None) -> Any:
    """Power with another test of the studies ``[R, n]``, or with another mean of the pilot."""
    shifted = differences - np.mean(differences) + effect if mean is None else differences + mean
    finds = finds or (lambda studies: np.abs(studies.mean(axis=1)) > 2 * error_of(studies))
    return np.array([np.mean(finds(shifted[draws[:, :n]])) for n in range(2, len(draws[0]) + 1)])


def error_of(studies: Any, ddof: int = 1) -> Any:
    """Standard error of the mean of each study."""
    return studies.std(axis=-1, ddof=ddof) / studies.shape[-1] ** 0.5


def _power_lines(differences: Any, effect: float, draws: Any) -> list[str]:
    shares = power(differences, effect, draws)
    return [f"{share * len(draws):.0f} / {len(draws)}" for share in shares]


_PILOT = np.array([60.0, -20.0, 90.0, 40.0, -70.0, 130.0, 10.0, 55.0])
_DRAWS = np.random.default_rng(0)

POWER = Probes(
    # (differences, effect, draws)
    [
        (_PILOT, 40.0, _DRAWS.integers(8, size=(30, 3))),
        (_PILOT, -7.0, _DRAWS.integers(8, size=(30, 5))),
        (_PILOT / 100, -0.6, _DRAWS.integers(8, size=(30, 4))),
        (_PILOT, 75.0, _DRAWS.integers(8, size=(30, 6))),
        (_PILOT, 30.0, _DRAWS.integers(8, size=(1, 4))),
    ],
    _power_lines,
)


SCORES = np.array([120.0, 480.0, 500.0, 500.0, 333.0, 500.0, 251.0, 500.0, 90.0, 400.0])


def _profile_lines(scores: Any, levels: Any) -> list[str]:
    return [f"{(scores > level).sum()} / {len(scores)}" for level in levels]


_LEVELS = np.array([0.0, 100.0, 333.0, 475.0, 499.0, 500.0])

PERFORMANCE_PROFILE = Probes(
    # (scores, levels)
    [
        (SCORES, _LEVELS),
        (SCORES[:3], _LEVELS),
        (np.array([-80.0, -100.0, -500.0, -90.0]), np.array([-500.0, -100.0, -85.0])),
        (np.array([1.0, 0.0, 1.0]), np.array([0.5])),
        (_RETURNS, np.array([20.0, 350.0, 600.0])),
    ],
    _profile_lines,
)
