"""Measures that catch a bug: an exact value, a buffer that contradicts itself, a band."""

from __future__ import annotations

from dqn_lessons.config import Array


def expected_value(
    reward: float, gamma: float, learning_rate: float, updates: int, target_period: int
) -> float:
    """What one number is after so many updates with SGD, from 0, on an MDP of one state.

    Between two syncs each update closes ``2 * learning_rate`` of the distance to
    ``reward + gamma * target``; ``updates`` must be whole periods.

    Args:
        reward: reward of each step.
        gamma: discount, in [0, 1).
        learning_rate: step size on the mean squared error.
        updates: updates made, a multiple of ``target_period``.
        target_period: updates between two syncs.

    Source: lesson 1, the bound for SGD.
    """
    stays = (1 - 2 * learning_rate) ** target_period
    shrinks = gamma + (1 - gamma) * stays
    return reward / (1 - gamma) * (1 - shrinks ** (updates // target_period))


def broken_rows(obs: Array, next_obs: Array, ended: Array) -> Array:
    """Which rows of a replay buffer contradict the row that follows them.

    The following row must start where this one led, unless the episode ended here; then it must
    start somewhere else.

    Args:
        obs: observations ``[T, D]``, in the order of time.
        next_obs: next observations ``[T, D]``.
        ended: whether the episode ended there ``[T]``.

    Returns:
        ``[T - 1]``, for the last row has none that follows.
    """
    goes_on = (next_obs[:-1] == obs[1:]).all(-1)
    broken: Array = goes_on == ended[:-1]
    return broken


def outside_band(curve: Array, healthy: Array) -> float:
    """How much of a curve lies outside the band of healthy ones.

    Args:
        curve: ``[E]``.
        healthy: ``[S, E]``; the band reaches from the lowest to the highest at each evaluation.

    Returns:
        A share between 0 and 1.
    """
    out = (curve < healthy.min(axis=0)) | (curve > healthy.max(axis=0))
    return float(out.mean())
