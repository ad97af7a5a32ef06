"""Closed forms for the single-bias critic; the simulation is their oracle and they are its.

SGD moves b by ``eta * (y - b)`` with ``eta = 2 * learning_rate``; k counts the used syncs.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dqn_lessons import checks as check

_GAMMA = check.rule(check.real, 0, 1, remedy="Use a discount such as 0.99.")
_VALUE = check.rule(check.real, -1e100, 1e100, remedy="Use a reward such as 2.0.")
RATE = check.rule(check.real, 0, remedy="Use a step size such as 1e-3.")
PERIOD = check.rule(check.integer, 1, remedy="Use 1 for no lag, 5_000 for lesson 1.")


@check.validated_by(gamma=_GAMMA)
def discounted_return(rewards: ArrayLike, gamma: float) -> float:
    """Return the sum of ``gamma**i * rewards[i]``, the rewards' worth now.

    Args:
        rewards: ``[T]``, the nearest first.
        gamma: discount per step.

    Source: the definition of the discounted return.
    """
    return float(sum(gamma**i * reward for i, reward in enumerate(np.asarray(rewards))))


@np.errstate(over="ignore")  # of a ratio above 1 it may be infinite
def geometric_sum(gamma: float, terms: ArrayLike) -> Any:
    """Return 1 + gamma + ... of so many terms; exact at gamma = 1 and close to it.

    Args:
        gamma: any ratio.
        terms: how many, a number or ``[...]``.

    Returns:
        Shaped as ``terms``.

    Source: derived; the sum of a geometric series, written so that nothing cancels.
    """
    n = np.asarray(terms, dtype=float)
    if gamma == 1:
        return n
    if gamma <= 0:  # no logarithm, and no cancellation that would need one
        return (1 - gamma**n) / (1 - gamma)
    return np.expm1(n * math.log(gamma)) / (gamma - 1)


def fixed_point(reward: float, gamma: float) -> float:
    """Return ``B* = r / (1 - gamma)``, the value that the critic should learn.

    Source: derived; the b at which the target is b itself.
    """
    check.real("reward", reward, remedy="Use the reward of one step, for example 2.0.")
    remedy = "Without discount no value exists."
    return float(reward / (1 - check.real("gamma", gamma, 0, 1, ends="[)", remedy=remedy)))


@check.validated_by(reward=_VALUE, gamma=_GAMMA, initial_bias=_VALUE)
def horizon_bound(k: ArrayLike, reward: float, gamma: float, initial_bias: float = 0.0) -> Any:
    """Return B_k, the best that can be known after k syncs: k + 1 rewards, then b_0.

    Args:
        k: syncs used, >= 0, a number or ``[...]``.
        initial_bias: b and its target before the first update, b_0.

    Returns:
        Shaped as ``k``.

    Source: derived; the (k + 1)-step truncated return of value iteration. A bound for SGD.
    """
    k = np.asarray(k)
    powers = gamma ** np.arange(k.max() + 2.0)
    rewards = np.cumsum(powers)  # 1, 1 + gamma, 1 + gamma + gamma², ...
    return reward * rewards[k] + powers[k + 1] * initial_bias


def used_syncs(step: ArrayLike, target_period: int) -> Any:
    """Return k, the number of syncs that update number ``step`` (1, 2, ...) has felt.

    A sync after the last update is never used, hence ``(step - 1) // C`` and not ``step // C``.

    Args:
        step: number of the update, >= 1, a number or ``[...]``.

    Returns:
        Shaped as ``step``.

    Source: derived; the order is update, record, then perhaps sync.
    """
    return (np.asarray(step) - 1) // PERIOD("target_period", target_period)


@check.validated_by(gamma=_GAMMA)
def reachable_share(updates: ArrayLike, target_period: int, gamma: float) -> Any:
    """Return the largest share of ``r / (1 - gamma)`` that so many updates can reach from 0.

    After k used syncs the bound is B_k, and ``B_k / B* = 1 - gamma**(k + 1)``.

    Args:
        updates: gradient steps made, >= 1, a number or ``[...]``.
        target_period: updates between hard syncs.
        gamma: discount.

    Returns:
        Shaped as ``updates``, between 0 and 1.

    Source: derived from `horizon_bound` with b_0 = 0.
    """
    return 1 - gamma ** (used_syncs(updates, target_period) + 1.0)


@np.errstate(over="ignore")  # what grows beyond all numbers in one period is infinite
def contraction_per_period(gamma: float, learning_rate: float, target_period: int) -> float:
    """Return ``rho_C = gamma + (1 - gamma) * q**C``, what one period leaves of ``b - B*``.

    Source: derived; C updates, each of which leaves q of the distance to a target that stands.
    """
    q, gamma = 1 - 2 * np.float64(RATE("learning_rate", learning_rate)), _GAMMA("gamma", gamma)
    return float(gamma + (1 - gamma) * q ** PERIOD("target_period", target_period))


def contraction_per_step(gamma: float, learning_rate: float, target_period: int) -> float:
    """Return ``|rho_C| ** (1 / C)``. It never falls as C grows (0 <= q < 1): lag only costs.

    Source: derived; it is the power mean of 1 and q with weights gamma, 1 - gamma and exponent C.
    """
    rho = contraction_per_period(gamma, learning_rate, target_period)
    return float(abs(rho) ** (1 / target_period))


def steps_to_tolerance(
    tolerance: float, gamma: float, learning_rate: float, target_period: int
) -> int:
    """Return the first update after which ``|b - B*| <= tolerance * |b_0 - B*|`` (SGD).

    Args:
        tolerance: share of the first error, in (0, 1).

    Source: derived from `contraction_per_period`: whole periods first, then updates inside one.
    """
    check.real("tolerance", tolerance, 0, 1, ends="()", remedy="Use 0.01 for 99 %.")
    check.real("learning_rate", learning_rate, 1e-12, 0.5, remedy="Use a step such as 1e-3.")
    fixed_point(0.0, gamma)
    rho = contraction_per_period(gamma, learning_rate, target_period)
    if rho == 0:
        return int(target_period)
    # Whole periods first: the largest k with rho**k still above the tolerance.
    k = max(math.ceil(math.log(tolerance) / math.log(rho)) - 1, 0)
    wanted = (tolerance / rho**k - gamma) / (1 - gamma)
    q = 1 - 2 * learning_rate
    if wanted <= 0:  # by rounding only: the tolerance is met just at the end of the period
        return (k + 1) * target_period
    inside = math.ceil(math.log(wanted) / math.log(q)) if q > 0 else 1
    return k * target_period + min(max(inside, 1), target_period)


@check.validated_by(
    target_period=check.rule(check.integer, 1, 10**9, remedy="Use 5_000 for lesson 1."),
    learning_rate=check.rule(check.real, 1e-9, 1, ends="[)", remedy="Use a step such as 1e-3."),
)
def equivalent_tau(target_period: int, learning_rate: float) -> float:
    """Return the soft update rate that is as slow as a hard sync every C updates (SGD).

    Source: derived; a soft update leaves ``1 - (1 - gamma) / (1 / eta + 1 / tau - 1)`` of the
    error, nearly; set beside `contraction_per_step` for gamma -> 1.
    """
    eta = 2 * learning_rate
    q = 1 - eta
    return 1 / (target_period / (1 - q**target_period) - 1 / eta + 1)


def speed_ratio(learning_rate: float, target_period: float, reward: float) -> float:
    """Return ``Lambda = lr * C / |r|``: >= 1 means the target limits the run, < 1 Adam's speed.

    Args:
        target_period: updates between syncs; for a soft target ``1 / tau``.

    Source: derived; how far Adam can walk in one period, against the first target.
    """
    rate, remedy = RATE("learning_rate", learning_rate), "Use 5_000 for lesson 1."
    period = check.real("target_period", target_period, 0, ends="(]", remedy=remedy)
    size = abs(check.real("reward", reward, remedy="Use the reward of one step, such as 2.0."))
    return rate * period / size if size else math.inf
