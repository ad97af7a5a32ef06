"""Networks under the examiner: hand-written loops in several styles and Stable-Baselines3's.

The settings are such that right ones learn in 2,000 steps. With sixteen seeds each it takes about
half an hour of one core, Stable-Baselines3's share some eight minutes.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from dqn_classroom import clinic
from tests.classroom.clinic_tables import own_program

SEEDS, HEALTHY = 16, 15
"""Seeds, and how many must be healthy: 15 of 16 leave at most 27 % of false alarms (at 95 %)."""


def by_hand(
    rate: float = 1e-3, starts: int = 100, period: int = 50, huber: bool = False, tau: float = 0.0
) -> Any:
    """A single loop in plain PyTorch, as tutorials write it."""

    def train(env_id: str, *, steps: int, gamma: float, seed: int) -> Any:
        random.seed(seed)
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        env = gym.make(env_id)
        size, actions = env.observation_space.shape[0], int(env.action_space.n)  # type: ignore
        online, target = (
            nn.Sequential(
                nn.Linear(size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, actions)
            )
            for _ in range(2)
        )
        target.load_state_dict(online.state_dict())
        optimizer = torch.optim.Adam(online.parameters(), lr=rate)
        loss_of = nn.functional.smooth_l1_loss if huber else nn.functional.mse_loss
        memory: deque[Any] = deque(maxlen=10_000)
        obs, _ = env.reset(seed=seed)
        for step in range(steps):
            if rng.random() < max(0.05, 1 - 2 * step / steps):
                action = int(rng.integers(actions))
            else:
                action = int(online(torch.tensor(obs)).argmax())
            after, reward, terminated, truncated, _ = env.step(action)
            memory.append((torch.tensor(obs), action, reward, torch.tensor(after), terminated))
            obs = after
            if terminated or truncated:
                obs, _ = env.reset()
            if step >= starts:
                seen, acts, rewards, nexts, ends = zip(*random.sample(memory, 32), strict=True)
                with torch.no_grad():
                    best = target(torch.stack(nexts)).amax(1)
                    y = torch.tensor(rewards) + gamma * best * ~torch.tensor(ends)
                q = online(torch.stack(seen))[torch.arange(32), torch.tensor(acts)]
                optimizer.zero_grad()
                loss_of(q, y.float()).backward()
                optimizer.step()
                for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
                    if tau or step % period == 0:
                        slow.data.lerp_(fast.data, tau or 1.0)
        return online

    return train


def stable_baselines3(env_id: str, *, steps: int, gamma: float, seed: int) -> Any:
    """Stable-Baselines3's DQN; its defaults are for runs a thousand times as long."""
    from stable_baselines3 import DQN

    model = DQN(
        "MlpPolicy",
        env_id,
        learning_rate=1e-3,
        buffer_size=10_000,
        train_freq=1,
        target_update_interval=50,
        exploration_fraction=0.5,
        gamma=gamma,
        seed=seed,
        device="cpu",
    )
    return model.learn(steps).q_net


PROGRAMS = {
    "the course's loop": own_program,
    "by hand": by_hand(),
    "by hand, Huber": by_hand(huber=True),
    "by hand, soft updates": by_hand(tau=0.01),
    "Stable-Baselines3": stable_baselines3,
}


def check(count: int = SEEDS, least: int = HEALTHY) -> list[tuple[str, str, str]]:
    """Examine every program with so many seeds; a row for each: healthy k of n, and what failed.

    Args:
        count: seeds.
        least: how many must be healthy.
    """
    rows = []
    for name, train in PROGRAMS.items():
        wrong = {}
        for seed in range(count):
            said = clinic.examine(train, seed=seed, progress=False)
            wrong[seed] = [one.name for one in said.findings if not one.passed]
        alarms = [f"seed {seed}: {', '.join(names)}" for seed, names in wrong.items() if names]
        healthy = count - len(alarms)
        told = "; ".join([f"healthy {healthy} of {count}", *alarms])
        rows.append((name, told, "" if healthy >= least else f"at least {least} must be"))
    return rows
