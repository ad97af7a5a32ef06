"""Exact courses of the single-bias critic, derived apart from the loop that they are held against.

Notation: reward r, discount gamma, bias b, target b⁻, ``B* = r / (1 - gamma)``; an update by SGD
leaves ``q = 1 - 2 * learning_rate`` of the gap, and a period of C updates leaves
``rho_C = gamma + (1 - gamma) * q**C`` of ``b - B*``.
"""

import math

import numpy as np

from dqn_lessons.target_lag import TargetLagConfig, geometric_sum, used_syncs


def sgd_bias(config: TargetLagConfig) -> np.ndarray:
    """The exact bias after each SGD update with hard syncs, ``[steps]``.

    Each period leaves rho_C of the bias and adds ``(1 - q**C) * r``: after k used syncs a geometric
    sum, which is finite for gamma = 1 too. The updates since pull towards ``r + gamma * b⁻``.
    """
    assert config.optimizer == "sgd"
    assert config.tau is None
    reward = config.reward * geometric_sum(config.gamma, config.n_step)
    gamma_n = config.gamma**config.n_step
    q = 1 - 2 * config.learning_rate
    step = np.arange(1, config.steps + 1)
    k = used_syncs(step, config.target_period)
    inside = step - k * config.target_period
    with np.errstate(all="ignore"):  # a run that explodes becomes inf or nan
        left = float(np.power(q, config.target_period))
        rho = gamma_n + (1 - gamma_n) * left
        synced = rho**k * config.initial_bias + (1 - left) * reward * geometric_sum(rho, k)
        return np.asarray(q**inside * synced + (1 - q**inside) * (reward + gamma_n * synced))


def polyak_matrix(gamma: float, learning_rate: float, tau: float) -> np.ndarray:
    """The map of the errors of (b, b⁻) by one SGD update and a soft update, ``[2, 2]``."""
    eta = 2 * learning_rate
    q = 1 - eta
    return np.array([[q, eta * gamma], [tau * q, 1 - tau + tau * eta * gamma]])


def polyak_eigenvalues(gamma: float, learning_rate: float, tau: float) -> tuple[float, float]:
    """(slow, fast), the eigenvalues of `polyak_matrix`; they are real."""
    trace = float(np.trace(polyak_matrix(gamma, learning_rate, tau)))
    determinant = (1 - 2 * learning_rate) * (1 - tau)
    root = math.sqrt(max(trace**2 - 4 * determinant, 0))  # below 0 by rounding only
    return (trace + root) / 2, (trace - root) / 2


def adam_envelope(config: TargetLagConfig) -> np.ndarray:
    """``E_s = min(E_{s-1} + lr, r + gamma * E⁻)``, E⁻ renewed at syncs, ``[steps]``.

    No critic that moves by at most one learning rate per update, and never beyond its
    target, can be above it (r > 0, b_0 = 0, hard syncs, one-step targets).
    """
    assert config.reward > 0
    assert (config.tau, config.initial_bias, config.n_step) == (None, 0, 1)
    step = np.arange(config.steps)
    k = step // config.target_period
    start = np.zeros(int(k[-1]) + 1)
    for period in range(1, len(start)):
        reach = start[period - 1] + config.learning_rate * config.target_period
        start[period] = min(reach, config.reward + config.gamma * start[period - 1])
    inside = step - k * config.target_period + 1
    bound = config.reward + config.gamma * start[k]
    return np.asarray(np.minimum(start[k] + config.learning_rate * inside, bound))
