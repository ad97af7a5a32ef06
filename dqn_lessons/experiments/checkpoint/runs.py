"""Whole runs: networks, optimiser, replay buffer, random streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from dqn_lessons.config import Array
from dqn_lessons.experiments.checkpoint.files import guarded, read, write
from dqn_lessons.experiments.checkpoint.histories import history_arrays, history_meta, history_of
from dqn_lessons.history import EVALUATION, History
from dqn_lessons.rng import Exploration, RngStreams
from dqn_lessons.train import Run
from dqn_lessons.vector_envs import rebuild

_RECORDS = ("returns", "lengths", "episode_count", "last_loss", "loss_sum", "td_error_sum")


def save(path: str | Path, run: Run, *, with_replay: bool = True) -> None:
    """Write a run to ``path`` (npz), all of it or nothing.

    Args:
        path: the file; an older one is replaced.
        run: as `train` returned it.
        with_replay: with the replay buffer a resumed run gives the same numbers as one that never
            stopped; without it the file is small, and a resumed run refills an empty one first.
    """
    history, records = run.history, run.log
    meta = history_meta("checkpoint", history) | {
        "updates": run.updates,
        "updates_summed": records.updates_summed,
        "added": run.replay.added if with_replay else 0,
        "reset_states": run.reset_states,
    }
    begun = run.step - int(records.lengths.max())
    arrays = history_arrays(history) | {
        "obs": run.obs,
        "actions": records.actions[begun : run.step],
    }
    arrays |= {name: np.asarray(getattr(records, name)) for name in _RECORDS}
    arrays |= {name: tensor.numpy() for name, tensor in _tensors(run).items()}
    if with_replay:
        arrays["replay"] = run.replay.rows[:, : len(run.replay)]
    write(path, meta, arrays)


def load(path: str | Path) -> Run:
    """Read what ``save`` wrote; ``train(run.config, run.seeds, resume=run)`` goes on.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return guarded(path, lambda: _run(*read(path, "checkpoint")))


def _run(meta: dict[str, Any], arrays: dict[str, Array]) -> Run:
    history = history_of(meta, arrays)
    run = Run(history.config, history.seeds)
    run.step, run.updates = history.step, int(meta["updates"])
    _restore_records(run, history, meta, arrays)
    if run.updates:
        _prepare_optimizer(run)
    for name, tensor in _tensors(run).items():
        _fill(tensor.numpy(), arrays[name], name)
    if meta["added"]:
        run.replay.added = int(meta["added"])
        _fill(run.replay.rows[:, : len(run.replay)], arrays["replay"], "replay")
    _restore_streams(run)
    actions, lengths = arrays["actions"], run.log.lengths
    if len(actions) != lengths.max():
        raise ValueError(f"{len(actions)} actions are not the {lengths.max()} since the reset")
    pasts = [actions[len(actions) - length :, s] for s, length in enumerate(lengths)]
    rebuild(run.envs, meta["reset_states"], pasts)
    run.reset_states = meta["reset_states"]
    _fill(run.obs, arrays["obs"], "obs")
    return run


def _restore_records(
    run: Run, history: History, meta: dict[str, Any], arrays: dict[str, Array]
) -> None:
    records, actions = run.log, arrays["actions"]
    for name in _RECORDS:
        _fill(np.asarray(getattr(records, name)), arrays[name], name)
    _fill(records.actions[run.step - len(actions) : run.step], actions, "actions")
    records.updates_summed = int(meta["updates_summed"])
    records.episodes = history.episodes.tolist()
    records.eval_step = history.eval_step.tolist()
    for name in EVALUATION:
        records.evaluations[name] = list(np.moveaxis(getattr(history, name), 1, 0))


def _restore_streams(run: Run) -> None:
    """RngStreams are functions of seed and position, so their states need no saving."""
    streams = [RngStreams.spawn(seed) for seed in run.seeds]
    run.exploration = Exploration(
        [np.random.default_rng(stream.exploration) for stream in streams],
        int(run.envs.single_action_space.n),
        start=run.step,
    )
    run.replay.advance_rng(run.updates * run.config.batch_size)


def _prepare_optimizer(run: Run) -> None:
    """Adam makes its state at the first step: take one that changes nothing."""
    for param in run.online.parameters():
        param.grad = torch.zeros_like(param)
    run.optimizer.step()


def _tensors(run: Run) -> dict[str, torch.Tensor]:
    """Every tensor of networks and optimiser, by name; what is written here is theirs."""
    named: dict[str, torch.Tensor] = {}
    for i, (online, target) in enumerate(
        zip(run.online.parameters(), run.target.parameters(), strict=True)
    ):
        named |= {f"online_{i}": online.detach(), f"target_{i}": target.detach()}
        state = run.optimizer.state.get(online, {})
        named |= {f"adam_{i}_{key}": value for key, value in state.items()}
    return named


def _fill(target: Array, source: Array, name: str) -> None:
    if target.shape != source.shape or target.dtype != source.dtype:
        raise ValueError(f"{name} is {source.dtype} {source.shape}, not the shape of this run")
    target[...] = source
