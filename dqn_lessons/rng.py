"""Random streams: a learner draws the same numbers alone or among others.

So two configurations trained with the same seeds are *paired*.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from dqn_lessons.config import Array


class RngStreams(NamedTuple):
    """The independent random streams of one learner, a function of its seed alone.

    Args:
        weights: of the initial network.
        env: of the starts of episodes and what else is random in the environment.
        exploration: of the uniform draw and the random action.
        replay: of the batches.
        evaluation: of the episodes that are played to evaluate.
    """

    weights: SeedSequence
    env: SeedSequence
    exploration: SeedSequence
    replay: SeedSequence
    evaluation: SeedSequence

    @classmethod
    def spawn(cls, seed: int | Sequence[int]) -> Self:
        """Streams of a seed: a whole number >= 0, or several of them."""
        return cls(*SeedSequence(seed).spawn(len(cls._fields)))

    def env_seed(self) -> int:
        """Seed for ``env.reset(seed=...)``, once, before training."""
        return int(self.env.generate_state(1)[0])

    def evaluation_seeds(self, episodes: int) -> list[int]:
        """Seeds of evaluation episodes."""
        return [int(word) for word in self.evaluation.generate_state(episodes)]


class Exploration:
    """The uniform draw and the random action of every step, drawn in blocks because a call is dear.

    Step t gets the same two numbers as from ``generator.random(2)`` called once per step.

    Args:
        generators: one per learner.
        actions: number of actions.
        start: first step that will be asked for; a resumed run starts in the middle.
    """

    _BLOCK = 1024

    def __init__(self, generators: Sequence[Generator], actions: int, start: int = 0) -> None:
        self._generators, self._actions = generators, actions
        for generator in generators:
            assert isinstance(generator.bit_generator, PCG64)
            generator.bit_generator.advance(2 * (start - start % self._BLOCK))
        self._block = -1  # none is drawn yet

    def at(self, step: int) -> tuple[Array, Array]:
        """The uniform draws and random actions of one environment step, ``[S]`` each."""
        block, row = divmod(step, self._BLOCK)
        if block != self._block:
            draws = np.stack([g.random((self._BLOCK, 2)) for g in self._generators], axis=1)
            self._uniform = draws[..., 0]
            self._random_actions = (draws[..., 1] * self._actions).astype(np.int64)
            self._block = block
        return self._uniform[row], self._random_actions[row]
