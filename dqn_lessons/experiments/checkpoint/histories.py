"""Histories as npz, episodes as CSV."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dqn_lessons import checks as check
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments.checkpoint.files import atomically, guarded, read, write
from dqn_lessons.history import EPISODE_DTYPE, EVALUATION, History


def save_history(path: str | Path, history: History) -> None:
    """Write a history to ``path`` (npz), all of it or nothing."""
    write(path, history_meta("history", history), history_arrays(history))


def load_history(path: str | Path) -> History:
    """Read what ``save_history`` wrote, bit for bit.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return guarded(path, lambda: history_of(*read(path, "history")))


def write_csv(path: str | Path, history: History) -> None:
    """Write the table of training episodes: one row per episode, a header line, exact numbers."""

    def fill(file: Any) -> None:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(EPISODE_DTYPE.names or ())
        rows.writerows(history.episodes.tolist())

    atomically(path, "w", fill)


def read_csv(path: str | Path) -> Array:
    """Read what ``write_csv`` wrote: a table ``[episodes]``, columns as in ``History.episodes``.

    Raises:
        CheckpointError: a file with other columns, or cells that are not numbers.
        FileNotFoundError: no file.
    """

    def read() -> Array:
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if tuple(header) != EPISODE_DTYPE.names:
            raise ValueError(f"its columns are {', '.join(header)}")
        return np.array([tuple(row) for row in rows], EPISODE_DTYPE)

    return guarded(path, read)


def history_meta(kind: str, history: History) -> dict[str, Any]:
    """What is known about a history, as JSON can hold it."""
    return {
        "format": f"dqn-lessons {kind} 1",
        "config": asdict(history.config),
        "seeds": list(history.seeds),
        "step": history.step,
        "complete": history.complete,
    }


def history_arrays(history: History) -> dict[str, Array]:
    """The arrays of a history, by name."""
    names = ("episodes", "eval_step", *EVALUATION)
    return {f"history_{name}": getattr(history, name) for name in names}


def history_of(meta: dict[str, Any], arrays: dict[str, Array]) -> History:
    """Make a history of what was read, or raise ValueError where it does not fit together."""
    # JSON knows no tuples.
    fields: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in meta["config"].items()}
    config = DQNConfig(**fields)
    module = config.env_id.partition(":")[0]
    if ":" in config.env_id and module not in sys.modules:
        raise ValueError(f"its env_id = {config.env_id!r} would import {module}: import it first")
    history = History(
        config=config,
        seeds=check.seeds(meta["seeds"]),
        step=int(meta["step"]),
        complete=bool(meta["complete"]),
        **{name[8:]: value for name, value in arrays.items() if name.startswith("history_")},
    )
    _check_tables(history)
    return history


def _check_tables(history: History) -> None:
    learners, evaluations = len(history.seeds), len(history.eval_step)
    if history.step < 0:
        raise ValueError(f"its step = {history.step}")
    for name in EVALUATION:
        table = getattr(history, name)
        axes = 3 if name == "q_probe" else 2
        if table.shape[:2] != (learners, evaluations) or table.ndim != axes:
            raise ValueError(f"{name} is not [{learners}, {evaluations}]")
        if not np.issubdtype(table.dtype, np.floating):
            raise ValueError(f"{name} is {table.dtype}")
    if history.eval_step.ndim != 1 or not np.issubdtype(history.eval_step.dtype, np.integer):
        raise ValueError(f"eval_step is {history.eval_step.dtype} {history.eval_step.shape}")
    if history.episodes.dtype != EPISODE_DTYPE or history.episodes.ndim != 1:
        raise ValueError(f"episodes is {history.episodes.dtype} {history.episodes.shape}")
