"""What may be asked during a training, and a recorder that asks: one learner's flight."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dqn_lessons import checks as check
from dqn_lessons.config import Array
from dqn_lessons.experiments.policies import Rollout, greedy_policy, rollout
from dqn_lessons.history import History


class Evaluation(Protocol):
    """What a callback may ask after an evaluation, of a `Run` that trains or of a shipped one.

    Raises:
        TypeError: it says what there is to ask; no object is made of it.
        LookupError: weights or terminals that a shipped run has not kept.
    """

    @property
    def history(self) -> History:
        """What happened so far."""

    @property
    def step(self) -> int:
        """Environment steps made so far by each learner."""

    @property
    def stop_requested(self) -> bool:
        """True once a callback, a button or an interrupt has asked for the end."""

    def stop(self) -> None:
        """Ask for the end, as an interrupt does."""

    def weights(self, learner: int) -> list[Array]:
        """The network of a learner: matrix [in, out] and bias [out] of each layer, in turn."""

    def terminals(self, learner: int) -> int:
        """How many terminal transitions the replay buffer of a learner holds."""


class FlightRecorder:
    """Record one learner while it trains: ``train(..., on_eval=recorder)``.

    At the evaluations its weights are copied and the terminal transitions in its replay buffer
    counted: ``weights`` and ``terminals``, by step. Greedy episodes are played when somebody looks,
    so that recording neither slows nor changes the training. ``history`` is that of the run.

    Args:
        every: environment steps between two records, a multiple of the evaluation period.
        learner: whose.
        seed: of every greedy episode, so that only the policy differs.
    """

    def __init__(self, every: int, learner: int = 0, seed: int = 0) -> None:
        self.every = check.integer("every", every, 1, remedy="Use steps, such as 2_500.")
        self.learner = check.integer("learner", learner, 0, remedy="Use 0 for the first seed.")
        self.seed = check.integer("seed", seed, 0, remedy="Use any whole number, such as 0.")
        self.env_id = ""
        self.history: History | None = None
        self.weights: dict[int, list[NDArray[Any]]] = {}
        self.terminals: dict[int, int] = {}
        self._episodes: dict[int, Rollout] = {}

    def __call__(self, evaluation: Evaluation) -> None:
        """Keep what there is to keep, if it is time: called after every evaluation."""
        self.history, remedy = evaluation.history, "Use 0 for the first seed."
        check.integer("learner", self.learner, 0, len(self.history.seeds) - 1, remedy=remedy)
        self.env_id, step = self.history.config.env_id, evaluation.step
        if step % self.every == 0:
            self.weights[step] = evaluation.weights(self.learner)
            self.terminals[step] = evaluation.terminals(self.learner)
            self._episodes.pop(step, None)

    def check_recorded(self) -> None:
        """Make sure that something was recorded.

        Raises:
            ValueError: nothing was.
        """
        if not self.weights:
            raise ValueError(
                f"every = {self.every}: no evaluation fell on a multiple of it, nothing was "
                "recorded. Use a multiple of eval_period, and pass on_eval=recorder to train."
            )

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
