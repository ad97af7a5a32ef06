"""How fast training is, beside two others at the same setting, on one core.

Run: ``taskset -c 0 python benchmarks/train_speed.py``. Figures are environment steps per
CPU-second; only ratios within one run mean something, machines differ by a factor of two.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from dqn_lessons import td
from dqn_lessons import train as training
from dqn_lessons.experiments.presets import FAST_CARTPOLE
from dqn_lessons.train import Run, train

SEPARATE = replace(FAST_CARTPOLE, eval_period=10**9)  # training alone, nobody evaluates


def ours(steps: int, learners: int) -> int:
    train(replace(SEPARATE, steps=steps), range(learners), progress=False)
    return learners * steps


def single_loop(steps: int) -> int:
    """One environment, one network, one transition at a time, as most courses write it."""
    config = SEPARATE
    envs = gym.vector.SyncVectorEnv([lambda: gym.make(config.env_id)])
    online, target = (
        nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
        for _ in range(2)
    )
    target.load_state_dict(online.state_dict())
    optimizer = torch.optim.Adam(online.parameters(), lr=config.learning_rate)
    capacity, rng = config.replay_capacity, np.random.default_rng(0)
    seen, seen_next = np.zeros((2, capacity, 4), np.float32)
    actions, rewards = np.zeros(capacity, np.int64), np.zeros(capacity, np.float32)
    ends = np.zeros(capacity, np.float32)
    obs, _ = envs.reset(seed=0)
    for step in range(steps):
        if random.random() < max(1 - 0.95 * step / config.epsilon_duration, 0.05):
            action = envs.action_space.sample()
        else:
            action = online(torch.Tensor(obs)).argmax(1).numpy()
        next_obs, reward, terminated, _, _ = envs.step(action)
        i = step % capacity
        seen[i], seen_next[i], actions[i] = obs[0], next_obs[0], action[0]
        rewards[i], ends[i] = reward[0], terminated[0]
        obs = next_obs
        if step < config.learning_starts or step % config.update_period:
            continue
        rows = rng.integers(0, min(step + 1, capacity), config.batch_size)
        o, a, r, n, e = map(
            torch.as_tensor, (x[rows] for x in (seen, actions, rewards, seen_next, ends))
        )
        with torch.no_grad():
            y = r + config.gamma * target(n).max(1).values * (1 - e)
        loss = nn.functional.mse_loss(online(o).gather(1, a[:, None]).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % (config.target_period * config.update_period) == 0:
            target.load_state_dict(online.state_dict())
    return steps


def stable_baselines3(steps: int) -> int:
    from stable_baselines3 import DQN

    config = SEPARATE
    DQN(
        "MlpPolicy",
        config.env_id,
        learning_rate=config.learning_rate,
        buffer_size=config.replay_capacity,
        learning_starts=config.learning_starts,
        batch_size=config.batch_size,
        gamma=config.gamma,
        train_freq=config.update_period,
        target_update_interval=config.target_period * config.update_period,
        policy_kwargs={"net_arch": list(config.hidden_sizes)},
        device="cpu",
    ).learn(steps)
    return steps


def steps_per_cpu_second(play: Callable[[], int]) -> float:
    start = time.process_time()
    steps = play()
    return steps / (time.process_time() - start)


def time_sections(spent: Counter[str]) -> None:
    """Wrap the parts of the loop so that each adds its time to ``spent``."""

    def wrap(owner: Any, method: str, label: str) -> None:
        inner = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                spent[label] += time.perf_counter() - start

        setattr(owner, method, timed)

    wrap(training.StackedMLP, "values", "act: forward")
    wrap(td, "epsilon_greedy", "act: epsilon-greedy")
    wrap(training.Replay, "add", "replay: add")
    wrap(training.Replay, "sample", "update: sample")
    wrap(training.StackedMLP, "forward", "update: both forwards")
    wrap(td, "td_loss", "update: loss")
    wrap(torch.Tensor, "backward", "update: backward")
    wrap(torch.optim.Adam, "step", "update: Adam")
    wrap(Run, "learn", "update: all of it")
    wrap(Run, "reset_ended", "episodes: begin")
    wrap(training.TrainingLog, "end_episodes", "episodes: end")


def floors(learners: int, count: int = 500) -> dict[str, float]:
    """Microseconds of the unavoidable parts, each alone in a tight loop."""
    run = train(replace(SEPARATE, steps=2000), range(learners), progress=False)
    batch, action = run.replay.sample(SEPARATE.batch_size), np.ones(learners, np.int64)

    def forward_backward() -> None:
        q = run.online(batch.obs).gather(-1, batch.action.unsqueeze(-1)).squeeze(-1)
        for param in run.online.parameters():
            param.grad = None
        td.td_loss(q, batch.reward).sum().backward()

    parts: dict[str, Callable[[], Any]] = {
        "environment step": lambda: run.envs.step(action),
        "act: forward": lambda: run.online.values(run.obs),
        "target forward": torch.no_grad()(lambda: run.target(batch.next_obs)),
        "forward and backward": forward_backward,
        "Adam": run.optimizer.step,
    }
    microseconds = {}
    for name, part in parts.items():
        start = time.perf_counter()
        for _ in range(count):
            part()
        microseconds[name] = (time.perf_counter() - start) / count * 1e6
    return microseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50_000, help="steps of each learner")
    parser.add_argument("--learners", type=int, default=16)
    parser.add_argument("--peer-steps", type=int, default=10_000, help="steps of the two others")
    args = parser.parse_args()
    ours(1200, 1)  # PyTorch's optimisers load a second of code when first used
    learners, period = args.learners, SEPARATE.update_period
    players = {
        f"dqn_lessons, {learners} learners": partial(ours, args.steps, learners),
        "dqn_lessons, 1 learner": partial(ours, args.peer_steps, 1),
        "plain single loop": partial(single_loop, args.peer_steps),
        "Stable-Baselines3": partial(stable_baselines3, args.peer_steps),
    }
    speeds = {name: steps_per_cpu_second(play) for name, play in players.items()}
    ahead = next(iter(speeds.values()))
    for name, speed in speeds.items():
        print(f"{name:28s}{speed:10,.0f} steps per CPU-second   1 : {ahead / speed:.1f}")

    alone = floors(learners)
    floor = alone["environment step"] + alone["act: forward"]
    floor += sum(list(alone.values())[2:]) / period
    print(f"\nfloors, {learners} learners, microseconds, each alone in a tight loop")
    for name, microseconds in alone.items():
        print(f"  {name:28s}{microseconds:8.0f}")
    spent: Counter[str] = Counter()
    time_sections(spent)
    start = time.perf_counter()
    steps = min(args.steps, 20_000)
    ours(steps, learners)
    total = (time.perf_counter() - start) / steps * 1e6
    print(f"\nwhere the time goes, microseconds per step of all {learners} (timers included)")
    for name, seconds in spent.most_common():
        print(f"  {name:28s}{seconds / steps * 1e6:8.1f}")
    print(f"  {'everything':28s}{total:8.1f}   (sum of the floors {floor:.1f})")


if __name__ == "__main__":
    main()
