"""The agent that solves CartPole: how it was searched, and how it does on seeds never searched.

    python benchmarks/solve_cartpole.py            SOLVED_CARTPOLE on 16 report seeds
    python benchmarks/solve_cartpole.py search     the settings of the search, 96 seeds each
    python benchmarks/solve_cartpole.py search 3   setting number 3 alone

Solved: 100 greedy episodes average 475 or more at the end of training. Search seeds, report
seeds and the seeds of the shipped runs (20,000 to 20,023) have none in common.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments.presets import SOLVED_CARTPOLE
from dqn_lessons.train import evaluate, train

SEARCH_SEEDS = (*range(1_000, 1_048), *range(2_000, 2_048))
REPORT_SEEDS = range(30_000, 30_016)
SOLVED, EPISODES = 475, 100

# What was tried around SOLVED_CARTPOLE; benchmarks/README.md has the results and the road there.
# Stage 4 made twice as many updates, each on half as many transitions.
_OFTEN = {"batch_size": 64, "update_period": 4, "learning_rate": 1e-3, "tau": 0.02}
_SQUARED = {**_OFTEN, "loss": "mse", "epsilon_end": 0.1}
_FREE = {**_SQUARED, "value_range": None}
SEARCH: list[dict[str, Any]] = [
    {},
    {"batch_size": 64},
    {"batch_size": 256},
    {"learning_rate": 1e-3},
    {"hidden_sizes": (128,)},
    {"steps": 110_000},
    {"steps": 100_000},
    {"update_period": 12, "tau": 0.06},
    _OFTEN,
    {**_OFTEN, "loss": "mse"},
    {**_SQUARED, "batch_size": 32},
    {**_SQUARED, "batch_size": 16},
    {**_SQUARED, "batch_size": 16, "replay_capacity": 40_000},
    {**_SQUARED, "batch_size": 32, "update_period": 3, "steps": 120_000},
    {**_FREE, "batch_size": 32},
    {**_FREE, "batch_size": 16},
    {**_FREE, "batch_size": 8},
    {**_FREE, "batch_size": 16, "gamma": 0.98},
    {**_FREE, "batch_size": 32, "max_grad_norm": 10.0},
    {**_FREE, "batch_size": 16, "max_grad_norm": 10.0},
    {**_FREE, "batch_size": 16, "max_grad_norm": 1.0},
    {**_FREE, "batch_size": 32, "update_period": 6, "steps": 150_000},
    {**_FREE, "batch_size": 16, "update_period": 6, "steps": 150_000},
    {**_FREE, "batch_size": 32, "update_period": 2, "steps": 100_000},
    {**_FREE, "batch_size": 32, "update_period": 3, "steps": 120_000},
    {**_FREE, "batch_size": 16, "update_period": 2, "steps": 100_000},
    {
        **_FREE,
        "batch_size": 32,
        "update_period": 2,
        "steps": 120_000,
        "replay_capacity": 30_000,
    },
]


def trial(config: DQNConfig, seeds: Sequence[int]) -> str:
    """Train without evaluations, then score: one line of the table."""
    began = time.process_time()
    run = train(replace(config, eval_period=10 * config.steps), seeds, progress=False)
    seconds = time.process_time() - began
    rng = [(seed, 7) for seed in seeds]
    returns = evaluate(run.online, config.env_id, rng, EPISODES).mean(axis=1)
    solved = int((returns >= SOLVED).sum())
    each = f"{seconds / solved:.1f}" if solved else "-"
    lowest = " ".join(f"{score:.0f}" for score in np.sort(returns)[:5])
    return (
        f"solved {solved:>2} of {len(seeds)}, mean return {returns.mean():5.1f}, "
        f"lowest {lowest}, CPU-seconds per solved learner {each}"
    )


def main(arguments: list[str]) -> None:
    """Search, or report."""
    if not arguments:
        print(
            "SOLVED_CARTPOLE, seeds that no search has seen:", trial(SOLVED_CARTPOLE, REPORT_SEEDS)
        )
        return
    numbers = [int(n) for n in arguments[1:]] or range(len(SEARCH))
    for number in numbers:
        changes = SEARCH[number]
        print(f"{number:>2} {changes}: {trial(replace(SOLVED_CARTPOLE, **changes), SEARCH_SEEDS)}")


if __name__ == "__main__":
    main(sys.argv[1:])
