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


class Odd(TimeLimit):
    """A ``TimeLimit`` that gives something no environment should give, from a step on.

    Steps are counted over episodes; step 0 is the first reset.
    """

    def __init__(self, part="observation", value=np.nan, at=5, only_resets=False):
        self.part, self.value, self.at, self.only_resets, self.made = (
            part,
            value,
            at,
            only_resets,
            0,
        )

    def _spoiled(self, part, right):
        return self.value if part == self.part and self.made >= self.at else right

    def reset(self, *, seed=None, options=None):
        obs, info = super().reset(seed=seed)
        return np.array([obs[0], self._spoiled("observation", obs[1])]), info

    def step(self, action):
        self.made += 1
        obs, reward, terminated, truncated, info = super().step(action)
        if not self.only_resets:
            obs[1] = self._spoiled("observation", obs[1])
        if self._spoiled("error", False):
            raise LookupError("the game has crashed")
        reward = self._spoiled("reward", reward)
        if self._spoiled("end", False):
            terminated = truncated = False
        return obs, reward, terminated, truncated, info


class Forgetful(TimeLimit):
    """Its state is not a function of its generator and the actions: a global counter is in it."""

    count = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        Forgetful.count += 1
        self.start = Forgetful.count
        return self._obs(), {}


class Many(TimeLimit):
    """Observes the last action of 40,000, the half of them."""

    action_space = gym.spaces.Discrete(40_000)

    def step(self, action):
        _, *rest = super().step(action)
        self.last = action / 2
        return np.array([self.start, self.last]), *rest


class Blind(TimeLimit):
    observation_space = gym.spaces.Box(-1, 1, (0,))


# name -> (what it gives, how many steps it has made by then, what is said of it)
ODD = {
    "NaN at the start": ({"at": 0}, "observation at step 0 is nan"),
    "NaN later": ({"at": 50}, r"observation at step 5\d is nan"),
    "infinite later": ({"at": 50, "value": np.inf}, r"observation at step 5\d is inf"),
    "NaN at resets": ({"at": 50, "only_resets": True}, r"observation at step \d+ is nan"),
    "1e200": ({"at": 50, "value": 1e200}, r"observation at step 5\d is inf"),
    "NaN reward": ({"part": "reward", "at": 50}, "reward at step 50 is nan"),
    "no reward": ({"part": "reward", "at": 50, "value": None}, "reward at step 50 is nan"),
    "reward 1e39": ({"part": "reward", "at": 50, "value": 1e39}, "reward at step 50 is inf"),
    "reward 1e30": ({"part": "reward", "at": 50, "value": 1e30}, r"reward at step 50 is 1e\+30"),
}
for name, env in (("Forgetful", Forgetful), ("Many", Many), ("Blind", Blind)):
    gym.register(f"tests/{name}-v0", env, max_episode_steps=40, disable_env_checker=True)


def odd(**kwargs):
    """Register an `Odd` anew, without a time limit, and return its id."""
    gym.registry.pop("tests/Odd-v0", None)
    gym.register("tests/Odd-v0", Odd, kwargs=kwargs, disable_env_checker=True)
    return "tests/Odd-v0"


for name, env in (("TimeLimit", TimeLimit), ("Unusable", Unusable), ("Picture", Picture)):
    gym.register(f"tests/{name}-v0", env, max_episode_steps=40, disable_env_checker=True)
