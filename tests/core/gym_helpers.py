"""Worlds whose numbers say what happened in them."""

import gymnasium as gym
import numpy as np


class TimeLimit(gym.Env):
    """Observes ``[start, time]``; even starts terminate at 4, odd ones are truncated at 6."""

    observation_space = gym.spaces.Box(-1, 1e9, (2,), np.float64)
    action_space = gym.spaces.Discrete(3)

    def _obs(self):
        return np.array([self.start, self.time], np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.start, self.time = int(self.np_random.integers(1000)), 0
        return self._obs(), {}

    def step(self, action):
        self.time += 1
        noise = self.np_random.random()
        terminated = self.start % 2 == 0 and self.time == 4
        return self._obs(), self.start + noise, terminated, self.time == 6, {}


class Unusable(TimeLimit):
    action_space = gym.spaces.Box(-1, 1, (1,))


class Picture(TimeLimit):
    observation_space = gym.spaces.Box(0, 1, (2, 2))


for name, env in (("TimeLimit", TimeLimit), ("Unusable", Unusable), ("Picture", Picture)):
    gym.register(f"tests/{name}-v0", env, max_episode_steps=40, disable_env_checker=True)
