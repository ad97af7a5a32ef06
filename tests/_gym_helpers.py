"""Worlds whose numbers say what happened in them."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import torch

import dqn_lessons.train as loop
from dqn_lessons.types import DQNConfig


class Clock(gym.Env):
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


class Unusable(Clock):
    action_space = gym.spaces.Box(-1, 1, (1,))


class Picture(Clock):
    observation_space = gym.spaces.Box(0, 1, (2, 2))


for name, env in (("Clock", Clock), ("Unusable", Unusable), ("Picture", Picture)):
    gym.register(f"tests/{name}-v0", env, max_episode_steps=40, disable_env_checker=True)

# Lesson 1's state, cut short by the clock at every step.
gym.register(
    "tests/Truncated-v0",
    "dqn_lessons.envs:TabularEnv",
    kwargs={"name": "OneState-v0"},
    max_episode_steps=1,
    disable_env_checker=True,
)

# Small enough for the worlds of `dqn_lessons.envs`, and always exploring.
PROBE = DQNConfig(
    steps=1_500,
    hidden_sizes=(16,),
    gamma=0.8,
    learning_rate=5e-3,
    batch_size=32,
    replay_capacity=1_000,
    learning_starts=100,
    update_period=1,
    target_period=20,
    epsilon_end=1.0,
    eval_period=1_500,
    eval_episodes=4,
)


def one_state(env_id="dqn_lessons/OneState-v0", seeds=(0,), td_target=None, **changes):
    """The value of lesson 1's state after 150 of the learner's own updates, with SGD (lr 0.05)."""
    base = DQNConfig(
        env_id=env_id,
        steps=150,
        hidden_sizes=(),
        batch_size=1,
        replay_capacity=1,
        learning_starts=1,
        update_period=1,
        target_period=50,
        eval_period=1_000,
    )
    config = replace(base, **changes)
    run = loop.Run(config, seeds)
    for net in (run.online, run.target):
        net.biases[0].data.zero_()
    run.optimizer = torch.optim.SGD(run.online.parameters(), lr=0.05)
    loop.train(config, seeds, td_target=td_target, resume=run, progress=False)
    return run.online.biases[0].flatten().tolist()


def closed_form(period=50, gamma=0.99, n=150, rate=0.05, reward=2.0):
    """SGD on one number b towards r + gamma b_target, copied every ``period`` updates."""
    rho = gamma + (1 - gamma) * (1 - 2 * rate) ** period
    return reward / (1 - gamma) * (1 - rho ** (n // period))
