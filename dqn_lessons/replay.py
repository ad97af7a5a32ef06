"""Experience replay for S learners: ring buffers side by side, each learner sees its own.

Args:
    obs, next_obs: observations, the next one also at the end of an episode, float32 ``[..., D]``.
    action: whole numbers ``[...]``.
    reward: float32 ``[...]``.
    terminated: bool ``[...]``; never true because of a time limit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from dqn_lessons import checks as check
from dqn_lessons.config import Array


class Transition(NamedTuple):
    """One step of the environment: ``(s, a, r, s', terminated)``, one or many.

    Leading axes ``[...]`` are ``[S]`` when stored and ``[S, B]`` when sampled. ``truncated`` is
    absent because no target needs it.
    """

    obs: Any
    action: Any
    reward: Any
    next_obs: Any
    terminated: Any


def write_index(added: int, capacity: int) -> int:
    """Row of the next transition when ``added`` are stored already: the oldest makes room.

    Source: derived; rows are written in turn, and start again at 0.
    """
    return added % capacity


def sample_indices(draws: Array, stored: int) -> Array:
    """Turn uniform draws into row numbers: each of the ``stored`` rows is as likely.

    Args:
        draws: uniform in [0, 1), any shape.
        stored: transitions in the buffer, >= 1.

    Returns:
        Whole numbers from 0 to ``stored - 1``, shaped as ``draws``.

    Source: derived; [0, 1) is cut into ``stored`` parts of one length.
    """
    return (draws * stored).astype(np.int64)


class Replay:
    """S ring buffers of transitions; the oldest leaves first, batches are drawn uniformly.

    All learners store at every step, so one position and one size serve all of them.

    Args:
        capacity: transitions kept for each learner.
        obs_size: length ``D`` of an observation.
        generators: one per learner, which draws its batches.

    Attributes:
        nbytes: size of all S buffers in bytes.

    Source: Lin, Machine Learning 8 (1992); Mnih et al., Nature 518 (2015).
    """

    def __init__(self, capacity: int, obs_size: int, generators: Sequence[Generator]) -> None:
        self.capacity = check.integer("capacity", capacity, 1, remedy="Use 1 for no replay.")
        self._generators = list(generators)
        # One record per transition: a batch is then one gather in memory instead of five.
        seen = np.float32, (obs_size,)
        first = [("obs", *seen), ("action", np.int64), ("reward", np.float32)]
        record = np.dtype([*first, ("next_obs", *seen), ("terminated", np.bool_)], align=True)
        learners = len(self._generators)
        self.nbytes = learners * capacity * record.itemsize
        remedy = "Lower the capacity or train fewer learners."
        check.refuse_large_allocation("capacity", capacity, self.nbytes, remedy=remedy)
        self.rows = np.zeros((learners, capacity), record)
        self._row_offset = capacity * np.arange(learners)[:, None]
        self.added = 0

    def __len__(self) -> int:
        """Transitions stored for each learner."""
        return min(self.added, self.capacity)

    def add(
        self, obs: Array, action: Array, reward: Array, next_obs: Array, terminated: Array
    ) -> None:
        """Store one transition of every learner: ``[S, D]`` and ``[S]``."""
        row = self.rows[:, write_index(self.added, self.capacity)]
        row["obs"], row["action"], row["reward"] = obs, action, reward
        row["next_obs"], row["terminated"] = next_obs, terminated
        self.added += 1

    def advance_rng(self, draws: int) -> None:
        """Advance the generator of every learner by ``draws`` sampled transitions."""
        for generator in self._generators:
            generator.bit_generator.advance(draws)  # type: ignore[attr-defined]

    def sample(self, batch_size: int) -> Transition:
        """Draw ``batch_size`` transitions of each learner, with replacement: ``[S, B]``."""
        if not 1 <= batch_size <= len(self):
            found = f" and {len(self)} transitions are stored (capacity {self.capacity})"
            limit, remedy = f"in [1, {len(self)}]", "Ask for fewer, or collect more first."
            check.refuse_value("batch_size", batch_size, limit, remedy, found=found)
        draws = np.empty((len(self._generators), batch_size))
        for generator, row in zip(self._generators, draws, strict=True):
            generator.random(out=row)
        index = sample_indices(draws, len(self)) + self._row_offset
        batch = self.rows.reshape(-1).take(index)
        return Transition(*(batch[field] for field in Transition._fields))
