"""Gymnasium environments side by side, each with randomness of its own.

Both kinds are vector environments with autoreset *disabled*: ``step`` returns the true last
observation of an episode and ``reset(options={"reset_mask": done})`` starts the next ones. In
next-step mode the row after an end is not a transition, and it would enter the replay buffer.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleEnv, CartPoleVectorEnv
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode

import dqn_lessons.envs  # noqa: F401 (registers the course's own MDPs)
from dqn_lessons import checks as check
from dqn_lessons.config import Array

Envs = Any  # a gymnasium.vector.VectorEnv with `envs`; its types know no seed per environment


class SeededCartPoleVector(CartPoleVectorEnv):
    """Gymnasium's vectorised CartPole, three times as fast as a loop over single ones.

    The original draws all starts from one generator, so one learner's fall would move another's
    start. Here each draws from the generator of a CartPole of its own, the same distribution. One
    alone is stepped as a single CartPole: arrays of one number take four times as long.

    Args:
        num_envs: how many.
        max_episode_steps: environment steps after which an episode is truncated.
    """

    metadata = {**CartPoleVectorEnv.metadata, "autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012

    def __init__(self, num_envs: int, max_episode_steps: int) -> None:
        super().__init__(num_envs, max_episode_steps)
        self.envs = [CartPoleEnv() for _ in range(num_envs)]
        spaces: list[Any] = [self.action_space, *(env.action_space for env in self.envs)]
        for space in spaces:
            # Checking that an argmax over two actions is an action takes a sixth of the step.
            space.contains = lambda action: True
        self.state: Any = np.zeros((4, num_envs))

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Array, dict[str, Any]]:
        """Start new episodes, all or those in ``options["reset_mask"]``; returns obs ``[N, 4]``."""
        mask = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        for i in np.flatnonzero(mask):
            if seed is not None:
                self.envs[i].np_random, _ = seeding.np_random(seed[i])
            self.state[:, i] = self.envs[i].np_random.uniform(self.low, self.high, 4)
            self.envs[i].steps_beyond_terminated = None
        self.steps[mask] = 0
        self.prev_done[mask] = False
        return self.state.T.astype(np.float32), {}

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """Take one action ``[N]`` in each environment."""
        if self.num_envs > 1 or self.prev_done[0]:
            return super().step(action)
        env = self.envs[0]
        env.state = self.state[:, 0]
        obs, reward, terminated, _, info = env.step(int(action[0]))
        assert env.state is not None
        self.state = env.state[:, None]
        self.steps += 1
        truncated = self.steps >= self.max_episode_steps
        self.prev_done = truncated | terminated
        return obs[None], np.array([reward], np.float32), np.array([terminated]), truncated, info


def make_envs(env_id: str, count: int) -> Envs:
    """``count`` environments with autoreset disabled; environment i depends on its seed only.

    Raises:
        TypeError: a name that is not a string.
        ValueError: an environment that is unknown or cannot be made, actions that are not discrete
            from 0, or observations that are not flat.
    """
    with check.making_environment(env_id):
        spec = gym.spec(env_id)
    if spec.vector_entry_point == "gymnasium.envs.classic_control.cartpole:CartPoleVectorEnv":
        assert spec.max_episode_steps is not None
        return SeededCartPoleVector(count, spec.max_episode_steps)
    disabled = {"autoreset_mode": AutoresetMode.DISABLED}
    with check.making_environment(env_id):
        envs = gym.make_vec(env_id, count, vectorization_mode="sync", vector_kwargs=disabled)
    actions, obs = envs.single_action_space, envs.single_observation_space
    if not isinstance(actions, gym.spaces.Discrete) or actions.start != 0:
        wrong = f"env_id = {env_id!r} has actions {actions}: they must be Discrete from 0"
        raise ValueError(f"{wrong}. Use an environment such as Acrobot-v1.")
    if not isinstance(obs, gym.spaces.Box) or len(obs.shape) != 1:
        wrong = f"env_id = {env_id!r} has observations {obs}: they must be a Box with one axis"
        raise ValueError(f"{wrong}. Register it with gymnasium.wrappers.FlattenObservation.")
    return envs


def float32(obs: Array) -> Array:
    """Observations as networks read them, any shape."""
    return np.asarray(obs, np.float32)


def first_observations(env_id: str, count: int) -> Array:
    """Where episodes start: ``[count, D]``, the same for all runs."""
    return float32(make_envs(env_id, count).reset(seed=list(range(count)))[0])


def rng_state(env: gym.Env[Any, Any]) -> dict[str, Any]:
    """State of an environment's generator: with the actions since, it is the environment's."""
    return dict(env.unwrapped.np_random.bit_generator.state)


def seed_state(seed: int) -> dict[str, Any]:
    """State of the generator that ``env.reset(seed=seed)`` starts with."""
    return dict(seeding.np_random(seed)[0].bit_generator.state)


def rebuild(envs: Envs, states: list[dict[str, Any]], actions: list[Array]) -> None:
    """Bring environments back into the middle of an episode by replaying it.

    An episode is a function of its generator at the reset and of the actions taken since, so
    neither is the inside of an environment saved nor code unpickled.

    Args:
        envs: from `make_envs`, one environment per learner.
        states: of the generators at the resets, as `rng_state` returned them.
        actions: those since the reset of each environment, ``[T]``.
    """
    for i, (env, state, past) in enumerate(zip(envs.envs, states, actions, strict=True)):
        env.unwrapped.np_random.bit_generator.state = state
        env.reset()
        for action in past:
            env.step(int(action))
        if isinstance(envs, SeededCartPoleVector):
            envs.state[:, i], envs.steps[i] = env.state, len(past)
