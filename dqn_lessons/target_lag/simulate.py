"""The single-bias critic: one weight that learns from an older value of itself."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dqn_lessons.config import check_settings, setting
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
    return bias if step % target_period == 0 else target_bias


def soft_update(bias: float, target_bias: float, tau: float) -> float:
    """Return the target copy after one soft (Polyak) update.

    Source: Lillicrap et al., ICLR 2016 (arXiv:1509.02971), Algorithm 1.
    """
    return tau * bias + (1 - tau) * target_bias


@dataclass(frozen=True)
class TargetLagConfig:
    """One run of the single-bias critic (lesson 1).

    The critic is one number ``b``; its target is ``y = r + gamma * b_target``. The target follows
    ``b`` in one of two ways: a *hard* sync every ``target_period`` updates (the default), or,
    when ``tau`` is given, a *soft* (Polyak) update after every update.

    Args:
        reward: reward per step.
        gamma: discount.
        learning_rate: step size of the optimiser.
        steps: number of updates.
        target_period: updates between hard syncs (``C``); ignored when ``tau`` is given.
        tau: soft update rate, or ``None`` for hard syncs.
        optimizer: ``"adam"`` or ``"sgd"``.
        beta1, beta2, eps: Adam's constants.
        initial_bias: ``b`` and its target before the first update.
        n_step: rewards summed before bootstrapping.
    """

    # fmt: off
    reward: float = setting(2.0, remedy="Use the reward of one step, for example 2.0.")
    gamma: float = setting(0.99, 0, 1, remedy="Use a discount such as 0.99.")
    learning_rate: float = setting(1e-3, 0, remedy="Use a step size such as 1e-3.")
    steps: int = setting(50_000, 1, 10_000_000, remedy="Use updates, such as 50_000.")
    target_period: int = setting(5_000, 1, remedy="Use 1 to sync at every update, or 5_000.")
    tau: float | None = setting(None, 0, 1, ends="(]", remedy="Use 0.005, None for hard syncs.")
    optimizer: Literal["adam", "sgd"] = setting("adam", ("adam", "sgd"), remedy="Use one of them.")
    beta1: float = setting(0.9, 0, 1, ends="[)", remedy="Adam's default is 0.9.")
    beta2: float = setting(0.999, 0, 1, ends="[)", remedy="Adam's default is 0.999.")
    eps: float = setting(1e-8, 0, remedy="Adam's default is 1e-8.")
    initial_bias: float = setting(0.0, remedy="Use 0.0 to start from nothing.")
    n_step: int = setting(1, 1, remedy="Use 1 for the ordinary TD target.")
    # fmt: on

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True)
class TargetLagRun:
    """What one run of the single-bias critic recorded.

    Args:
        config: the run's settings.
        reward: the (n-step, discounted) reward of each update.
        bias: b after each update ``[steps]``.
        target_bias: the target b⁻ in force while each update was computed ``[steps]``.
    """

    config: TargetLagConfig
    reward: float
    bias: Floats
    target_bias: Floats

    @property
    @np.errstate(all="ignore")  # a run that exploded is shown, not complained of
    def td_error(self) -> Floats:
        """y - b before each update ``[steps]``: the operations of the loop, so the same bits."""
        before = np.concatenate([[self.config.initial_bias], self.bias[:-1]])
        gamma_n = self.config.gamma**self.config.n_step
        return np.asarray(self.reward + gamma_n * self.target_bias - before)

    @property
    @np.errstate(all="ignore")
    def gradient(self) -> Floats:
        """The gradient of the squared TD error at each update ``[steps]``."""
        return -2.0 * self.td_error

    @property
    def diverged(self) -> bool:
        """True when the bias left the range of floating-point numbers."""
        return not bool(np.isfinite(self.bias).all())


# An optimiser takes gradients and yields changes of the weight: a generator keeps its state in
# local variables, which makes 50,000 updates a fifth faster than a closure or an object does.
Optimiser = Generator[Any, Any, None]


def sgd(learning_rate: float) -> Optimiser:
    """Gradient descent."""
    gradient = yield
    while True:
        gradient = yield -learning_rate * gradient


def adam(
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    sqrt: Callable[[Any], Any] = math.sqrt,
) -> Optimiser:
    """Adam, for one weight, or with ``np.sqrt`` for arrays of them and ``eps`` > 0.

    Args:
        learning_rate: step size of Adam.
        beta1, beta2, eps: its constants.
        sqrt: the root of a gradient's square, a number or any shape.

    Yields:
        The step that a gradient, which is sent in, makes; shaped as the gradient.

    Source: Kingma and Ba (2015), Algorithm 1.
    """
    m = v = 0.0
    power1 = power2 = 1.0
    gradient = yield
    while True:
        power1 *= beta1
        power2 *= beta2
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient * gradient
        scale = sqrt(v / (1 - power2)) + eps
        # Zero only with eps = 0 and no gradient so far: nothing to learn from, no step.
        gradient = yield -learning_rate * (m / (1 - power1)) / (scale if eps else scale or math.inf)


def simulate(config: TargetLagConfig) -> TargetLagRun:
    """Train the single-bias critic: update, record, then perhaps move the target.

    Args:
        config: the run's settings; ``config.steps`` updates are made.

    Returns:
        The run. One that explodes holds inf or nan and raises nothing.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1, for one weight.
    """
    rate, gamma_n = config.learning_rate, config.gamma**config.n_step
    reward = config.reward * float(geometric_sum(config.gamma, config.n_step))
    constants = rate, config.beta1, config.beta2, config.eps
    optimiser = adam(*constants) if config.optimizer == "adam" else sgd(rate)
    change = optimiser.send
    next(optimiser)  # to its first yield, where it waits for a gradient
    period, tau = config.target_period, config.tau
    bias = target_bias = config.initial_bias
    biases, target_biases = [], []
    for step in range(1, config.steps + 1):
        target_biases.append(target_bias)
        td_error = bias_td_target(reward, gamma_n, target_bias) - bias
        bias += change(-2.0 * td_error)
        biases.append(bias)
        if tau is None:
            target_bias = hard_update(bias, target_bias, step, period)
        else:
            target_bias = soft_update(bias, target_bias, tau)
    return TargetLagRun(config, reward, np.array(biases), np.array(target_biases))
