"""Random streams: five independent ones for each learner, a function of its seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dqn_lessons.config import Array


class RngStreams(NamedTuple):
    """The independent random streams of one learner, a function of its seed alone.

    So a learner draws the same numbers alone or among others, and two configurations trained with
    the same seeds are *paired*.

    Args:
        weights: of the initial network.
        env: of the starts of episodes and what else is random in the environment.
        exploration: of the uniform draw and the random action.
        replay: of the batches.
        evaluation: of the episodes that are played to evaluate.
    """

    weights: np.random.SeedSequence
    env: np.random.SeedSequence
    exploration: np.random.SeedSequence
    replay: np.random.SeedSequence
    evaluation: np.random.SeedSequence

    @classmethod
    def spawn(cls, seed: int | Sequence[int]) -> RngStreams:
        """Streams of a seed: a whole number >= 0, or several of them."""
        return cls(*np.random.SeedSequence(seed).spawn(len(cls._fields)))

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

    def __init__(
        self, generators: Sequence[np.random.Generator], actions: int, start: int = 0
    ) -> None:
        self._generators, self._actions = generators, actions
        for generator in generators:
            assert isinstance(generator.bit_generator, np.random.PCG64)
            generator.bit_generator.advance(2 * (start - start % self._BLOCK))
        self._draw()

    def _draw(self) -> None:
        draws = np.stack([g.random((self._BLOCK, 2)) for g in self._generators], axis=1)
        self._uniform = draws[..., 0]
        self._random_actions = (draws[..., 1] * self._actions).astype(np.int64)
        self._fresh = True

    def at(self, step: int) -> tuple[Array, Array]:
        """The uniform draws and random actions of one environment step, ``[S]`` each."""
        row = step % self._BLOCK
        if row == 0 and not self._fresh:
            self._draw()
        self._fresh = False
        return self._uniform[row], self._random_actions[row]
