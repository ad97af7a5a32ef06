"""How fast training is, beside two others at the same setting, on one core.

Run: ``taskset -c 0 python benchmarks/train_speed.py`` (add ``--profile`` for the gap to the floors).
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import random
import time

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from dqn_lessons.presets import FAST_CARTPOLE
from dqn_lessons.train import train
from dqn_lessons.types import DQNConfig


def without_evaluation(steps: int) -> DQNConfig:
    from dataclasses import replace

    return replace(FAST_CARTPOLE, steps=steps, eval_period=steps + 1)


def ours(steps: int, learners: int) -> float:
    """Learner-steps per CPU-second."""
    config = without_evaluation(steps)
    start = time.process_time()
    train(config, range(learners), progress=False)
    return learners * steps / (time.process_time() - start)


def single_loop(steps: int) -> float:
    """One environment, one network, one transition at a time, as most courses write it."""
    config = without_evaluation(steps)
    envs = gym.vector.SyncVectorEnv([lambda: gym.make(config.env_id)])
    online, target = (
        nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
        for _ in range(2)
    )
    target.load_state_dict(online.state_dict())
    optimizer = torch.optim.Adam(online.parameters(), lr=config.learning_rate)
    capacity = config.replay_capacity
    obs_buf, next_buf = np.zeros((2, capacity, 4), np.float32)
    action_buf, reward_buf = np.zeros(capacity, np.int64), np.zeros(capacity, np.float32)
    terminated_buf = np.zeros(capacity, np.float32)
    start = time.process_time()
    obs, _ = envs.reset(seed=0)
    for step in range(steps):
        epsilon = max(1 - 0.95 * step / config.epsilon_duration, 0.05)
        if random.random() < epsilon:
            action = envs.action_space.sample()
        else:
            action = online(torch.Tensor(obs)).argmax(1).numpy()
        next_obs, reward, terminated, _truncated, _ = envs.step(action)
        i = step % capacity
        obs_buf[i], next_buf[i], action_buf[i] = obs[0], next_obs[0], action[0]
        reward_buf[i], terminated_buf[i] = reward[0], terminated[0]
        obs = next_obs
        if step >= config.learning_starts and step % config.update_period == 0:
            index = np.random.default_rng(step).integers(0, min(step + 1, capacity), 64)
            with torch.no_grad():
                best = target(torch.as_tensor(next_buf[index])).max(1).values
                y = torch.as_tensor(reward_buf[index]) + config.gamma * best * (
                    1 - torch.as_tensor(terminated_buf[index])
                )
            q = online(torch.as_tensor(obs_buf[index]))
            q = q.gather(1, torch.as_tensor(action_buf[index])[:, None]).squeeze(1)
            loss = nn.functional.mse_loss(y, q)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % (config.target_period * config.update_period) == 0:
                target.load_state_dict(online.state_dict())
    return steps / (time.process_time() - start)


def stable_baselines3(steps: int) -> float:
    from stable_baselines3 import DQN

    config = without_evaluation(steps)
    model = DQN(
        "MlpPolicy",
        config.env_id,
        learning_rate=config.learning_rate,
        buffer_size=config.replay_capacity,
        learning_starts=config.learning_starts,
        batch_size=config.batch_size,
        gamma=config.gamma,
        train_freq=config.update_period,
        target_update_interval=config.target_period * config.update_period,
        policy_kwargs={"net_arch": [64, 64]},
        device="cpu",
    )
    start = time.process_time()
    model.learn(steps)
    return steps / (time.process_time() - start)
