"""How fast training is, beside others at the same setting, on one core.

Run: ``taskset -c 1 python benchmarks/train_speed.py``. Figures are learner-steps per CPU-second,
lowest / median / highest of the repeats; ratios are paired, as machines differ by a factor of two
and an hour from the next by a third. ``--growth`` looks where more learners stop paying, and
draws it; without ``taskset`` it also times two processes against one.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import importlib.util
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments.presets import FAST_CARTPOLE, SOLVED_CARTPOLE, VANILLA
from dqn_lessons.experiments.sweep import sweep
from dqn_lessons.train import train

SEPARATE = replace(FAST_CARTPOLE, eval_period=10**9)  # training alone, without evaluation


def ours(steps: int, learners: int, config: DQNConfig = SEPARATE) -> int:
    train(replace(config, steps=steps), range(learners), progress=False)
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


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    low, *_, high = sorted(values)
    return f"{low:{form}} / {statistics.median(values):{form}} / {high:{form}}"


def compare(repeats: int) -> None:
    """Rates of all, and how many times as fast 16 learners are as each, pair by pair."""
    vanilla = replace(VANILLA, update_period=1, eval_period=10**9)
    solver = replace(SOLVED_CARTPOLE, eval_period=10**9)
    wide = replace(SEPARATE, hidden_sizes=(256, 256), batch_size=256)
    players: dict[str, Callable[[], int]] = {
        "16 learners": lambda: ours(12_000, 16),
        "1 learner": lambda: ours(12_000, 1),
        "1 learner, vanilla, an update per step": lambda: ours(5_000, 1, vanilla),
        "16 learners, as in the solver": lambda: ours(4_000, 16, solver),
        "16 learners, 256-256, batch 256": lambda: ours(1_300, 16, wide),
        "plain single loop": lambda: single_loop(8_000),
        "Stable-Baselines3": lambda: stable_baselines3(6_000),
    }
    if importlib.util.find_spec("jax"):
        import jax_dqn

        compiled = replace(SEPARATE, steps=12_000)
        for learners in (16, 1):
            jax_dqn.run(compiled, learners)  # `cold` counts what that takes
            name = f"JAX, learners: {learners}, compiled"
            players[name] = lambda n=learners: jax_dqn.run(compiled, n)
    speeds: dict[str, list[float]] = {name: [] for name in players}
    for _ in range(repeats):
        for name, play in players.items():
            speeds[name].append(steps_per_cpu_second(play))
    ahead = speeds["16 learners"]
    print(f"{'':42}{'learner-steps per CPU-second':>32}   16 learners : this")
    for name, rates in speeds.items():
        ratios = [one / other for one, other in zip(ahead, rates, strict=True)]
        print(f"{name:<42}{spread(rates):>32}   {spread(ratios, '.1f')}")


def cold(repeats: int) -> None:
    """CPU-seconds of a whole process, imports and evaluations counted."""
    course = "from dqn_lessons.train import train; from dqn_lessons.config import DQNConfig; "
    course += "train(DQNConfig(steps={steps}), range(16), progress=False)"
    peer = "import jax_dqn; from dqn_lessons.config import DQNConfig; "
    peer += "jax_dqn.run(DQNConfig(steps={steps}), 16)"
    codes = {"the course": course}
    codes |= {"JAX, without evaluations": peer} if importlib.util.find_spec("jax") else {}
    for steps in (5_000, 50_000):
        for name, code in codes.items():
            seconds = []
            for _ in range(repeats):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                command = [sys.executable, "-c", code.format(steps=steps)]
                subprocess.run(command, check=True, cwd=Path(__file__).parent)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds.append(sum(after[:2]) - sum(before[:2]))
            print(f"cold process, 16 x {steps:,} steps, {name}: {spread(seconds, '.1f')} CPU-s")


def growth(figure: Path) -> None:
    """Where more learners stop paying: S x width x batch, as a table and a figure."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7, 4))
    axis = drawn.subplots()
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xlabel("learners side by side")
    axis.set_ylabel("learner-steps per CPU-second")
    counts = (1, 4, 16, 64, 256)
    print(f"{'units, batch':<22}" + "".join(f"{count:>10}" for count in counts))
    for units in (64, 128, 256):
        for batch in (32, 64, 256):
            shape = {"hidden_sizes": (units, units), "batch_size": batch}
            rates = []
            for learners in counts:
                config = replace(SEPARATE, **shape, learning_starts=batch, replay_capacity=1_000)
                steps = max(batch + 40, int(2e8 / (learners * units**2 * batch / 4 + 4e5)))
                steps = min(steps, 4_000)
                rate = lambda s=steps, n=learners, c=config: ours(s, n, c)  # noqa: E731
                rates.append(statistics.median(steps_per_cpu_second(rate) for _ in range(3)))
            print(f"{units}-{units}, {batch:<12}" + "".join(f"{rate:>10,.0f}" for rate in rates))
            style = {32: ":", 64: "-", 256: "--"}[batch]
            label = f"{units}-{units}, batch {batch}"
            axis.plot(counts, rates, style, marker="o", label=label)
    axis.legend(fontsize=7)
    drawn.savefig(figure, bbox_inches="tight")


def processes() -> None:
    """Two processes against one, by the clock on the wall: needs two idle cores."""
    arms = {name: replace(SEPARATE, gamma=gamma) for name, gamma in (("a", 0.99), ("b", 0.98))}
    for jobs in (1, 2):
        start = time.perf_counter()
        sweep(arms, range(16), jobs=jobs, progress=False)
        print(f"two arms of 16 x 50,000 steps, {jobs} at once: {time.perf_counter() - start:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--growth", type=Path, metavar="FILE", help="where to draw the figure")
    args = parser.parse_args()
    packages = ("numpy", "torch", "gymnasium", "stable-baselines3", "jax")
    known = [p for p in packages if importlib.util.find_spec(p.replace("-", "_"))]
    print(platform.processor() or platform.machine(), "Python", platform.python_version(), end=" ")
    print(*(f"{name} {metadata.version(name)}" for name in known))
    if args.growth:
        growth(args.growth)
        processes()
    else:
        compare(args.repeats)
        cold(args.repeats)


if __name__ == "__main__":
    main()
