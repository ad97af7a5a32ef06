"""The probes of the exercises on published recipes."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes


def printed_summary(returns: Any, every: int) -> Any:
    """Mean and standard deviation of all returns so far, after every so many episodes.

    Args:
        returns: episode returns ``[T]``, in the order of time.
        every: episodes from one line to the next, >= 2.

    Returns:
        ``[T // every, 2]``: mean, and standard deviation over ``n - 1``.

    Source: what a published DQN of 130 lines prints while it trains.
    """
    rows = []
    for end in range(every, len(returns) + 1, every):
        so_far = returns[:end]
        rows.append((np.mean(so_far), np.std(so_far, ddof=1)))
    return np.array(rows)


def table_of(returns: Any, every: int, mean: Any, deviation: Any) -> Any:
    """What two functions give of all returns so far, after every so many episodes."""
    ends = range(every, len(returns) + 1, every)
    return np.array([(mean(returns[:end]), deviation(returns[:end])) for end in ends])


def spread(values: Any) -> Any:
    """Standard deviation over n - 1."""
    return np.std(values, ddof=1)


def _summary_lines(returns: Any, every: int) -> list[list[str]]:
    rows = []
    for end in range(every, len(returns) + 1, every):
        parts = [f"({value:.10g})" for value in returns[:end]]
        mean = f"(({' + '.join(parts)}) / {end})"
        squares = " + ".join(f"({part} - {mean})^2" for part in parts)
        rows.append([mean, f"(({squares}) / {end - 1})^0.5"])
    return rows


_EPISODES = np.array([9.0, 30.0, 12.0, 75.0, 48.0, 200.0, 21.0, 10.0, 13.0])

PRINTED_SUMMARY = Probes(
    # (returns, every)
    [
        (_EPISODES, 3),
        (_EPISODES, 2),
        (_EPISODES[:8], 4),
        (-_EPISODES[:6], 2),
        (_EPISODES[:5], 5),
        (_EPISODES[1:8], 3),
    ],
    _summary_lines,
)


def mean_returns(seed: Any, returns: Any, seeds: Any, first: int) -> Any:
    """Mean return of the first episodes of each seed, from one table of all episodes.

    Args:
        seed: whose episode each row is ``[N]``.
        returns: what it earned ``[N]``; rows are in the order of time.
        seeds: the seeds that are asked for ``[S]``; each has an episode or more.
        first: how many episodes of each, or as many as there are.

    Returns:
        ``[S]``.

    Source: derived; a score per seed is what an interval is made of.
    """
    means = []
    for one in seeds:
        mine = returns[seed == one]
        means.append(np.mean(mine[:first]))
    return np.array(means)


def of_each(seed: Any, returns: Any, seeds: Any, score: Any) -> Any:
    """What a function gives of the returns of each seed."""
    return np.array([score(returns[seed == one]) for one in seeds])


def _mean_lines(seed: Any, returns: Any, seeds: Any, first: int) -> list[str]:
    lines = []
    for one in seeds:
        parts = [f"({value:.10g})" for value in returns[seed == one][:first]]
        lines.append(f"({' + '.join(parts)}) / {len(parts)}")
    return lines


_SEED = np.array([3, 0, 0, 3, 5, 0, 3, 3, 5, 0, 0])
_RETURNS = np.array([9.0, 80.0, 31.0, 14.0, 200.0, 64.0, 10.0, 25.0, 90.0, 17.0, 55.0])

MEAN_RETURNS = Probes(
    # (seed, returns, seeds, first)
    [
        (_SEED, _RETURNS, [0, 3, 5], 2),
        (_SEED, _RETURNS, [5, 0], 1),
        (_SEED, _RETURNS, [3], 3),
        (_SEED, _RETURNS, [3, 0, 5], 4),
        (_SEED, -_RETURNS, [0, 5, 3], 100),
        (_SEED[1:], _RETURNS[1:], [0, 3], 3),
    ],
    _mean_lines,
)


def syncs_used(steps: int, learning_starts: int, update_period: int, target_period: int) -> int:
    """How many syncs of the target network a run has felt.

    Args:
        steps: environment steps of the run, numbered from 1.
        learning_starts: the first step after which the network may learn.
        update_period: it learns after every step that is a multiple of this.
        target_period: updates from one sync to the next.

    Source: derived; a sync after the last update is never used.
    """
    updates = steps // update_period - (learning_starts - 1) // update_period
    return (updates - 1) // target_period


def _sync_line(steps: int, learning_starts: int, update_period: int, target_period: int) -> str:
    updates = f"{steps} // {update_period} - {learning_starts - 1} // {update_period}"
    return f"({updates} - 1) // {target_period}"


SYNCS_USED = Probes(
    # (steps, learning_starts, update_period, target_period)
    [
        (100, 20, 4, 5),
        (101, 21, 4, 7),
        (250, 1, 1, 200),
        (1_000, 200, 2, 401),
        (60, 10, 3, 17),
        (48, 8, 4, 11),
        (50_000, 1_000, 1, 1_000),
        (95, 13, 12, 2),
        (40, 40, 1, 1),
    ],
    _sync_line,
)
