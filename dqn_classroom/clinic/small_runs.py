"""Runs of the loop as it is now, small enough to be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

import dqn_lessons.train as loop
from dqn_lessons import envs
from dqn_lessons.config import Array, DQNConfig

TINY = DQNConfig(
    env_id="dqn_lessons/OneState-v0",
    steps=150,
    hidden_sizes=(),
    batch_size=1,
    replay_capacity=1,
    learning_starts=1,
    update_period=1,
    target_period=50,
    eval_period=10_000,
)
SMALL = DQNConfig(
    steps=900,
    hidden_sizes=(16,),
    gamma=0.8,
    learning_rate=1e-2,
    batch_size=32,
    replay_capacity=1_000,
    learning_starts=100,
    update_period=1,
    target_period=20,
    epsilon_end=1.0,
    eval_period=10_000,
)
RATE = 0.05


def values_after_sgd(world: str, seeds: Sequence[int] = (0,), **changes: Any) -> Array:
    """Action values ``[S, N, A]`` of a world's states, learned from 0 by SGD."""
    config = replace(TINY, env_id=f"dqn_lessons/{world}-v0", **changes)
    run = loop.Run(config, seeds)
    with torch.no_grad():
        for net in (run.online, run.target):
            for param in net.parameters():
                param.zero_()
    optimizer: Any = torch.optim.SGD(run.online.parameters(), lr=RATE)
    run.optimizer = optimizer
    loop.train(config, seeds, resume=run, progress=False)
    obs, _ = envs.exact_q(config.env_id, config.gamma)
    with torch.no_grad():
        every = torch.from_numpy(obs)[None].expand(len(seeds), -1, -1)
        return np.asarray(run.online(every))


def trained(world: str, **changes: Any) -> loop.Run:
    """Train one learner, always exploring, in a world of the course."""
    config = replace(SMALL, env_id=f"dqn_lessons/{world}-v0", **changes)
    return loop.train(config, [0], progress=False)
