"""The probes of the exercises on the single-bias critic."""

from dqn_classroom.exercises.check import Probes


def bound(rewards: int, gamma: float, reward: float, power: int, initial_bias: float) -> float:
    """Return so many discounted rewards plus the start, discounted by its own power."""
    return sum(reward * gamma**i for i in range(rewards)) + gamma**power * initial_bias


def period_error(target_period: int, q: float) -> float:
    """The first term of the formula."""
    return target_period / (1 - q**target_period)


BIAS_TD_TARGET = Probes(
    [
        (2.0, 0.99, 10.0),
        (-1.0, 0.5, 4.0),
        (3.0, 0.0, 7.0),
        (0.0, 0.9, -5.0),
        (2.0, 0.9, 6.0),
    ],
    lambda reward, gamma, target_bias: f"{reward:g} + {gamma:g} × {target_bias:g}",
)

HARD_UPDATE = Probes(
    # (bias, target_bias, step, target_period): on, just before, just after and far from a sync.
    [
        (7.0, 1.0, 10, 5),
        (7.0, 1.0, 9, 5),
        (7.0, 1.0, 11, 5),
        (-3.0, 2.0, 5, 5),
        (-3.0, 2.0, 1, 5),
        (4.0, 8.0, 3, 1),
        (4.0, 8.0, 2, 7),
        (4.0, 8.0, 12, 8),
    ],
    lambda bias, target_bias, step, target_period: (
        f"{bias:g} if {step} % {target_period} == 0 else {target_bias:g}"
    ),
)

SOFT_UPDATE = Probes(
    [
        (10.0, 2.0, 0.1),
        (-4.0, 6.0, 0.25),
        (5.0, 3.0, 1.0),
        (1.0, -8.0, 0.005),
        (0.0, 9.0, 0.4),
    ],
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
