"""Experience replay for S learners: ring buffers side by side, each learner sees its own.

Args:
    obs, next_obs: observations, the next one also at the end of an episode, float32 ``[..., D]``.
    action: whole numbers ``[...]``.
    reward: float32 ``[...]``.
    terminated: bool ``[...]``; never true because of a time limit.
    ended: bool ``[...]``; true at the end of an episode, also because of a time limit.
    gamma: discount.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from dqn_lessons import checks as check
from dqn_lessons.config import Array


class Transition(NamedTuple):
    """One step, or window of steps, of the environment: ``(s, a, r, s', terminated)``.

    Leading axes ``[...]`` are ``[S]`` when stored and ``[S, B]`` when sampled.
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
    """Turn uniform draws into row numbers, shaped as they are: each ``stored`` row is as likely.

    Args:
        draws: uniform in [0, 1), any shape.
        stored: transitions in the buffer, >= 1.

    Source: derived; [0, 1) is cut into ``stored`` parts of one length.
    """
    return (draws * stored).astype(np.int64)


def n_step_return(reward: Array, ended: Array, gamma: float) -> tuple[Array, Array]:
    """Add up ``reward [..., n]``, discounted, to the first end; and say how many: ``[...]`` each.

    Source: Watkins (1989); Sutton & Barto (2018), section 7.1.
    """
    counts = np.cumprod(~ended[..., :-1], -1)  # of the rewards behind the first one
    later = (reward[..., 1:] * counts) @ gamma ** np.arange(1, reward.shape[-1])
    return reward[..., 0] + later, 1 + counts.sum(-1)


class Replay:
    """S ring buffers, which store at the same steps; the oldest leaves first.

    Args:
        capacity: transitions kept for each learner.
        obs_size: length ``D`` of an observation.
        generators: one per learner, which draws its batches.
        n_step: environment steps in a window; it ends early with an episode or the newest row.

    Attributes:
        discount: of the value behind what was sampled last, a number or ``[S, B]``.
        nbytes: size of all S buffers in bytes.

    Source: Lin, Machine Learning 8 (1992); Mnih et al., Nature 518 (2015).
    """

    def __init__(
        self, capacity: int, obs_size: int, generators: Sequence[Generator],
        n_step: int = 1, gamma: float = 1.0,
    ) -> None:  # fmt: skip
        self.capacity = check.integer("capacity", capacity, 1, remedy="Use 1 for no replay.")
        self._generators = list(generators)
        # One record per transition: a batch is then one gather in memory instead of five.
        seen = np.float32, (obs_size,)
        first = [("obs", *seen), ("action", np.int64), ("reward", np.float32)]
        marks = [("terminated", np.bool_), ("ended", np.bool_)][: 1 if n_step == 1 else 2]
        record = np.dtype([*first, ("next_obs", *seen), *marks], align=True)
        self.n_step, self.gamma = n_step, gamma
        self.discount: Any = gamma
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
        self, obs: Array, action: Array, reward: Array, next_obs: Array, terminated: Array,
        ended: Any = False,
    ) -> None:  # fmt: skip
        """Store one transition of every learner: ``[S, D]`` and ``[S]``."""
        row = self.rows[:, write_index(self.added, self.capacity)]
        row["obs"], row["action"], row["reward"] = obs, action, reward
        row["next_obs"], row["terminated"] = next_obs, terminated
        if self.n_step > 1:
            row["ended"] = terminated | ended
        self.added += 1

    def advance_rng(self, draws: int) -> None:
        """Advance the generator of every learner by ``draws`` sampled transitions."""
        for generator in self._generators:
            generator.bit_generator.advance(draws)  # type: ignore[attr-defined]

    def sample(self, batch_size: int) -> Transition:
        """Draw ``batch_size`` transitions, or windows of them, of each learner: ``[S, B]``."""
        if not 1 <= batch_size <= len(self):
            found = f" and {len(self)} transitions are stored (capacity {self.capacity})"
            limit, remedy = f"in [1, {len(self)}]", "Ask for fewer, or collect more first."
            check.refuse_value("batch_size", batch_size, limit, remedy, found=found)
        draws = np.empty((len(self._generators), batch_size))
        for generator, row in zip(self._generators, draws, strict=True):
            generator.random(out=row)
        index = sample_indices(draws, len(self)) + self._row_offset
        batch = self.rows.reshape(-1).take(index)
        if self.n_step > 1:
            self._lengthen(batch, index)
        return Transition(*(batch[field] for field in Transition._fields))

    def _lengthen(self, batch: Array, index: Array) -> None:
        """Make windows of the transitions in these rows ``[S, B]``, in place."""
        first, rows = index - self._row_offset, self.rows.reshape(-1)
        window = (first[..., None] + np.arange(self.n_step)) % self.capacity
        at = window + self._row_offset[..., None]
        ended = rows["ended"][at] | (window == write_index(self.added - 1, self.capacity))
        batch["reward"], steps = n_step_return(rows["reward"][at], ended, self.gamma)
        self.discount = (self.gamma**steps).astype(np.float32)
        last = rows.take(np.take_along_axis(at, steps[..., None] - 1, -1)[..., 0])
        batch["next_obs"], batch["terminated"] = last["next_obs"], last["terminated"]
