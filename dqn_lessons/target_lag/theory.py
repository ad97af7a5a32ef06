"""Closed forms for the single-bias critic; the simulation is their oracle and they are its.

Notation: reward r, discount gamma, bias b, copy b⁻, ``B* = r / (1 - gamma)``. SGD on the squared
TD error moves b by ``eta * (y - b)`` with ``eta = 2 * learning_rate``; ``q = 1 - eta`` is what
one update leaves of the gap. C is the target period, k counts the syncs that were used.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dqn_lessons import checks as check
from dqn_lessons.config import TargetLagConfig

Floats = NDArray[np.float64]


def _gamma(value: Any) -> float:
    return check.real("gamma", value, 0, 1, remedy="Use a discount such as 0.99.")


def _eta(learning_rate: Any) -> float:
    return 2 * check.real("learning_rate", learning_rate, 0, remedy="Use a step size such as 1e-3.")


def _period(value: Any) -> int:
    return check.integer("target_period", value, 1, remedy="Use 1 for no lag, 5_000 for lesson 1.")


def _tau(value: Any) -> float:
    return check.real(
        "tau", value, 0, 1, low_open=True, remedy="Use 1.0 for no lag, 0.005 for much."
    )


def _n_step(value: Any) -> int:
    return check.integer("n_step", value, 1, remedy="Use 1 for the ordinary TD target.")


def discounted_return(rewards: ArrayLike, gamma: float) -> float:
    """Return the sum of ``gamma**i * rewards[i]``, the rewards' worth now.

    Args:
        rewards: ``[T]``, the nearest first.
        gamma: discount per step.

    Source: the definition of the discounted return.
    """
    return float(sum(gamma**i * reward for i, reward in enumerate(np.asarray(rewards))))


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

    Raises:
        ValueError: gamma = 1, where the sum of all rewards has no limit.

    Source: derived; the b at which the target is b itself.
    """
    check.real("reward", reward, remedy="Use the reward of one step, for example 2.0.")
    below_one = check.real(
        "gamma", gamma, 0, 1, high_open=True, remedy="Without discount no value exists."
    )
    return float(reward / (1 - below_one))


def horizon_bound(k: ArrayLike, reward: float, gamma: float, initial_bias: float = 0.0) -> Any:
    """Return B_k, the best that can be known after k syncs: k + 1 rewards, then b_0.

    Args:
        k: syncs used, >= 0, a number or ``[...]``.
        reward: reward of each step.
        gamma: discount.
        initial_bias: b and its copy before the first update, b_0.

    Returns:
        Shaped as ``k``.

    Source: derived; the (k + 1)-step truncated return of value iteration. A bound for SGD.
    """
    powers = gamma ** np.arange(np.max(k) + 2.0)
    rewards = np.cumsum(powers)  # 1, 1 + gamma, 1 + gamma + gamma², ...
    return reward * rewards[np.asarray(k)] + powers[np.asarray(k) + 1] * initial_bias


def used_syncs(step: ArrayLike, target_period: int) -> Any:
    """Return k, the number of syncs that update number ``step`` (1, 2, ...) has felt.

    A sync after the last update is never used, hence ``(step - 1) // C`` and not ``step // C``.

    Args:
        step: number of the update, >= 1, a number or ``[...]``.
        target_period: updates between syncs, C.

    Returns:
        Shaped as ``step``.

    Source: derived; the order is update, record, then perhaps sync.
    """
    return (np.asarray(step) - 1) // _period(target_period)


def _check_reachable_share(updates: ArrayLike, target_period: int, gamma: float) -> None:
    _gamma(gamma)


@check.validated_by(_check_reachable_share)
def reachable_share(updates: ArrayLike, target_period: int, gamma: float) -> Any:
    """Return the largest share of ``r / (1 - gamma)`` that so many updates can reach from 0.

    After k used syncs the ceiling is B_k, and ``B_k / B* = 1 - gamma**(k + 1)``.

    Args:
        updates: gradient steps made, >= 1, a number or ``[...]``.
        target_period: updates between hard syncs.
        gamma: discount.

    Returns:
        Shaped as ``updates``, between 0 and 1.

    Source: derived from `horizon_bound` with b_0 = 0.
    """
    return 1 - gamma ** (used_syncs(updates, target_period) + 1.0)


def contraction_per_period(gamma: float, learning_rate: float, target_period: int) -> float:
    """Return ``rho_C = gamma + (1 - gamma) * q**C``, what one period leaves of ``b - B*``.

    Source: derived; C updates, each of which leaves q of the distance to a target that stands.
    """
    q = 1 - _eta(learning_rate)
    return float(_gamma(gamma) + (1 - gamma) * q ** _period(target_period))


def contraction_per_step(gamma: float, learning_rate: float, target_period: int) -> float:
    """Return ``|rho_C| ** (1 / C)``. It never falls as C grows (0 <= q < 1): lag only costs.

    Source: derived; it is the power mean of 1 and q with weights gamma, 1 - gamma and exponent C.
    """
    rho = contraction_per_period(gamma, learning_rate, target_period)
    return float(abs(rho) ** (1 / target_period))


def max_stable_learning_rate(gamma: float, target_period: int) -> float:
    """Return the learning rate below which SGD with a hard sync every C updates converges.

    Raises:
        ValueError: gamma = 1, where nothing contracts.

    Source: derived; ``|rho_C| < 1`` needs ``q > -1`` for even C and
    ``q**C > -(1 + gamma) / (1 - gamma)`` for odd C.
    """
    fixed_point(0.0, gamma)
    if _period(target_period) % 2 == 0:
        return 1.0
    return float(1 + ((1 + gamma) / (1 - gamma)) ** (1 / target_period)) / 2


def sgd_bias(config: TargetLagConfig) -> Floats:
    """Return the exact bias after each SGD update with hard syncs and no noise, ``[steps]``.

    Raises:
        ValueError: a config with Adam, tau or noise.

    Source: derived; each period leaves rho_C of the bias and adds ``(1 - q**C) * r``: after k used
    syncs a geometric sum, which is finite for gamma = 1 too. The updates since pull towards
    ``r + gamma * b⁻``.
    """
    if config.optimizer != "sgd" or config.tau is not None or config.reward_noise:
        raise ValueError(
            f"optimizer = {config.optimizer!r}, tau = {config.tau!r}, reward_noise = "
            f"{config.reward_noise!r}: the closed form is for SGD, hard syncs and no noise. "
            "Use simulate for the others."
        )
    reward = config.reward * geometric_sum(config.gamma, config.n_step)
    gamma_n = float(config.gamma) ** config.n_step
    q = 1 - 2 * config.learning_rate
    step = np.arange(1, config.steps + 1)
    k = used_syncs(step, config.target_period)
    inside = step - k * config.target_period
    with np.errstate(all="ignore"):  # a run that explodes becomes inf or nan
        left = float(np.power(q, config.target_period))
        rho = gamma_n + (1 - gamma_n) * left
        synced = rho**k * config.initial_bias + (1 - left) * reward * geometric_sum(rho, k)
        return np.asarray(q**inside * synced + (1 - q**inside) * (reward + gamma_n * synced))


def steps_to_tolerance(
    tolerance: float, gamma: float, learning_rate: float, target_period: int
) -> int:
    """Return the first update after which ``|b - B*| <= tolerance * |b_0 - B*|`` (SGD).

    Args:
        tolerance: share of the first error, in (0, 1).
        gamma: discount, below 1.
        learning_rate: step size, in [1e-12, 0.5].
        target_period: updates between hard syncs.

    Raises:
        ValueError: an argument outside its limits.

    Source: derived from `contraction_per_period`: whole periods first, then updates inside one.
    """
    check.real(
        "tolerance", tolerance, 0, 1, low_open=True, high_open=True, remedy="Use 0.01 for 99 %."
    )
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


def polyak_matrix(gamma: float, learning_rate: float, tau: float) -> Floats:
    """Return the map of the errors of (b, b⁻) by one SGD update and a soft update, ``[2, 2]``.

    Source: derived; the two updates written as one matrix.
    """
    eta = _eta(learning_rate)
    q, tau = 1 - eta, _tau(tau)
    return np.array([[q, eta * _gamma(gamma)], [tau * q, 1 - tau + tau * eta * gamma]])


def polyak_eigenvalues(gamma: float, learning_rate: float, tau: float) -> tuple[float, float]:
    """Return (slow, fast), the eigenvalues of `polyak_matrix`; they are real.

    Source: derived; the roots of its characteristic polynomial.
    """
    trace = float(np.trace(polyak_matrix(gamma, learning_rate, tau)))
    determinant = (1 - _eta(learning_rate)) * (1 - tau)
    root = math.sqrt(max(trace**2 - 4 * determinant, 0))  # below 0 by rounding only
    return (trace + root) / 2, (trace - root) / 2


def _check_equivalent_tau(target_period: int, learning_rate: float) -> None:
    check.integer("target_period", target_period, 1, 10**9, remedy="Use 5_000 for lesson 1.")
    check.real(
        "learning_rate", learning_rate, 1e-9, 1, high_open=True, remedy="Use a step such as 1e-3."
    )


@check.validated_by(_check_equivalent_tau)
def equivalent_tau(target_period: int, learning_rate: float) -> float:
    """Return the soft update rate that is as slow as a hard sync every C updates (SGD).

    Raises:
        ValueError: a period below 1, or a step size outside [1e-9, 1).

    Source: derived; the slow eigenvalue of `polyak_matrix` is close to
    ``1 - (1 - gamma) / (1 / eta + 1 / tau - 1)``; set beside `contraction_per_step` for gamma -> 1.
    """
    eta = 2 * learning_rate
    q = 1 - eta
    return 1 / (target_period / (1 - q**target_period) - 1 / eta + 1)


def adam_envelope(config: TargetLagConfig) -> Floats:
    """Return ``E_s = min(E_{s-1} + lr, r + gamma * E⁻)``, E⁻ renewed at syncs, ``[steps]``.

    No critic that moves by at most one learning rate per update, and never beyond its
    target, can be above it (r > 0, b_0 = 0, hard syncs, one-step targets).

    Raises:
        ValueError: a config outside that setting.

    Source: derived, by induction over the updates.
    """
    varied = config.initial_bias or config.reward_noise or config.n_step != 1
    if config.reward <= 0 or config.tau is not None or varied:
        raise ValueError(
            f"reward = {config.reward}, initial_bias = {config.initial_bias}, tau = {config.tau}, "
            f"reward_noise = {config.reward_noise}, n_step = {config.n_step}: the envelope is for "
            "reward > 0, initial_bias = 0, hard syncs, no noise and n_step = 1."
        )
    step = np.arange(config.steps)
    k = step // config.target_period
    start = np.zeros(int(k[-1]) + 1)
    for period in range(1, len(start)):
        reach = start[period - 1] + config.learning_rate * config.target_period
        start[period] = min(reach, config.reward + config.gamma * start[period - 1])
    inside = step - k * config.target_period + 1
    ceiling = config.reward + config.gamma * start[k]
    return np.asarray(np.minimum(start[k] + config.learning_rate * inside, ceiling))


def adam_step_limit(beta1: float, beta2: float, step: int | None = None) -> float:
    """Return the largest ``|update| / learning_rate`` that Adam can make, over all gradients.

    7.27 for Adam's defaults; attained by gradients that grow by beta2 / beta1 per update.

    Args:
        beta1, beta2: Adam's constants.
        step: number of the update, >= 1; None is the limit of many updates.

    Raises:
        ValueError: an argument outside its limits; ``beta1**2 >= beta2``, where nothing limits.

    Source: derived; the Cauchy-Schwarz bound on ``m_hat / sqrt(v_hat)`` of Kingma and Ba (2015),
    Algorithm 1.
    """
    for name, beta, positive in (("beta1", beta1, False), ("beta2", beta2, True)):
        check.real(name, beta, 0, 1, low_open=positive, high_open=True, remedy="Use 0.9 and 0.999.")
    if step is not None:
        check.integer("step", step, 1, remedy="Updates count from 1; None is the limit of many.")
    ratio = beta1**2 / beta2
    if ratio >= 1:
        raise ValueError(
            f"beta1 = {beta1}, beta2 = {beta2}: beta1**2 must be < beta2. Use 0.9 and 0.999."
        )
    if step is None:
        return (1 - beta1) / math.sqrt((1 - beta2) * (1 - ratio))
    sums = (1 - beta2**step) / (1 - beta2) * (1 - ratio**step) / (1 - ratio)
    return (1 - beta1) / (1 - beta1**step) * math.sqrt(sums)


def wake_up_burst(updates: ArrayLike, beta1: float = 0.9, beta2: float = 0.999) -> Any:
    """Return ``|update| / learning_rate``, so many updates after a quiet spell (v about 0).

    At most 6.57, twelve updates after the sync.

    Args:
        updates: j, updates since the sync, >= 1, a number or ``[...]``.
        beta1, beta2: Adam's constants.

    Returns:
        Shaped as ``updates``.

    Source: derived; bias correction is long over, so a fresh constant gradient gives
    ``(1 - beta1**j) / sqrt(1 - beta2**j)``.
    """
    j = np.asarray(updates, dtype=float)
    return (1 - beta1**j) / np.sqrt(1 - beta2**j)


def speed_ratio(learning_rate: float, target_period: float, reward: float) -> float:
    """Return ``Lambda = lr * C / |r|``: >= 1 means the target limits the run, < 1 Adam's speed.

    Args:
        learning_rate: step size of Adam.
        target_period: updates between syncs; for a soft target ``1 / tau``.
        reward: reward of each step.

    Raises:
        ValueError: a negative step size, or a period that is not above 0.

    Source: derived; how far Adam can walk in one period, against the first target.
    """
    check.real("learning_rate", learning_rate, 0, remedy="Use a step size such as 1e-3.")
    check.real("target_period", target_period, 0, low_open=True, remedy="Use 5_000 for lesson 1.")
    check.real("reward", reward, remedy="Use the reward of one step, for example 2.0.")
    return math.inf if reward == 0 else learning_rate * target_period / abs(reward)


def noise_variance(
    gamma: float, learning_rate: float, target_period: int, reward_noise: float, n_step: int = 1
) -> float:
    """Return the stationary variance of b at sync times under SGD with noisy rewards.

    Args:
        gamma: discount, below 1.
        learning_rate: step size, in [0, 1).
        target_period: updates between hard syncs.
        reward_noise: standard deviation of the noise on each reward.
        n_step: rewards summed before bootstrapping; all are drawn afresh for each update.

    Raises:
        ValueError: an argument outside its limits.

    Source: derived; the variance that one period of the linear recursion reproduces.
    """
    fixed_point(0.0, gamma)
    check.real("learning_rate", learning_rate, 0, 1, high_open=True, remedy="Use a smaller step.")
    check.real("reward_noise", reward_noise, 0, 1e100, remedy="Use 0.0 for no noise.")
    eta, gamma_n = _eta(learning_rate), gamma ** _n_step(n_step)
    q_c = (1 - eta) ** _period(target_period)
    variance = reward_noise**2 * geometric_sum(gamma**2, n_step)
    bottom = (2 - eta) * (1 - gamma_n) * (1 + gamma_n + (1 - gamma_n) * q_c)
    return float(eta * variance * (1 + q_c) / bottom)


def update_factor(
    target: Literal["residual", "td", "monte_carlo"],
    gamma: float,
    learning_rate: float,
    n_step: int = 1,
) -> float:
    """Return what one SGD update leaves of ``b - B*``, for the target that is used (C = 1).

    Args:
        target: ``residual`` lets the gradient through the target, ``td`` does not, and
            ``monte_carlo`` uses the whole return. They are ``1 / (1 - gamma)`` apart in speed.
        gamma: discount.
        learning_rate: step size of SGD.
        n_step: rewards summed before bootstrapping, >= 1.

    Source: derived; the gradient of each squared error, taken at ``b - B*``.
    """
    check.choice(
        "target", target, ("residual", "td", "monte_carlo"), remedy="n steps are td with n_step."
    )
    gap = 1 - _gamma(gamma) ** _n_step(n_step)
    return 1 - _eta(learning_rate) * {"residual": gap**2, "td": gap, "monte_carlo": 1.0}[target]
