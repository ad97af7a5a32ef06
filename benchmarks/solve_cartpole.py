"""The agent that solves CartPole: how it was searched, and how it does on seeds never searched.

    python benchmarks/solve_cartpole.py            train SOLVED_CARTPOLE on 16 report seeds
    python benchmarks/solve_cartpole.py search     every setting of the search, 16 search seeds
    python benchmarks/solve_cartpole.py search 9   setting number 9 alone

Solved: the mean of 100 greedy episodes at the end of training is 475 or more. Search seeds and
report seeds have none in common, and neither has any with the shipped runs (0 to 23).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from dqn_lessons.train import evaluate, train
from dqn_lessons.types import DQNConfig

SEARCH_SEEDS = range(1_000, 1_016)
REPORT_SEEDS = range(5_000, 5_016)
SOLVED = 475
EPISODES = 100

# The search went from one line to the next: what it starts from, and what is changed there.
_FIRST = DQNConfig(
    steps=60_000,
    learning_rate=1e-3,
    learning_rate_end=0.0,
    batch_size=32,
    learning_starts=500,
    update_period=2,
    epsilon_duration=5_000,
)
_STAGES: list[tuple[DQNConfig, list[dict[str, Any]]]] = []


def trial(config: DQNConfig, seeds: range) -> str:
    """Train without evaluations, then score; one line of the table."""
    began = time.process_time()
    run = train(replace(config, eval_period=config.steps * 2), seeds, progress=False)
    seconds = time.process_time() - began
    returns = evaluate(run.online, config.env_id, [(s, 7) for s in seeds], EPISODES).mean(axis=1)
    solved = int((returns >= SOLVED).sum())
    each = f"{seconds / solved:.1f}" if solved else "-"
    lowest = " ".join(f"{score:.0f}" for score in np.sort(returns)[:4])
    return (
        f"solved {solved:>2} of {len(seeds)}, mean {returns.mean():5.1f}, lowest {lowest}, "
        f"CPU-seconds per solved learner {each}"
    )
