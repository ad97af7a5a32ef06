"""Gymnasium environments side by side, each with randomness of its own.

Both kinds are vector environments with autoreset *disabled*: ``step`` returns the true last
observation of an episode and ``reset(options={"reset_mask": done})`` starts the next ones. In
next-step mode the row after an end is not a transition, and it would enter the replay buffer.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleEnv, CartPoleVectorEnv
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode

from dqn_lessons import checks as check
from dqn_lessons.config import Array
from dqn_lessons.envs import TabularEnv

_MODULE = "gymnasium.envs.classic_control.cartpole"
_CARTPOLE: Any = f"{_MODULE}:CartPoleEnv", f"{_MODULE}:CartPoleVectorEnv", {}
_LARGEST = 1e15  # the square of a thousand times as much is no longer a float32
Envs = Any  # a gymnasium.vector.VectorEnv with `envs`; its types know no seed per environment


class _Seeded:
    """N environments stepped at once; ``envs`` are single ones, which draw the starts of episodes.

    So a start depends on one seed; with one generator for all, one learner's fall would move
    another's start. ``state`` is ``[..., N]``, ``steps`` since the resets ``[N]``.
    """

    envs: list[Any]
    state: Any
    steps: Array
    obs: Callable[[], Array]

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Array, dict[str, Any]]:
        """Start new episodes, all or those in ``options["reset_mask"]``; returns obs ``[N, D]``."""
        mask = (options or {}).get("reset_mask", np.ones(len(self.envs), bool))
        for i in np.flatnonzero(mask):
            self.envs[i].reset(seed=None if seed is None else seed[i])
            self.state[..., i], self.steps[i] = self.envs[i].state, 0
        return self.obs(), {}


class _CartPoles(_Seeded, CartPoleVectorEnv):
    """Gymnasium's vectorised CartPole, six times as fast as a loop over single ones."""

    metadata = {**CartPoleVectorEnv.metadata, "autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012

    def __init__(self, num_envs: int, max_episode_steps: int) -> None:
        super().__init__(num_envs, max_episode_steps)
        self.envs = [CartPoleEnv() for _ in range(num_envs)]
        self.state: Any = np.zeros((4, num_envs))
        self._limits = np.array([[self.x_threshold], [self.theta_threshold_radians]])
        self._reward = np.ones(num_envs, np.float32)
        # Checking that an argmax over two actions is an action takes a third of a step.
        unchecked: Any = self.envs[0].action_space
        unchecked.contains = lambda action: True

    def obs(self) -> Array:
        """Positions, velocities, angles and their velocities, float32 ``[N, 4]``."""
        return np.asarray(self.state.T, np.float32, order="C")

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """Take one action ``[N]`` in each environment."""
        if self.num_envs == 1:  # arrays of one number take four times as long
            return self._single_step(self.envs[0], int(action[0]))
        if _physics_is_known():
            return self.fast_step(action)
        self.prev_done[:] = False  # where it is true, Gymnasium would reset
        return super().step(action)

    def _single_step(self, env: Any, action: int) -> tuple[Array, Array, Array, Array, Any]:
        env.state = self.state[:, 0]
        obs, _, terminated, _, info = env.step(action)
        self.state = env.state[:, None]
        self.steps += 1
        truncated = self.steps >= self.max_episode_steps
        return obs[None], self._reward, np.array([terminated]), truncated, info

    def fast_step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """Gymnasium's ``step``, action ``[N]``, to the last bit, in half as many calls of NumPy."""
        _, x_dot, theta, theta_dot = self.state
        sin, cos = np.sin(theta), np.cos(theta)
        force = (action - 0.5) * (2 * self.force_mag)
        push = (force + self.polemass_length * (theta_dot * theta_dot) * sin) / self.total_mass
        inertia = self.length * (4.0 / 3.0 - self.masspole * (cos * cos) / self.total_mass)
        theta_acc = (self.gravity * sin - cos * push) / inertia
        x_acc = push - self.polemass_length * theta_acc * cos / self.total_mass
        self.state = self.state + self.tau * np.array((x_dot, x_acc, theta_dot, theta_acc))
        out = np.abs(self.state[::2]) > self._limits
        self.steps += 1
        return self.obs(), self._reward, out[0] | out[1], self.steps >= self.max_episode_steps, {}


@cache
def _physics_is_known() -> bool:
    """Whether `fast_step` does what the Gymnasium that is installed does, in a thousand states."""
    theirs: Any = CartPoleVectorEnv(1_000, 2)
    ours, rng = _CartPoles(1_000, 2), np.random.default_rng(0)
    ours.state = theirs.state = rng.uniform(-1, 1, (4, 1_000)) * [[3], [3], [0.3], [3]]
    action = rng.integers(0, 2, 1_000)
    return all(map(np.array_equal, ours.fast_step(action)[:4], theirs.step(action)[:4]))


class _TabularEnvs(_Seeded, gym.vector.VectorEnv[Any, Any, Any]):
    """MDPs of the course, stepped by one look at their tables."""

    metadata = {"autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012

    def __init__(self, name: str, num_envs: int, max_episode_steps: int) -> None:
        self.envs = [TabularEnv(name) for _ in range(num_envs)]
        self.mdp, self.max_episode_steps = self.envs[0].mdp, max_episode_steps
        self.single_action_space = self.envs[0].action_space
        self.single_observation_space = self.envs[0].observation_space
        self.state, self.steps = np.zeros((2, num_envs), np.int64)

    def obs(self) -> Array:
        """Observations of the present states, float32 ``[N, D]``."""
        return np.asarray(self.mdp.obs[self.state])

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """Take one action ``[N]`` in each environment."""
        mdp, at = self.mdp, (self.state, action)
        self.state = mdp.next_state[at]
        self.steps += 1
        truncated = self.steps >= self.max_episode_steps
        return self.obs(), mdp.reward[at], mdp.terminated[at], truncated, {}


def make_envs(env_id: str, count: int) -> Envs:
    """``count`` environments with autoreset disabled; environment i depends on its seed only."""
    with check.making_environment(env_id):
        spec = gym.spec(env_id)
    most, plain = spec.max_episode_steps, not spec.additional_wrappers
    made = spec.entry_point, spec.vector_entry_point, spec.kwargs
    if plain and most and made == _CARTPOLE:  # a keyword or a class of one's own: not this one
        return _CartPoles(count, most)
    if plain and most and made[0] == "dqn_lessons.envs:TabularEnv" and [*made[2]] == ["name"]:
        return _TabularEnvs(spec.kwargs["name"], count, most)
    disabled = {"autoreset_mode": AutoresetMode.DISABLED}
    with check.making_environment(env_id):
        envs = gym.make_vec(env_id, count, vectorization_mode="sync", vector_kwargs=disabled)
    actions, obs = envs.single_action_space, envs.single_observation_space
    if not isinstance(actions, gym.spaces.Discrete) or actions.start != 0:
        found, limit = f" has actions {actions}", "one whose actions are Discrete from 0"
        check.refuse_value("env_id", env_id, limit, "Use Acrobot-v1, for example.", found=found)
    if not isinstance(obs, gym.spaces.Box) or len(obs.shape) != 1 or obs.shape == (0,):
        found, limit = f" has observations {obs}", "one whose observations are a Box with one axis"
        remedy = "Register it with gymnasium.wrappers.FlattenObservation."
        check.refuse_value("env_id", env_id, limit, remedy, found=found)
    return envs


def float32(obs: Array) -> Array:
    """Observations as networks read them, any shape."""
    return np.asarray(obs, np.float32)


def check_given(env_id: str, step: int, **given: Array) -> None:
    """Refuse what no network learns from; cheap where nothing is wrong.

    Args:
        env_id: the environment that gave it.
        step: environment steps made.
        given: name -> array, any shape.
    """
    for name, values in given.items():
        if not math.isfinite(np.vdot(values, values)):
            wrong = values[~(np.abs(values) <= _LARGEST)][0]
            found, limit = f": its {name} at step {step:,} is {wrong:g}", f"finite, <= {_LARGEST:g}"
            remedy = "Correct the environment, or scale it by a wrapper."
            check.refuse_value("env_id", env_id, limit, remedy, found=found)


def rng_state(env: gym.Env[Any, Any]) -> dict[str, Any]:
    """State of an environment's generator: with the actions since, it is the environment's."""
    return dict(env.unwrapped.np_random.bit_generator.state)


def seed_state(seed: int) -> dict[str, Any]:
    """State of the generator that ``env.reset(seed=seed)`` starts with."""
    return dict(seeding.np_random(seed)[0].bit_generator.state)
