"""Networks under the examiner: hand-written loops in several styles and Stable-Baselines3's.

The settings are such that right ones learn in 2,000 steps. With sixteen seeds each it takes about
half an hour of one core, Stable-Baselines3's share some seven minutes.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from dqn_classroom import clinic
from dqn_classroom.clinic import watched
from dqn_classroom.clinic.bugs import edits_of
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


def _noise(limit: int) -> watched.Task:
    """Three states, six actions, rewards ±1, truth 0; with an end where there is no limit."""
    last, shape = np.arange(3)[:, None, None] == 2, (3, 6, 2)
    tables = [1.0, -1.0], [[[1]], [[2]], [[0]]], last & (limit > 1_000)
    reward, after, ends = (np.broadcast_to(table, shape) for table in tables)
    return watched.Task(
        "", np.eye(3, dtype=np.float32), reward, after, ends, gamma=0.9, limit=limit
    )


NOISE = {"Noise-v0": _noise(10**9), "Endless-v0": _noise(500)}
UNSEEN = [name for name in clinic.UNSEEN if not clinic.BUGS[name].needs_many]


def overestimates(count: int = SEEDS) -> Iterator[tuple[str, str, list[float]]]:
    """Say by how much the best values are too high, which is why there is no such task.

    Args:
        count: seeds.

    Yields:
        The task, the program, and the mean over states of max_a Q(s, a) of each run, sorted.
    """
    for name in NOISE:
        made: Any = {"entry_point": "dqn_classroom.clinic.watched:WatchedEnv"}
        gym.register(f"dqn_clinic/{name}", **made, kwargs={"name": name}, order_enforce=False)
    programs = {**PROGRAMS, "Double DQN": partial(own_program, double=True)}
    programs |= dict.fromkeys([*UNSEEN, "never synced"], own_program)
    with patch.dict(watched.TASKS, NOISE):
        for name in NOISE:
            for said, train in programs.items():
                with clinic.injected(edits_of(said) if said in clinic.BUGS else []):
                    runs = [watched.run(train, name, 2_000, seed)[0] for seed in range(count)]
                yield name, said, sorted(float(table.max(1).mean()) for table in runs)


if __name__ == "__main__":
    for name, said, found in overestimates():
        low, middle, high = found[0], np.mean(found), found[-1]
        print(f"{name:12} {said:34} {low:5.2f} {middle:5.2f} {high:5.2f}", flush=True)
