"""The exercises of lesson 5, on evidence."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Exercise, Misconception
from dqn_classroom.exercises.questions import Question
from dqn_lessons.stats import iqm, percentile_interval, percentile_rank, performance_profile


def _between(ordered: list[float], share: float) -> str:
    """The quantile of sorted numbers as a sum: so far from one to the next."""
    place = share * (len(ordered) - 1)
    below = min(int(place), len(ordered) - 2)
    here, there = ordered[below], ordered[below + 1]
    return f"({here:.17g} + ({place:.17g} - {below}) × ({there:.17g} - {here:.17g}))"


def _interval_lines(estimates: Any, level: float = 0.95) -> str:
    outside = (1 - level) / 2
    columns = np.sort(np.asarray(estimates, float), axis=0)
    if columns.ndim == 1:
        ends = [_between(columns.tolist(), share) for share in (outside, 1 - outside)]
    else:
        ends = [
            f"[{', '.join(_between(column.tolist(), share) for column in columns.T)}]"
            for share in (outside, 1 - outside)
        ]
    return f"[{', '.join(ends)}]"


_ESTIMATES = np.array([3.0, 9.0, 4.5, 1.0, 7.0, 2.0, 8.0, 3.5, 20.0, 6.0, 5.0])
_CURVES = np.array([[1.0, 10.0], [4.0, 50.0], [2.0, 40.0], [8.0, 20.0], [3.0, 90.0]])

PERCENTILE_INTERVAL = Exercise(
    percentile_interval,
    # (estimates, level)
    probes=[
        (_ESTIMATES, 0.8),
        (_ESTIMATES, 0.95),
        (_ESTIMATES,),
        (_ESTIMATES - 10, 0.5),
        (_CURVES, 0.8),
        (_CURVES, 0.6),
    ],
    arithmetic=_interval_lines,
    misconceptions=[
        Misconception(
            "all of it outside on each side",
            lambda estimates, level=0.95: np.quantile(estimates, [1 - level, level], axis=0),
            "You leave 1 − level out on each side, twice as much as allowed. Half of it belongs "
            "below, half above.",
        ),
        Misconception(
            "the ends of the scale",
            lambda estimates, level=0.95: np.quantile(estimates, [0, level], axis=0),
            "Your interval begins at the smallest estimate. Leave (1 − level) / 2 out at each end.",
        ),
        Misconception(
            "all outside above",
            lambda estimates, level=0.95: np.quantile(estimates, [1 - level, 1], axis=0),
            "Your interval ends at the largest estimate. Leave (1 − level) / 2 out at each end.",
        ),
        Misconception(
            "lowest and highest",
            lambda estimates, level=0.95: np.stack([np.min(estimates, 0), np.max(estimates, 0)]),
            "Those are the smallest and the largest estimate: more resamples, and they go further "
            "apart. Take quantiles.",
        ),
        Misconception(
            "mean and spread",
            lambda estimates, level=0.95: np.stack(
                [np.mean(estimates, 0) + sign * 2 * np.std(estimates, 0) for sign in (-1, 1)]
            ),
            "Mean ± 2 standard deviations assumes a bell. The quantiles assume nothing.",
        ),
        Misconception(
            "mean and 1.96 spreads",
            lambda estimates, level=0.95: np.stack(
                [np.mean(estimates, 0) + sign * 1.96 * np.std(estimates, 0) for sign in (-1, 1)]
            ),
            "Mean ± 1.96 standard deviations assumes a bell, and ignores `level`. Take quantiles.",
        ),
        Misconception(
            "standard error",
            lambda estimates, level=0.95: np.stack(
                [
                    np.mean(estimates, 0)
                    + sign * 1.96 * np.std(estimates, 0) / len(estimates) ** 0.5
                    for sign in (-1, 1)
                ]
            ),
            "You divide by the root of the number of resamples. The spread of the estimates is "
            "the error already: more resamples do not make it smaller.",
        ),
        Misconception(
            "always 95 %",
            lambda estimates, level=0.95: np.quantile(estimates, [0.025, 0.975], axis=0),
            "It ignores `level`: 0.025 and 0.975 are right for 0.95 only.",
        ),
        Misconception(
            "upside down",
            lambda estimates, level=0.95: np.quantile(
                estimates, [(1 + level) / 2, (1 - level) / 2], axis=0
            ),
            "Low and high are swapped: the lower end comes first.",
        ),
        Misconception(
            "everything in one pot",
            lambda estimates, level=0.95: np.quantile(
                estimates, [(1 - level) / 2, (1 + level) / 2]
            ),
            "For a curve every place has an interval of its own: axis=0.",
        ),
        Misconception(
            "per cent for quantile",
            lambda estimates, level=0.95: np.percentile(
                estimates, [(1 - level) / 2, (1 + level) / 2], axis=0
            ),
            "np.percentile counts from 0 to 100. Use np.quantile, or multiply by 100.",
        ),
        Misconception(
            "level above and below the middle",
            lambda estimates, level=0.95: np.quantile(
                estimates, [0.5 - level / 4, 0.5 + level / 4], axis=0
            ),
            "Only half of `level` lies between your ends: go level / 2 to each side of the middle.",
        ),
        Misconception(
            "half the level left out",
            lambda estimates, level=0.95: np.quantile(
                estimates, [level / 2, 1 - level / 2], axis=0
            ),
            "You leave level / 2 out at each end. What is left out in all is 1 − level.",
        ),
        Misconception(
            "upper end at level",
            lambda estimates, level=0.95: np.quantile(estimates, [(1 - level) / 2, level], axis=0),
            "Your upper end leaves 1 − level above it. Half of that belongs there: 1 − (1 − "
            "level) / 2.",
        ),
    ],
    hints=(
        "What is not in the middle part is 1 − level. Half of it lies below, half above.",
        "Level 0.8: a tenth lies below the interval, a tenth above. The quantiles 0.1 and 0.9.",
        "return np.quantile(estimates, [(1 - level) / 2, (1 + level) / 2], axis=0)",
    ),
    insight="Draw the seeds again, work the statistic out again, cut off the tails: that is the "
    "bootstrap, and it needs no formula for the statistic.",
    difficulty=2,
    minutes=5,
)


def _middle(ordered: Any) -> list[float]:
    cut = len(ordered) // 4
    return list(ordered[cut : len(ordered) - cut])


def _iqm_line(scores: Any, axis: int = 0) -> str:
    ordered = np.moveaxis(np.sort(np.asarray(scores, float), axis=axis), axis, 0)

    def line(column: Any) -> str:
        middle = _middle(column)
        return f"({' + '.join(f'({value:.17g})' for value in middle)}) / {len(middle)}"

    if ordered.ndim == 1:
        return line(ordered)
    return f"[{', '.join(line(column) for column in ordered.T)}]"


_RETURNS = np.array([9.0, 500.0, 480.0, 21.0, 490.0, 350.0, 495.0, 10.0])
_TABLE = np.array([[1.0, 60.0], [7.0, 20.0], [2.0, 90.0], [30.0, 10.0], [4.0, 25.0]])


def _kept(scores: Any, axis: int, below: int, above: int) -> Any:
    """Sorted scores without so many at either end."""
    ordered = np.sort(scores, axis=axis)
    return np.take(ordered, range(below, ordered.shape[axis] - above), axis=axis)


def _middle_of(ordered: Any, axis: int) -> Any:
    cut = _quarter(ordered, axis)
    return np.take(ordered, range(cut, ordered.shape[axis] - cut), axis=axis)


def _quarter(scores: Any, axis: int) -> int:
    return int(scores.shape[axis] // 4)


def _rounded_up(scores: Any, axis: int = 0) -> Any:
    cut = -(-scores.shape[axis] // 4) if scores.shape[axis] > 2 else 0
    return _kept(scores, axis, cut, cut).mean(axis=axis)


IQM = Exercise(
    iqm,
    # (scores, axis)
    probes=[
        (_RETURNS,),
        (np.array([1.0, 2.0, 3.0, 40.0, 5.0]), 0),
        (np.array([7.0]), 0),
        (np.array([4.0, 1.0, 9.0]), 0),
        (np.array([3.0, -8.0, 6.0, 1.0, 90.0, 4.0, 2.0]), 0),
        (_TABLE, 0),
        (_TABLE.T.copy(), 1),
    ],
    arithmetic=_iqm_line,
    misconceptions=[
        Misconception(
            "mean",
            lambda scores, axis=0: np.mean(scores, axis=axis),
            "That is the mean of all scores. Drop a quarter at each end first.",
        ),
        Misconception(
            "median",
            lambda scores, axis=0: np.median(scores, axis=axis),
            "That is the median: it keeps one score or two. The IQM averages the middle half.",
        ),
        Misconception(
            "not sorted",
            lambda scores, axis=0: np.take(
                scores,
                range(_quarter(scores, axis), scores.shape[axis] - _quarter(scores, axis)),
                axis=axis,
            ).mean(axis=axis),
            "You drop the first and the last seeds, whatever they scored. Sort first.",
        ),
        Misconception(
            "rounded up",
            _rounded_up,
            "You drop more than a quarter at each end: n // 4, rounded down.",
        ),
        Misconception(
            "only the best dropped",
            lambda scores, axis=0: _kept(scores, axis, 0, _quarter(scores, axis)).mean(axis),
            "You drop the best quarter and keep the worst. Drop both.",
        ),
        Misconception(
            "only the worst dropped",
            lambda scores, axis=0: _kept(scores, axis, _quarter(scores, axis), 0).mean(axis),
            "You drop the worst quarter and keep the best. That is how a result gets too good.",
        ),
        Misconception(
            "range",
            lambda scores, axis=0: (
                np.quantile(scores, 0.75, axis=axis) - np.quantile(scores, 0.25, axis=axis)
            ),
            "That is the interquartile range, a width. Here the mean of what lies in it is asked.",
        ),
        Misconception(
            "middle of the quartiles",
            lambda scores, axis=0: (
                (np.quantile(scores, 0.75, axis=axis) + np.quantile(scores, 0.25, axis=axis)) / 2
            ),
            "That is the middle between two quartiles. Average the scores that lie between them.",
        ),
        Misconception(
            "divided by all",
            lambda scores, axis=0: (
                iqm(scores, axis) * (1 - 2 * _quarter(scores, axis) / scores.shape[axis])
            ),
            "You add up the middle half and divide by the number of all scores.",
        ),
        Misconception(
            "one pot",
            lambda scores, axis=0: iqm(np.ravel(scores)),
            "All columns went into one pot. Sort, cut and average along `axis`.",
        ),
        Misconception(
            "always along the first axis",
            lambda scores, axis=0: iqm(scores, 0),
            "It ignores `axis`: the seeds do not always lie along the first.",
        ),
        Misconception(
            "sorted along the last axis",
            lambda scores, axis=0: _middle_of(np.sort(scores), axis).mean(axis=axis),
            "np.sort without an axis sorts along the last one. Give it `axis` too.",
        ),
        Misconception(
            "mean over everything",
            lambda scores, axis=0: _middle_of(np.sort(scores, axis=axis), axis).mean(),
            "Your mean runs over all columns. Give it `axis` too.",
        ),
        Misconception(
            "a quarter in all",
            lambda scores, axis=0: _kept(
                scores, axis, scores.shape[axis] // 8, scores.shape[axis] // 8
            ).mean(axis),
            "You drop an eighth at each end. A quarter goes at each end, so half in all.",
        ),
        Misconception(
            "sum",
            lambda scores, axis=0: _middle_of(np.sort(scores, axis=axis), axis).sum(axis=axis),
            "You add up the middle half. Asked for is its mean.",
        ),
    ],
    hints=(
        "Sort, drop n // 4 at each end, average the rest.",
        "8 scores: 2 are dropped at each end, 4 are left. 5 scores: 1 at each end, 3 are left.",
        "x = np.sort(scores, axis=axis)\n"
        "cut = x.shape[axis] // 4\n"
        "return np.take(x, range(cut, x.shape[axis] - cut), axis=axis).mean(axis=axis)",
    ),
    insight="One lucky or one broken seed does not move it; half of the seeds do.",
    difficulty=2,
    minutes=5,
)


def _rank_line(score: Any, scores: Any) -> str:
    others = np.asarray(scores)

    def line(one: float, column: Any) -> str:
        below, equal = int((column < one).sum()), int((column == one).sum())
        return f"100 × ({below} + {equal} / 2) / {len(column)}"

    if np.ndim(score) == 0:
        return line(score, others)
    pairs = zip(score, others.T, strict=True)
    return f"[{', '.join(line(one, column) for one, column in pairs)}]"


_OTHERS = np.array([120.0, 480.0, 500.0, 500.0, 333.0, 500.0, 251.0, 500.0, 90.0, 400.0])
_RUNS = np.array([[10.0, 200.0], [30.0, 500.0], [20.0, 500.0], [40.0, 100.0]])

PERCENTILE_RANK = Exercise(
    percentile_rank,
    # (score, scores)
    probes=[
        (500.0, _OTHERS),
        (300.0, _OTHERS),
        (90.0, _OTHERS),
        (20.0, _OTHERS),
        (600.0, _OTHERS),
        (np.array([20.0, 500.0]), _RUNS),
        (np.array([35.0, 150.0]), _RUNS),
    ],
    arithmetic=_rank_line,
    misconceptions=[
        Misconception(
            "ties left out",
            lambda score, scores: 100 * (scores < score).mean(axis=0),
            "Equal scores are not counted at all: among ten that all reach 500, one with 500 "
            "would be the worst. Count each of them half.",
        ),
        Misconception(
            "ties in full",
            lambda score, scores: 100 * (scores <= score).mean(axis=0),
            "Equal scores are counted in full: among ten that all reach 500, one with 500 would "
            "be the best. Count each of them half.",
        ),
        Misconception(
            "from above",
            lambda score, scores: 100 - percentile_rank(score, scores),
            "You count those above. The percentile counts those below.",
        ),
        Misconception(
            "share",
            lambda score, scores: percentile_rank(score, scores) / 100,
            "That is a share from 0 to 1. Times 100.",
        ),
        Misconception(
            "count",
            lambda score, scores: percentile_rank(score, scores) / 100 * len(scores),
            "That is a number of runs. Divide by how many there are, times 100.",
        ),
        Misconception(
            "place on the scale",
            lambda score, scores: 100 * (score - scores.min(0)) / (scores.max(0) - scores.min(0)),
            "That is the place between the worst and the best return. A percentile counts runs.",
        ),
        Misconception(
            "share of the best",
            lambda score, scores: 100 * score / scores.max(0),
            "That is per cent of the best return. A percentile counts how many runs lie below.",
        ),
        Misconception(
            "per cent of the mean",
            lambda score, scores: 100 * score / scores.mean(0),
            "That compares with the mean. A percentile counts how many runs lie below.",
        ),
        Misconception(
            "one pot",
            lambda score, scores: 100 * np.mean((scores < score) + 0.5 * (scores == score)),
            "For a curve each evaluation has a percentile of its own: the mean over axis 0.",
        ),
        Misconception(
            "among all, with itself",
            lambda score, scores: (
                100
                * ((scores < score).sum(0) + ((scores == score).sum(0) + 1) / 2)
                / (len(scores) + 1)
            ),
            "You count the run itself among the others. It is not one of them.",
        ),
        Misconception(
            "100 on one term",
            lambda score, scores: (
                100 * (scores < score).mean(axis=0) + (scores == score).mean(axis=0) / 2
            ),
            "Only the first term is multiplied by 100. Put brackets round the sum.",
        ),
        Misconception(
            "all halved",
            lambda score, scores: 50 * (scores <= score).mean(axis=0),
            "You halve the scores below as well. Only equal ones count half.",
        ),
    ],
    hints=(
        "Count the scores below, and half of those that are equal.",
        "Score 3 among [1, 2, 3, 3, 4]: two below, two equal, so 100 × (2 + 1) / 5 = 60.",
        "return 100 * ((scores < score).mean(axis=0) + (scores == score).mean(axis=0) / 2)",
    ),
    insight="Half for equals puts a typical run at 50, also where many reach the same top score.",
    difficulty=1,
    minutes=3,
)


def _profile_line(scores: Any, levels: Any) -> str:
    count = len(scores)
    return f"[{', '.join(f'{int((scores > level).sum())} / {count}' for level in levels)}]"


_LEVELS = np.array([0.0, 100.0, 333.0, 475.0, 499.0, 500.0])

PERFORMANCE_PROFILE = Exercise(
    performance_profile,
    # (scores, levels)
    probes=[
        (_OTHERS, _LEVELS),
        (_OTHERS[:3], _LEVELS),
        (np.array([-80.0, -100.0, -500.0, -90.0]), np.array([-500.0, -100.0, -85.0])),
        (np.array([1.0, 0.0, 1.0]), np.array([0.5])),
        (_RETURNS, np.array([20.0, 350.0, 600.0])),
    ],
    arithmetic=_profile_line,
    misconceptions=[
        Misconception(
            "below",
            lambda scores, levels: (scores[:, None] < levels).mean(axis=0),
            "You count the runs below each level: your line would rise. Count those above.",
        ),
        Misconception(
            "at least",
            lambda scores, levels: (scores[:, None] >= levels).mean(axis=0),
            "A run that scores exactly the level is not above it: >, not >=.",
        ),
        Misconception(
            "at most",
            lambda scores, levels: (scores[:, None] <= levels).mean(axis=0),
            "That is the distribution function, the share at or below. The profile is 1 minus it.",
        ),
        Misconception(
            "counts",
            lambda scores, levels: (scores[:, None] > levels).sum(axis=0),
            "Those are counts. Divide by the number of runs.",
        ),
        Misconception(
            "other axis",
            lambda scores, levels: (scores[:, None] > levels).mean(axis=1),
            "You average over the levels: one number per run. One number per level is asked.",
        ),
        Misconception(
            "not averaged",
            lambda scores, levels: scores[:, None] > levels,
            "That is the table of runs and levels, true or false. Average it over the runs.",
        ),
        Misconception(
            "per cent",
            lambda scores, levels: 100 * (scores[:, None] > levels).mean(axis=0),
            "Those are per cent. A share is from 0 to 1.",
        ),
        Misconception(
            "mean score above",
            lambda scores, levels: 1.0 * (scores.mean() > levels),
            "You ask whether the mean is above the level. Ask it of each run, then average.",
        ),
        Misconception(
            "quantiles",
            lambda scores, levels: np.quantile(scores, np.linspace(1, 0, len(levels))),
            "Those are scores. Asked is which share of the runs lies above each given level.",
        ),
        Misconception(
            "sum of both",
            lambda scores, levels: (scores[:, None] != levels).mean(axis=0),
            "You count every run that is not exactly at the level. Count those above.",
        ),
    ],
    hints=(
        "Compare every run with every level: a table [S, L]. Then average over the runs.",
        "Scores [1, 2, 2, 5], level 2: only one of four is above it, 0.25.",
        "return (scores[:, None] > levels).mean(axis=0)",
    ),
    insight="Read it downwards: at 475, the height of the line is the share of solved runs.",
    difficulty=2,
    minutes=4,
)

EXERCISES = [PERCENTILE_INTERVAL, IQM, PERCENTILE_RANK, PERFORMANCE_PROFILE]

QUIZ = [
    Question(
        "A paper compares two methods on CartPole with 3 seeds each. One earns 60 more. What do "
        "you know?",
        {
            "that it is better": "With 3 seeds you may look at luck. Ask for the interval of the "
            "difference.",
            "little, before you see how far seeds of one method lie apart": "And if the seeds are "
            "paired, how far the differences lie apart.",
            "that it is better by 60": "That number too comes from three draws.",
        },
        right="little, before you see how far seeds of one method lie apart",
    ),
    Question(
        "The interval of the difference holds 0. What follows?",
        {
            "there is no effect": "There may be one. This experiment cannot tell its sign.",
            "the experiment was useless": "It bounds the effect: nothing outside the interval "
            "fits the data well.",
            "these seeds do not tell which is better": "More seeds make the interval narrower, "
            "with the root of their number.",
        },
        right="these seeds do not tell which is better",
    ),
    Question(
        "You try 20 settings with seeds 0 to 15 and report the best one with seeds 0 to 15. Fair?",
        {
            "yes, 16 seeds are enough": "Enough for one setting. You looked at twenty and kept "
            "the luckiest.",
            "no: report it on seeds that the search has never seen": "The search fits the luck "
            "of its seeds as a network fits its training data.",
            "yes, if the interval is shown": "The interval knows nothing of the other 19.",
        },
        right="no: report it on seeds that the search has never seen",
    ),
]
