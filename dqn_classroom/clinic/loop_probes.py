"""Measures of everything around the update: episodes, memory, exploration, counts, scores."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

import dqn_lessons.train as loop
from dqn_classroom.clinic.measurements import Measurement, close
from dqn_classroom.clinic.small_runs import SMALL, trained
from dqn_lessons import replay
from dqn_lessons.config import Array
from dqn_lessons.diagnostics import broken_rows
from dqn_lessons.nets import StackedMLP


def episodes() -> list[Measurement]:
    """Lengths and beginnings of episodes."""
    limited = trained("TimeLimit", steps=400, learning_starts=100).history.episodes
    catch = trained("Catch", steps=360).replay.rows[0][:360]["obs"].reshape(-1, 10, 5)
    begins = catch[:, 0].any(-1)
    return [
        close("a world cut short after 10 steps: shortest episode", limited["length"].min(), 10),
        close("longest episode", limited["length"].max(), 10),
        close("episodes in 400 steps", len(limited), 40),
        close("Catch, five starts: starts met", len(np.unique(catch[begins], axis=0)), 5),
    ]


def memory() -> list[Measurement]:
    """What is kept, and whether it is true."""
    ring = replay.Replay(5, 1, [np.random.default_rng(0)])
    lengths = []
    for i in range(17):
        one = np.array([i])
        ring.add(one[:, None], one, one, one[:, None], np.array([False]))
        lengths.append(len(ring))
    kept = ring.rows["action"][0]
    rows = trained("Catch", steps=360, learning_starts=360).replay.rows[0][:360]
    broken = broken_rows(rows["obs"], rows["next_obs"], rows["terminated"])
    return [
        close("17 rows into a memory of 5: the oldest kept", kept.min(), 12),
        close("the newest kept", kept.max(), 16),
        close("rows it says it holds after 2", lengths[1], 2),
        close("and after 17", lengths[-1], 5),
        close("Catch, 360 steps: rows that contradict the next", int(broken.sum()), 0),
        close("rows marked as an end", int(rows["terminated"].sum()), 40),
    ]


def exploration() -> list[Measurement]:
    """Epsilon by the clock, and by what was done."""
    plan = {"steps": 400, "epsilon_end": 0.1, "epsilon_duration": 200}
    epsilon = trained("TimeLimit", **plan).history.episodes["epsilon"]
    seldom = trained("ActionReward", epsilon_start=0.1, epsilon_end=0.1).history.episodes
    wrong = float((seldom["return"][-500:] < 0).mean())
    return [
        close("epsilon at step 9 (from 1 to 0.1 in 200)", epsilon[0], 1 - 0.9 * 9 / 200),
        close("epsilon at step 99", epsilon[9], 1 - 0.9 * 99 / 200),
        close("epsilon at step 399", epsilon[-1], 0.1),
        Measurement("two actions, epsilon 0.1: wrong ones", wrong, 0.05, 0.04, exact=False),
    ]


def updates() -> list[Measurement]:
    """The first update, their number, and the copies."""
    made, copies = [], 0
    before: Array | None = None

    def look(run: loop.Run) -> None:
        nonlocal before, copies
        now = np.concatenate([param.detach().flatten() for param in run.target.parameters()])
        copies += before is not None and not np.array_equal(now, before)
        before = now
        made.append(run.updates)

    config = replace(
        SMALL,
        env_id="dqn_lessons/DelayedReward-v0",
        steps=160,
        batch_size=8,
        learning_starts=40,
        update_period=2,
        target_period=10,
        eval_period=1,
        eval_episodes=1,
    )
    loop.train(config, [0], on_eval=look, progress=False)
    first = next((step for step, count in enumerate(made, 1) if count), math.inf)
    return [
        close("first update at step", float(first), 40),
        close("updates in 160 steps, one every 2", made[-1], 61),
        close("changes of the target network, one every 10 updates", copies, 6),
    ]


def evaluation() -> list[Measurement]:
    """The score of an agent that knows the task."""
    # A network that knows the task: the second action pays 1, the first costs 1.
    net = StackedMLP([1, 2], [np.random.default_rng(0)])
    with torch.no_grad():
        net.weights[0].zero_()
        net.biases[0].copy_(torch.tensor([[[-1.0], [1.0]]]))
    score = loop.evaluate(net, "dqn_lessons/ActionReward-v0", [0], episodes=200).mean()
    return [close("a perfect agent, mean return of 200 episodes", score, 1.0)]
