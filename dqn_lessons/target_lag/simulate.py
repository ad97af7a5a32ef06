"""The single-bias critic: one weight that learns from an old copy of itself."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count, repeat

import numpy as np
from numpy.typing import NDArray

from dqn_lessons.config import TargetLagConfig
from dqn_lessons.target_lag.theory import geometric_sum

Floats = NDArray[np.float64]


def bias_td_target(reward: float, gamma: float, target_bias: float) -> float:
    """Return the TD target ``y = r + gamma * b⁻`` of the single-bias critic.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1, for one state and one action.
    """
    return reward + gamma * target_bias


def hard_update(bias: float, target_bias: float, step: int, target_period: int) -> float:
    """Return the target copy after update number ``step`` (1, 2, ...): every C updates, copy.

    Args:
        bias: b after this update.
        target_bias: the copy so far.
        step: updates made, this one included.
        target_period: updates between copies, C.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1.
    """
    if step % target_period == 0:
        return bias
    return target_bias


def soft_update(bias: float, target_bias: float, tau: float) -> float:
    """Return the target copy after one soft (Polyak) update.

    Source: Lillicrap et al., ICLR 2016 (arXiv:1509.02971), Algorithm 1.
    """
    return tau * bias + (1 - tau) * target_bias


@dataclass(frozen=True)
class TargetLagRun:
    """What one run of the single-bias critic recorded.

    Args:
        config: the run's settings.
        reward: the (n-step, perhaps noisy) reward of each update ``[steps]``, or of all ``[1]``.
        bias: b after each update ``[steps]``.
        target_bias: the copy b⁻ in force while each update was computed ``[steps]``.
    """

    config: TargetLagConfig
    reward: Floats
    bias: Floats
    target_bias: Floats

    @property
    def td_error(self) -> Floats:
        """y - b before each update ``[steps]``: the operations of the loop, so the same bits."""
        before = np.concatenate([[float(self.config.initial_bias)], self.bias[:-1]])
        gamma_n = float(self.config.gamma) ** self.config.n_step
        with np.errstate(all="ignore"):  # a run that exploded is shown, not complained of
            return np.asarray(self.reward + gamma_n * self.target_bias - before)

    @property
    def gradient(self) -> Floats:
        """The gradient of the squared TD error at each update ``[steps]``."""
        return -2.0 * self.td_error

    @property
    def diverged(self) -> bool:
        """True when the bias left the range of floating-point numbers."""
        return not bool(np.isfinite(self.bias).all())


# An optimiser takes gradients and yields changes of the weight: a generator keeps its state in
# local variables, which makes 50,000 updates a fifth faster than a closure or an object does.
Optimiser = Generator[float, float, None]


def _sgd(config: TargetLagConfig) -> Optimiser:
    """Gradient descent."""
    learning_rate = float(config.learning_rate)
    change = 0.0
    while True:
        gradient = yield change
        change = -learning_rate * gradient


def _adam(config: TargetLagConfig) -> Optimiser:
    """Adam (Kingma and Ba 2015, Algorithm 1)."""
    settings = (config.learning_rate, config.beta1, config.beta2, config.eps)
    learning_rate, beta1, beta2, eps = map(float, settings)
    sqrt = math.sqrt
    change = m = v = 0.0
    power1 = power2 = 1.0
    while True:
        gradient = yield change
        power1 *= beta1
        power2 *= beta2
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient * gradient
        scale = sqrt(v / (1 - power2)) + eps
        # Zero only with eps = 0 and no gradient so far: nothing to learn from, no step.
        change = -learning_rate * (m / (1 - power1)) / scale if scale else 0.0


def _rewards(config: TargetLagConfig, rng: np.random.Generator | None) -> Floats:
    """Return the (n-step, discounted) reward of each update, shape [steps] or [1] if constant."""
    total = float(config.reward * geometric_sum(config.gamma, config.n_step))
    if config.reward_noise == 0:
        return np.array([total])
    if rng is None:
        raise ValueError(
            f"rng = None with reward_noise = {config.reward_noise!r}: noise needs a source. "
            "Pass rng=np.random.default_rng(0)."
        )
    # n independent noises, discounted: their variance is a geometric sum in gamma**2.
    sigma = config.reward_noise * math.sqrt(geometric_sum(config.gamma**2, config.n_step))
    return total + sigma * rng.standard_normal(config.steps)


def simulate(config: TargetLagConfig, rng: np.random.Generator | None = None) -> TargetLagRun:
    """Train the single-bias critic: update, record, then perhaps move the target copy.

    Args:
        config: the run's settings; ``config.steps`` updates are made.
        rng: where reward noise is drawn from; needed only if there is some.

    Returns:
        The run. One that explodes holds inf or nan and raises nothing.

    Raises:
        ValueError: ``reward_noise`` > 0 and no ``rng``.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1, for one weight; Adam as in Kingma and Ba
    (2015), Algorithm 1.
    """
    rewards = _rewards(config, rng)
    gamma_n = float(config.gamma) ** config.n_step
    optimiser = _adam(config) if config.optimizer == "adam" else _sgd(config)
    change = optimiser.send
    next(optimiser)  # to its first yield, where it waits for a gradient
    period, tau = int(config.target_period), config.tau
    bias = target_bias = float(config.initial_bias)
    biases: list[float] = []
    target_biases: list[float] = []
    # Python floats: several times faster than NumPy's, one number at a time.
    stream = repeat(rewards.item(), config.steps) if len(rewards) == 1 else rewards.tolist()
    for step, reward in zip(count(1), stream, strict=False):
        target_biases.append(target_bias)
        td_error = bias_td_target(reward, gamma_n, target_bias) - bias
        bias += change(-2.0 * td_error)
        biases.append(bias)
        if tau is None:
            target_bias = hard_update(bias, target_bias, step, period)
        else:
            target_bias = soft_update(bias, target_bias, tau)
    return TargetLagRun(config, rewards, np.array(biases), np.array(target_biases))
