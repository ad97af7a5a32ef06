"""Saving and loading runs and histories: plain arrays and JSON, never pickled code."""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from dqn_lessons.records import EVALUATION
from dqn_lessons.streams import Exploration, Streams
from dqn_lessons.train import Run
from dqn_lessons.types import EPISODE_DTYPE, Array, DQNConfig, History
from dqn_lessons.vector import rebuild

T = TypeVar("T")
_MAX_BYTES = 2**32
_RECORDS = ("returns", "lengths", "episode_count", "last_loss", "loss_sum", "td_error_sum")


class CheckpointError(ValueError):
    """A file that is damaged, foreign, or not to be trusted."""


def save_history(path: str | Path, history: History) -> None:
    """Write a history to ``path`` (npz), all of it or nothing."""
    _write(path, _meta("history", history), _arrays(history))


def load_history(path: str | Path) -> History:
    """Read what ``save_history`` wrote, bit for bit.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return _guarded(path, lambda: _history(*_read(path, "history")))


def write_csv(path: str | Path, history: History) -> None:
    """Write the table of training episodes: one row per episode, a header line, exact numbers."""

    def fill(file: Any) -> None:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(EPISODE_DTYPE.names or ())
        rows.writerows(history.episodes.tolist())

    _atomically(path, "w", fill)


def read_csv(path: str | Path) -> Array:
    """Read what ``write_csv`` wrote: a table with the columns of ``History.episodes``.

    Raises:
        CheckpointError: a file with other columns, or cells that are not numbers.
        FileNotFoundError: no file.
    """

    def read() -> Array:
        with open(path, newline="") as file:
            header, *rows = csv.reader(file)
        if tuple(header) != EPISODE_DTYPE.names:
            raise ValueError(f"its columns are {', '.join(header)}")
        return np.array([tuple(row) for row in rows], EPISODE_DTYPE)

    return _guarded(path, read)


def save(path: str | Path, run: Run, *, with_replay: bool = True) -> None:
    """Write a run to ``path`` (npz), all of it or nothing.

    Without the replay buffer the file is small, and a resumed run refills an empty one first;
    with it, a resumed run gives the same numbers as one that never stopped.
    """
    history, records = run.history, run.records
    meta = _meta("checkpoint", history) | {
        "updates": run.updates,
        "updates_summed": records.updates_summed,
        "added": run.replay.added if with_replay else 0,
        "reset_states": run.reset_states,
    }
    begun = run.step - int(records.lengths.max())
    arrays = _arrays(history) | {"obs": run.obs, "actions": records.actions[begun : run.step]}
    arrays |= {name: np.asarray(getattr(records, name)) for name in _RECORDS}
    arrays |= {name: tensor.numpy() for name, tensor in _tensors(run).items()}
    if with_replay:
        arrays["replay"] = run.replay.rows[:, : len(run.replay)]
    _write(path, meta, arrays)


def load(path: str | Path) -> Run:
    """Read what ``save`` wrote; ``train(run.config, run.seeds, resume=run)`` goes on.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return _guarded(path, lambda: _run(*_read(path, "checkpoint")))


def _run(meta: dict[str, Any], arrays: dict[str, Array]) -> Run:
    history = _history(meta, arrays)
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
    actions, lengths = arrays["actions"], run.records.lengths
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
    records, actions = run.records, arrays["actions"]
    for name in _RECORDS:
        _fill(np.asarray(getattr(records, name)), arrays[name], name)
    _fill(records.actions[run.step - len(actions) : run.step], actions, "actions")
    records.updates_summed = int(meta["updates_summed"])
    records.episodes = history.episodes.tolist()
    records.eval_step = history.eval_step.tolist()
    for name in EVALUATION:
        records.evaluations[name] = list(np.moveaxis(getattr(history, name), 1, 0))


def _restore_streams(run: Run) -> None:
    """Streams are functions of seed and position, so their states need no saving."""
    streams = [Streams.of(seed) for seed in run.seeds]
    run.exploration = Exploration(
        [np.random.default_rng(stream.exploration) for stream in streams],
        int(run.envs.single_action_space.n),
        start=run.step,
    )
    run.replay.skip(run.updates * run.config.batch_size)


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


def _meta(kind: str, history: History) -> dict[str, Any]:
    return {
        "format": f"dqn-lessons {kind} 1",
        "config": asdict(history.config),
        "seeds": list(history.seeds),
        "step": history.step,
        "complete": history.complete,
    }


def _arrays(history: History) -> dict[str, Array]:
    names = ("episodes", "eval_step", *EVALUATION)
    return {f"history_{name}": getattr(history, name) for name in names}


def _history(meta: dict[str, Any], arrays: dict[str, Array]) -> History:
    config = DQNConfig(**meta["config"] | {"hidden_sizes": tuple(meta["config"]["hidden_sizes"])})
    module = config.env_id.partition(":")[0]
    if ":" in config.env_id and module not in sys.modules:
        raise ValueError(f"its env_id = {config.env_id!r} would import {module}: import it first")
    history = History(
        config=config,
        seeds=tuple(meta["seeds"]),
        step=int(meta["step"]),
        complete=bool(meta["complete"]),
        **{name[8:]: value for name, value in arrays.items() if name.startswith("history_")},
    )
    learners, evaluations = len(history.seeds), len(history.eval_step)
    for name in EVALUATION:
        if getattr(history, name).shape[:2] != (learners, evaluations):
            raise ValueError(f"{name} is not [{learners}, {evaluations}]")
    if history.episodes.dtype != EPISODE_DTYPE:
        raise ValueError(f"episodes is {history.episodes.dtype}")
    return history


def _write(path: str | Path, meta: dict[str, Any], arrays: dict[str, Array]) -> None:
    everything: dict[str, Any] = arrays | {"meta": np.frombuffer(json.dumps(meta).encode(), "u1")}
    _atomically(path, "wb", lambda file: np.savez(file, **everything))


def _atomically(path: str | Path, mode: str, fill: Callable[[Any], None]) -> None:
    """Whoever reads meets the old file or the whole new one, also after a crash."""
    path = Path(path)
    newline = None if "b" in mode else ""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, mode, newline=newline) as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _read(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, Array]]:
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > _MAX_BYTES:
        raise ValueError(f"it holds {size:,} bytes, the limit is {_MAX_BYTES:,}")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    meta = json.loads(arrays.pop("meta").tobytes())
    if meta["format"] != f"dqn-lessons {kind} 1":
        raise ValueError(f"its format is {meta['format']!r}")
    return meta, arrays


def _guarded(path: str | Path, read: Callable[[], T]) -> T:
    """Whatever a damaged file makes Python say, say it in one sentence."""
    try:
        return read()
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path} is damaged, or not a file of this course: {error}. "
            "Use a file written by dqn_lessons.checkpoint, or train again."
        ) from error
