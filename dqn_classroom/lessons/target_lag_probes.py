"""The probes of the exercises on the single-bias critic."""

from collections.abc import Callable

import numpy as np

from dqn_classroom.exercises.check import Probes
from dqn_lessons.target_lag import bias_td_target, hard_update
from dqn_lessons.target_lag.simulate import Floats

Change = Callable[[float], float]


def bound(rewards: int, gamma: float, reward: float, power: int, initial_bias: float) -> float:
    """Return so many discounted rewards plus the start, discounted by its own power."""
    return sum(reward * gamma**i for i in range(rewards)) + gamma**power * initial_bias


def period_error(target_period: int, q: float) -> float:
    """The first term of the formula."""
    return target_period / (1 - q**target_period)


BIAS_TD_TARGET = Probes(
    [(2.0, 0.99, 10.0), (-1.0, 0.5, 4.0), (3.0, 0.0, 7.0), (0.0, 0.9, -5.0), (2.0, 0.9, 6.0)],
    lambda reward, gamma, target_bias: f"{reward:g} + {gamma:g} × {target_bias:g}",
)


def train_critic(
    reward: float, gamma: float, steps: int, target_period: int, change: Change
) -> Floats:
    """Train the single-bias critic: update, record, then perhaps sync.

    Args:
        change: gradient -> what the optimiser adds to b.

    Returns:
        b after every update, ``[steps]``.

    Source: Mnih et al., Nature 518 (2015), Algorithm 1, for one weight.
    """
    bias = target_bias = 0.0
    biases = []
    for step in range(1, steps + 1):
        td_error = bias_td_target(reward, gamma, target_bias) - bias
        bias += change(-2 * td_error)
        biases.append(bias)
        if step % target_period == 0:
            target_bias = bias
    return np.array(biases)


def run(
    reward: float,
    gamma: float,
    steps: int,
    target_period: int,
    change: Change,
    sync: Callable[[float, float, int, int], float] = hard_update,
    factor: float = -2,
    first: int = 1,
) -> Floats:
    """The training with another sync, another gradient, or another number for the first update."""
    bias = target_bias = 0.0
    biases = []
    for step in range(first, steps + first):
        bias += change(factor * (reward + gamma * target_bias - bias))
        biases.append(bias)
        target_bias = sync(bias, target_bias, step, target_period)
    return np.array(biases)


class SGD:
    """Gradient descent, with a momentum or without: what it adds to b."""

    def __init__(self, lr: float, momentum: float = 0.0) -> None:
        self.lr, self.momentum, self.velocity = lr, momentum, 0.0

    def __call__(self, gradient: float) -> float:
        """One step, from a gradient."""
        self.velocity = self.momentum * self.velocity + gradient
        return -self.lr * self.velocity

    def __repr__(self) -> str:
        """Its step size."""
        return f"SGD(lr={self.lr}, momentum={self.momentum})"


def _bias_lines(
    reward: float, gamma: float, steps: int, target_period: int, change: SGD
) -> list[str]:
    bias = target_bias = velocity = 0.0
    lines = []
    for step in range(1, steps + 1):
        gradient = f"-2 × ({reward:g} + {gamma:g} × {target_bias!r} - {bias!r})"
        slow = f" + {change.momentum:g} × {velocity!r}" if velocity * change.momentum else ""
        lines.append(f"{bias!r} - {change.lr:g} × ({gradient}{slow})")
        velocity = change.momentum * velocity - 2 * (reward + gamma * target_bias - bias)
        bias -= change.lr * velocity
        target_bias = hard_update(bias, target_bias, step, target_period)
    return lines


TRAIN_CRITIC = Probes(
    # (reward, gamma, steps, target_period, change)
    [
        (2.0, 0.5, 7, 3, SGD(0.25)),
        (1.0, 0.75, 5, 1, SGD(0.125)),
        (-3.0, 0.5, 6, 2, SGD(0.5)),
        (4.0, 0.5, 4, 8, SGD(0.125)),
        (2.0, 0.25, 9, 4, SGD(0.125, momentum=0.5)),
    ],
    _bias_lines,
)

SOFT_UPDATE = Probes(
    [(10.0, 2.0, 0.1), (-4.0, 6.0, 0.25), (5.0, 3.0, 1.0), (1.0, -8.0, 0.005), (0.0, 9.0, 0.4)],
    lambda bias, target_bias, tau: f"{tau:g} × {bias:g} + {1 - tau:g} × {target_bias:g}",
)

HORIZON_BOUND = Probes(
    # No gamma = 1: the formula in the text is a right answer, and divides by 1 - gamma.
    [
        (0, 2.0, 0.99, 0.0),
        (9, 2.0, 0.99, 0.0),
        (3, -1.0, 0.5, 4.0),
        (2, 1.0, 0.9, -0.5),
        (4, 3.0, 0.8, 2.0),
        (1, 5.0, 0.0, 7.0),
    ],
    lambda k, reward, gamma, initial_bias: (
        f"{reward:g} × ({' + '.join(f'{gamma:g}^{i}' for i in range(k + 1))})"
        f" + {gamma:g}^{k + 1} × {initial_bias:g}"
    ),
)

EQUIVALENT_TAU = Probes(
    [(100, 1e-4), (5000, 1e-3), (1000, 1e-2), (7, 0.1), (2, 0.25)],
    lambda target_period, learning_rate: (
        f"1 / ({target_period} / (1 - {1 - 2 * learning_rate:g}^{target_period})"
        f" - 1 / {2 * learning_rate:g} + 1)"
    ),
)
