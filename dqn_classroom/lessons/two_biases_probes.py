"""The probes of the exercises on two biases, and MDPs in which rewards are noise."""

from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from dqn_classroom.exercises.check import Probes
from dqn_lessons.config import Array
from dqn_lessons.envs import TABULAR_MDPS, TabularEnv, TabularMDP
from dqn_lessons.td import double_td_target


class NoisyEnv(TabularEnv):
    """One of the MDPs below: a reward from the table, plus noise of standard deviation 1.

    In the first state of ``Doors-v0`` there is none.
    """

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """As of any MDP of the course; the observation is ``[D]``."""
        noise = float(self.np_random.standard_normal())
        quiet = len(self.mdp.obs) == 2 and self.state == 0
        obs, reward, *ends = super().step(action)
        return obs, reward + noise * (not quiet), *ends


def _chain(states: int = 8, actions: int = 6) -> TabularMDP:
    """A walk to the end, in which no action matters: every value is 0."""
    here = np.indices((states, actions))[0]
    after, nothing = np.minimum(here + 1, states - 1), np.zeros((states, actions))
    obs = np.eye(states, dtype=np.float32)
    return TabularMDP(obs, after, nothing, here == states - 1, (0,), (1, states))


def _doors(actions: int = 10) -> TabularMDP:
    """Example 6.7: the first five actions lead on, where all pay -0.1; the others end with 0."""
    here, action = np.indices((2, actions))
    leads_on = (here == 0) & (action < actions // 2)
    obs, reward = np.eye(2, dtype=np.float32), np.where(here == 1, -0.1, 0.0)
    return TabularMDP(obs, np.ones_like(here), reward, ~leads_on, (0,), (1, 2))


for _name, _build in {"NoisyChain-v0": _chain, "Doors-v0": _doors}.items():
    TABULAR_MDPS[_name] = _build, 100
    gym.register(
        f"dqn_lessons/{_name}",
        entry_point=f"{__name__}:NoisyEnv",
        kwargs={"name": _name},
        max_episode_steps=100,
        disable_env_checker=True,
        order_enforce=False,
    )
