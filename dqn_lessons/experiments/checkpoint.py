"""Saving and loading runs, histories and flights: plain arrays and JSON, never pickled code."""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dqn_lessons import checks as check
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments.files import atomic_write, regular
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.history import EPISODE_DTYPE, EVALUATION, History
from dqn_lessons.rng import Exploration, RngStreams
from dqn_lessons.train import Run

T = TypeVar("T")
_MAX_BYTES = 2**32
_VERSIONS = {"history": 1, "flight": 1, "checkpoint": 2}
_RECORDS = ("returns", "lengths", "episode_count", "last_loss", "loss_sum", "td_error_sum")


class CheckpointError(ValueError):
    """A file that is damaged, foreign, or not to be trusted."""


def save(path: str | Path, run: Run, *, with_replay: bool = True) -> None:
    """Write a run to ``path`` (npz), all of it or nothing.

    Args:
        path: the file; an older one is replaced.
        run: as `train` returned it.
        with_replay: with the replay buffer a resumed run gives the same numbers as one that never
            stopped; without it the file is small, and a resumed run refills an empty one first.
    """
    history, log = run.history, run.log
    meta = _history_meta("checkpoint", history) | {
        "updates": run.updates,
        "updates_summed": log.updates_summed,
        "added": run.replay.added if with_replay else 0,
        "reset_states": run.reset_states,
    }
    begun = run.step - int(log.lengths.max())
    arrays = _history_arrays(history) | {"obs": run.obs, "actions": log.actions[begun : run.step]}
    arrays |= {name: np.asarray(getattr(log, name)) for name in _RECORDS}
    arrays |= _weights(run)
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


def save_history(path: str | Path, history: History) -> None:
    """Write a history to ``path`` (npz), all of it or nothing."""
    _write(path, _history_meta("history", history), _history_arrays(history))


def load_history(path: str | Path) -> History:
    """Read what ``save_history`` wrote, bit for bit.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return _guarded(path, lambda: _history_of(*_read(path, "history")))


def save_flight(path: str | Path, recorder: FlightRecorder) -> None:
    """Write what was recorded to ``path`` (npz), all of it or nothing.

    Raises:
        ValueError: nothing was recorded.
    """
    recorder.check_recorded()
    assert recorder.history is not None
    settings = {name: getattr(recorder, name) for name in ("every", "learner", "seed")}
    arrays = _history_arrays(recorder.history) | {
        "steps": np.array(list(recorder.terminals)),
        "terminals": np.array(list(recorder.terminals.values())),
    }
    layers = zip(*recorder.weights.values(), strict=True)
    arrays |= {f"layer_{i}": np.stack(moments) for i, moments in enumerate(layers)}
    _write(path, _history_meta("flight", recorder.history) | settings, arrays)


def load_flight(path: str | Path) -> FlightRecorder:
    """Read what ``save_flight`` wrote.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return _guarded(path, lambda: _flight(*_read(path, "flight")))


def _flight(meta: dict[str, Any], arrays: dict[str, Array]) -> FlightRecorder:
    recorder = FlightRecorder(int(meta["every"]), int(meta["learner"]), int(meta["seed"]))
    recorder.history = _history_of(meta, arrays)
    recorder.env_id = recorder.history.config.env_id
    layers = [arrays[f"layer_{i}"] for i in range(sum(n.startswith("layer_") for n in arrays))]
    for place, step in enumerate(arrays["steps"].tolist()):
        recorder.weights[step] = [moments[place] for moments in layers]
        recorder.terminals[step] = int(arrays["terminals"][place])
        recorder.at(step, "eval_return")  # raises where the history has no such evaluation
    recorder.check_recorded()
    return recorder


def write_csv(path: str | Path, history: History) -> None:
    """Write the table of training episodes: one row per episode, a header line, exact numbers."""
    with atomic_write(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(EPISODE_DTYPE.names or ())
        rows.writerows(history.episodes.tolist())


def _write(path: str | Path, meta: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write arrays and what is known about them as an npz, all of it or nothing."""
    everything: dict[str, Any] = arrays | {"meta": np.frombuffer(json.dumps(meta).encode(), "u1")}
    with atomic_write(path, "wb") as file:
        np.savez(file, **everything)


def _read(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read what ``_write`` wrote, if it is of this kind; a damaged file may raise anything."""
    with zipfile.ZipFile(regular(path)) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > _MAX_BYTES:
        raise ValueError(f"it holds {size:,} bytes, the limit is {_MAX_BYTES:,}")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    meta = json.loads(arrays.pop("meta").tobytes())
    if meta["format"] != _format(kind):
        raise ValueError(f"its format is {meta['format']!r}, not {_format(kind)!r}")
    return meta, arrays


def _guarded(path: str | Path, read: Callable[[], T]) -> T:
    """Whatever a damaged file makes Python say, say it in one sentence."""
    try:
        return read()
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise CheckpointError(
            f"{path} is damaged, of another edition, or no file of this course: {said}. "
            "Use a file written by dqn_lessons.experiments.checkpoint, or train again."
        ) from error


def _format(kind: str) -> str:
    return f"dqn-lessons {kind} {_VERSIONS[kind]}"


def _history_meta(kind: str, history: History) -> dict[str, Any]:
    """What is known about a history, as JSON can hold it."""
    return {
        "format": _format(kind),
        "config": asdict(history.config),
        "seeds": list(history.seeds),
        "step": history.step,
        "complete": history.complete,
    }


def _history_arrays(history: History) -> dict[str, Array]:
    """The arrays of a history, by name."""
    names = ("episodes", "eval_step", *EVALUATION)
    return {f"history_{name}": getattr(history, name) for name in names}


def _history_of(meta: dict[str, Any], arrays: dict[str, Array]) -> History:
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


def _run(meta: dict[str, Any], arrays: dict[str, Array]) -> Run:
    history = _history_of(meta, arrays)
    run = Run(history.config, history.seeds)
    run.step, run.updates = history.step, int(meta["updates"])
    _restore_log(run, history, meta, arrays)
    run.optimizer.steps = run.updates
    for name, array in _weights(run).items():
        _fill(array, arrays[name], name)
    if meta["added"]:
        run.replay.added = int(meta["added"])
        _fill(run.replay.rows[:, : len(run.replay)], arrays["replay"], "replay")
    # Streams are functions of seed and position, so their states need no saving.
    rngs = [np.random.default_rng(RngStreams.spawn(seed).exploration) for seed in run.seeds]
    run.exploration = Exploration(rngs, int(run.envs.single_action_space.n), start=run.step)
    run.replay.advance_rng(run.updates * run.config.batch_size)
    actions, lengths = arrays["actions"], run.log.lengths
    if len(actions) != lengths.max():
        raise ValueError(f"{len(actions)} actions are not the {lengths.max()} since the reset")
    pasts = [actions[len(actions) - length :, s] for s, length in enumerate(lengths)]
    _replay_episodes(run.envs, meta["reset_states"], pasts)
    run.reset_states = meta["reset_states"]
    _fill(run.obs, arrays["obs"], "obs")
    return run


def _replay_episodes(envs: Any, states: list[dict[str, Any]], actions: list[Array]) -> None:
    """Bring environments back into the middle of their episodes.

    An episode is a function of its generator's state at the reset and of the actions since, so
    neither is the inside of an environment saved nor code unpickled.
    """
    for i, (env, state, past) in enumerate(zip(envs.envs, states, actions, strict=True)):
        env.unwrapped.np_random.bit_generator.state = state
        env.reset()
        for action in past:
            env.step(int(action))
        if hasattr(envs, "state"):  # one of the course's, which steps all of them at once
            envs.state[..., i], envs.steps[i] = env.state, len(past)


def _restore_log(
    run: Run, history: History, meta: dict[str, Any], arrays: dict[str, Array]
) -> None:
    log, actions = run.log, arrays["actions"]
    for name in _RECORDS:
        _fill(np.asarray(getattr(log, name)), arrays[name], name)
    _fill(log.actions[run.step - len(actions) : run.step], actions, "actions")
    log.updates_summed = int(meta["updates_summed"])
    log.episodes, log.eval_step = history.episodes.tolist(), history.eval_step.tolist()
    for name in EVALUATION:
        log.evaluations[name] = list(np.moveaxis(getattr(history, name), 1, 0))


def _weights(run: Run) -> dict[str, Array]:
    """The numbers of networks and optimiser, by name; what is written into them is theirs."""
    adam = {"adam_mean": run.optimizer.mean, "adam_square": run.optimizer.square}
    return {"online": run.online.flat, "target": run.target.flat} | adam


def _fill(target: Array, source: Array, name: str) -> None:
    if target.shape != source.shape or target.dtype != source.dtype:
        raise ValueError(f"{name} is {source.dtype} {source.shape}, not the shape of this run")
    target[...] = source
