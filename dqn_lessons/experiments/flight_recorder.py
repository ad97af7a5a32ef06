"""A flight recorder: what one learner did, believed and remembered while it trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_lessons.experiments.video import PolicyRecorder, Rollout, rollout
from dqn_lessons.history import Evaluation, History
from dqn_lessons.policies import greedy_policy, q_values


@dataclass(frozen=True, eq=False)
class StateSlice:
    """Two of the observations, varied over a grid while the others are zero.

    Args:
        across, down: places of the two in the observation.
        x, y: their values, shapes [W] and [H].
        xlabel, ylabel: what they are, with the unit of ``units`` times the value.
        units: factors that turn the observation into the unit of the labels.
    """

    across: int
    down: int
    x: NDArray[Any]
    y: NDArray[Any]
    xlabel: str
    ylabel: str
    units: tuple[float, float] = (1.0, 1.0)

    def observations(self, size: int) -> NDArray[np.float32]:
        """Return the grid as observations, ``[H, W, size]``."""
        grid = np.zeros((len(self.y), len(self.x), size), np.float32)
        grid[..., self.across] = self.x
        grid[..., self.down] = self.y[:, None]
        return grid


_DEGREES = 180 / np.pi
# The episode ends at 12 degrees; a healthy pole turns at less than 3 rad/s.
CARTPOLE_SLICE = StateSlice(
    across=2,
    down=3,
    x=np.linspace(-0.24, 0.24, 41),
    y=np.linspace(-3, 3, 41),
    xlabel="angle of the pole (degrees)",
    ylabel="angular velocity (degrees/s)",
    units=(_DEGREES, _DEGREES),
)


class FlightRecorder(PolicyRecorder):
    """Record values, memory and numbers of one learner too: ``train(..., on_eval=recorder)``.

    Beside the weights it counts the terminal transitions in the replay buffer (``terminals``, by
    step); episodes and values are worked out when somebody looks. ``history`` is that of the run.

    Args:
        every: environment steps between two records, a multiple of the evaluation period.
        learner, seed: as for `PolicyRecorder`.
    """

    def __init__(self, every: int, learner: int = 0, seed: int = 0) -> None:
        super().__init__(every, learner, seed)
        self.terminals: dict[int, int] = {}
        self.history: History | None = None
        self._episodes: dict[int, Rollout] = {}

    def __call__(self, evaluation: Evaluation) -> None:
        """Keep what there is to keep: called after every evaluation."""
        super().__call__(evaluation)
        self.history = evaluation.history
        if evaluation.step in self.weights:
            self.terminals[evaluation.step] = evaluation.terminals(self.learner)
            self._episodes.pop(evaluation.step, None)

    def at(self, step: int, name: str) -> float:
        """A number of the history (``eval_return``, ``loss``, ``action_gap`` ...) at a record."""
        assert self.history is not None
        place = int(np.flatnonzero(self.history.eval_step == step)[0])
        return float(getattr(self.history, name)[self.learner, place])

    def episode(self, step: int) -> Rollout:
        """The greedy episode of the agent recorded at ``step``, without pictures."""
        if step not in self._episodes:
            policy = greedy_policy(self.weights[step])
            self._episodes[step] = rollout(self.env_id, policy, self.seed, render=False)
        return self._episodes[step]

    def q_map(self, step: int, plane: StateSlice) -> NDArray[Any]:
        """Values over a plane of the agent recorded at ``step``, ``[H, W, A]``."""
        weights = self.weights[step]
        return q_values(weights, plane.observations(len(weights[0])))
