"""Policies, from an observation to an action, and the episodes that they play."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dqn_lessons import checks as check
from dqn_lessons.envs import ENDLESS  # registers the course's own MDPs, too

# Drawing needs no window; without this SDL looks for one on machines that have none.
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

Policy = Callable[[NDArray[np.float32]], int]


def random_policy(actions: int, rng: np.random.Generator) -> Policy:
    """Return the policy that ignores the observation: each action is as likely."""
    return lambda obs: int(rng.integers(actions))


def q_values(weights: Sequence[NDArray[Any]], obs: ArrayLike) -> NDArray[Any]:
    """Values of a ReLU network, ``[..., D] -> [..., A]``, without PyTorch.

    Args:
        weights: matrix [in, out] and bias [out] of each layer, in turn.
        obs: observations ``[..., D]``.
    """
    hidden = np.asarray(obs, dtype=np.float32)
    *layers, (matrix, bias) = zip(weights[::2], weights[1::2], strict=True)
    for inner, inner_bias in layers:
        hidden = np.maximum(hidden @ inner + inner_bias, 0)
    values: NDArray[Any] = hidden @ matrix + bias
    return values


def greedy_policy(weights: Sequence[NDArray[Any]]) -> Policy:
    """Return the greedy policy of a ReLU network: [in, out] and [out] of each layer, in turn."""
    return lambda obs: int(np.argmax(q_values(weights, obs)))


@dataclass(frozen=True)
class Rollout:
    """One episode.

    Args:
        frames: pictures, shape [T + 1, height, width, 3], uint8; none if not rendered.
        obs: what was seen, shape [T + 1, D].
        rewards: shape [T].
        terminated: True if the episode ended by the task's rules, not by its time limit.
    """

    frames: Sequence[NDArray[np.uint8]]
    obs: NDArray[np.float32]
    rewards: NDArray[np.float64]
    terminated: bool

    @property
    def episode_return(self) -> float:
        """The sum of the rewards, undiscounted."""
        return float(self.rewards.sum())


def rollout(env_id: str, policy: Policy, seed: int, *, render: bool = True) -> Rollout:
    """Play one episode.

    Args:
        env_id: a registered Gymnasium environment.
        policy: observation [D] -> action.
        seed: of the environment's reset; the same seed and policy give the same pictures.
        render: keep a picture of every step.

    Raises:
        RuntimeError: an episode without an end.
    """
    check.integer("seed", seed, 0, remedy="Use any whole number, such as 0.")
    with check.making_environment(env_id):
        made = gym.make(env_id, render_mode="rgb_array" if render else None)
    with made as env:
        obs, _ = env.reset(seed=seed)
        frames, rewards, seen = [], [], [obs]
        terminated = truncated = False
        while True:
            if render:
                frames.append(np.asarray(env.render(), dtype=np.uint8))
            if terminated or truncated:
                break
            obs, reward, terminated, truncated, _ = env.step(policy(obs))
            rewards.append(float(reward))
            seen.append(obs)
            if len(rewards) == ENDLESS:
                raise RuntimeError(
                    f"an episode of {env_id} takes more than {ENDLESS:,} steps. "
                    "Register the environment with max_episode_steps."
                )
    return Rollout(frames, np.array(seen), np.array(rewards), bool(terminated))
