"""The probes of the warm-up."""

from dqn_classroom.exercises.check import Probes

DISCOUNTED_RETURN = Probes(
    [
        ([3.0, -1.0, 2.0, 5.0], 0.5),
        ([1.0, 2.0, 4.0], 0.9),
        ([7.0], 0.9),
        ([2.0, 3.0], 0.0),
        ([2.0, 3.0, -4.0], 1.0),
    ],
    lambda rewards, gamma: " + ".join(
        f"{gamma:g}^{i} × {reward:g}" for i, reward in enumerate(rewards)
    ),
)
