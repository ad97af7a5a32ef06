"""Saving and loading runs, histories and flights: plain arrays and JSON, never pickled code.

A file is read as if it had been typed in: every number is checked against what a run of its
configuration can hold, and every size before anything is unpacked.

Raises:
    CheckpointError: a file to load that is truncated, foreign, malicious or cannot be true.
    FileNotFoundError: no file to load.
"""

import csv
import json
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dqn_lessons import checks as check
from dqn_lessons.config import Array, DQNConfig, stated
from dqn_lessons.experiments.files import atomic_write, regular
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.history import EPISODE_DTYPE, EVALUATION, History
from dqn_lessons.rng import Exploration, RngStreams
from dqn_lessons.train import Run
from dqn_lessons.vector_envs import make_envs

T = TypeVar("T")
_LARGEST, _MOST_META, _MOST_PROBES = float(np.finfo(np.float32).max), 2**24, 64
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
    """Read what ``save`` wrote; ``train(run.config, run.seeds, resume=run)`` goes on."""
    return _guarded(path, lambda: _run(*_read(path, "checkpoint")))


def save_history(path: str | Path, history: History) -> None:
    """Write a history to ``path`` (npz), all of it or nothing."""
    _write(path, _history_meta("history", history), _history_arrays(history))


def load_history(path: str | Path) -> History:
    """Read what ``save_history`` wrote, bit for bit."""
    return _guarded(path, lambda: _history_of(*_read(path, "history")))


def save_flight(path: str | Path, recorder: FlightRecorder) -> None:
    """Write what was recorded to ``path`` (npz), all of it or nothing."""
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
    """Read what ``save_flight`` wrote."""
    return _guarded(path, lambda: _flight(*_read(path, "flight")))


def _flight(meta: dict[str, Any], members: "_Members") -> FlightRecorder:
    recorder = FlightRecorder(meta["every"], meta["learner"], meta["seed"])
    history = recorder.history = _history_of(meta, members)
    _count("learner", recorder.learner, 0, len(history.seeds) - 1)
    recorder.env_id = history.config.env_id
    envs, take = make_envs(recorder.env_id, 1), members.take
    first, last = envs.single_observation_space.shape[0], int(envs.single_action_space.n)
    layers = pairwise([first, *history.config.hidden_sizes, last])
    shapes = [shape for pair in layers for shape in (pair, pair[1:])]
    steps = take("steps", np.integer, len(history.eval_step), fewer=True)
    terminals = take("terminals", np.integer, len(steps), low=0, high=history.step)
    moments = [take(f"layer_{i}", np.floating, len(steps), *s) for i, s in enumerate(shapes)]
    for place, step in enumerate(steps.tolist()):
        recorder.weights[step] = [layer[place] for layer in moments]
        recorder.terminals[step] = int(terminals[place])
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


class _Members:
    """The arrays of a file: each is looked at before it is unpacked."""

    def __init__(self, path: str | Path) -> None:
        self._path = regular(path)

    def take(self, name: str, kind: Any, *shape: int, fewer: bool = False, **limits: Any) -> Array:
        """Read an array if dtype, shape (or ``fewer`` in the last axis) and limits are right."""
        member, read = f"{name}.npy", np.lib.format
        with zipfile.ZipFile(self._path) as archive:
            with archive.open(member) as file:
                old = read.read_magic(file) == (1, 0)
                header = read.read_array_header_1_0 if old else read.read_array_header_2_0
                found, _, dtype = header(file)
            right = dtype == kind if isinstance(kind, np.dtype) else np.issubdtype(dtype, kind)
            size = found[-1] if fewer and found and found[-1] < shape[-1] else shape[-1]
            if not right or found != (*shape[:-1], size):
                raise ValueError(f"{name} is {dtype} {found}, not the shape of this run")
            with archive.open(member) as file:
                array = np.asarray(read.read_array(file, allow_pickle=False))
        return array if dtype.names else _within(name, array, **limits)


def _within(
    name: str, array: Array, low: float = -_LARGEST, high: float = _LARGEST, *, nan: bool = False
) -> Array:
    """Return numbers that a run can have; NaN is within no limits, unless it is allowed."""
    right = (low <= array) & (array <= high)
    if not (right | np.isnan(array) if nan else right).all():
        raise ValueError(f"{name} holds {array[~right][0]}: it must be in [{low:g}, {high:g}]")
    return array


_count = partial(check.integer, remedy="No run has another")


def _read(path: str | Path, kind: str) -> tuple[dict[str, Any], _Members]:
    """Open what ``_write`` wrote, if it is of this kind; a damaged file may raise anything."""
    members = _Members(path)
    meta = json.loads(members.take("meta", np.uint8, _MOST_META, fewer=True).tobytes())
    if meta["format"] != _format(kind):
        raise ValueError(f"its format is {meta['format']!r}, not {_format(kind)!r}")
    return meta, members


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
        "config": stated(history.config),
        "seeds": list(history.seeds),
        "step": history.step,
        "complete": history.complete,
    }


def _history_arrays(history: History) -> dict[str, Array]:
    """The arrays of a history, by name."""
    names = ("episodes", "eval_step", *EVALUATION)
    return {f"history_{name}": getattr(history, name) for name in names}


def _history_of(meta: dict[str, Any], members: _Members) -> History:
    """Make a history of what was read, or raise ValueError where it cannot be true."""
    # JSON knows no tuples.
    fields: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in meta["config"].items()}
    config, seeds, take = DQNConfig(**fields), check.seeds(meta["seeds"]), members.take
    module = config.env_id.partition(":")[0]
    if ":" in config.env_id and module not in sys.modules:
        raise ValueError(f"its env_id = {config.env_id!r} would import {module}: import it first")
    step = _count("step", meta["step"], 0, config.steps)
    most = step // config.eval_period
    eval_step = take("history_eval_step", np.integer, most, fewer=True, low=1, high=step)
    if meta["complete"] is not (step == config.steps and len(eval_step) == most):
        raise ValueError(f"complete = {meta['complete']!r} after {step} of {config.steps} steps")
    _within("eval_step", np.diff(eval_step), 1)
    shape, tables = (len(seeds), len(eval_step)), {}
    for name in EVALUATION:
        probes = (_MOST_PROBES,) if name == "q_probe" else ()
        kind: Any = {"nan": name in ("loss", "td_error"), "fewer": name == "q_probe"}
        tables[name] = take(f"history_{name}", np.floating, *shape, *probes, **kind)
    episodes = take("history_episodes", EPISODE_DTYPE, len(seeds) * step, fewer=True)
    for name in ("episode", "step", "length"):
        _within(name, episodes[name], name != "episode", step)
    _within("epsilon", episodes["epsilon"], 0, 1)
    _within("return", episodes["return"])
    if not np.isin(episodes["seed"], seeds).all():
        raise ValueError("episodes holds a seed of no learner")
    return History(config, seeds, step, meta["complete"], episodes, eval_step, **tables)


def _run(meta: dict[str, Any], members: _Members) -> Run:
    history = _history_of(meta, members)
    run = Run(history.config, history.seeds)
    actions, step = int(run.envs.single_action_space.n), history.step
    run.step, run.updates = step, _count("updates", meta["updates"], 0, step)
    _restore_log(run, history, meta, members)
    run.optimizer.steps = run.updates
    for name, array in _weights(run).items():
        _fill(array, members, name, low=0 if name == "adam_square" else -_LARGEST)
    run.replay.added = _count("added", meta["added"], 0, step)
    if run.replay.added:
        rows = _fill(run.replay.rows[:, : len(run.replay)], members, "replay")
        for name in ("obs", "reward", "next_obs"):
            _within(name, rows[name])
        _within("action", rows["action"], 0, actions - 1)
    # Streams are functions of seed and position, so their states need no saving.
    rngs = [np.random.default_rng(RngStreams.spawn(seed).exploration) for seed in run.seeds]
    run.exploration = Exploration(rngs, actions, start=step)
    run.replay.advance_rng(run.updates * run.config.batch_size)
    lengths = run.log.lengths
    since = members.take(
        "actions", np.integer, lengths.max(), len(lengths), low=0, high=actions - 1
    )
    run.log.actions[step - len(since) : step] = since
    pasts = [since[len(since) - length :, s] for s, length in enumerate(lengths)]
    _replay_episodes(run.envs, meta["reset_states"], pasts, run.obs)
    run.reset_states, rebuilt = meta["reset_states"], run.obs.copy()
    # Another processor may round otherwise; an environment that draws elsewhere is elsewhere.
    if not np.allclose(rebuilt, _fill(run.obs, members, "obs"), rtol=1e-3, atol=1e-4):
        wrong = f"env_id = {run.config.env_id!r}: its generator and the actions lead to another"
        raise ValueError(f"{wrong} observation than the one saved, so it cannot be resumed")
    return run


def _replay_episodes(
    envs: Any, states: list[dict[str, Any]], actions: list[Array], obs: Array
) -> None:
    """Bring environments back into the middle of their episodes.

    An episode is a function of its generator's state at the reset and of the actions since, so
    neither is the inside of an environment saved nor code unpickled.
    """
    for i, (env, state, past) in enumerate(zip(envs.envs, states, actions, strict=True)):
        env.unwrapped.np_random.bit_generator.state = state
        obs[i] = env.reset()[0]
        for action in past:
            obs[i] = env.step(int(action))[0]
        if hasattr(envs, "state"):  # one of the course's, which steps all of them at once
            envs.state[..., i], envs.steps[i] = env.state, len(past)


def _restore_log(run: Run, history: History, meta: dict[str, Any], members: _Members) -> None:
    log, lasts, counts = run.log, {"low": 0, "nan": True}, {"low": 0, "high": run.step}
    limits: Any = {"last_loss": lasts, "lengths": counts, "episode_count": counts}
    for name in _RECORDS:
        _fill(np.asarray(getattr(log, name)), members, name, **limits.get(name, {}))
    log.updates_summed = _count("updates_summed", meta["updates_summed"], 0, run.updates)
    log.episodes, log.eval_step = history.episodes.tolist(), history.eval_step.tolist()
    for name in EVALUATION:
        log.evaluations[name] = list(np.moveaxis(getattr(history, name), 1, 0))


def _weights(run: Run) -> dict[str, Array]:
    """The numbers of networks and optimiser, by name; what is written into them is theirs."""
    adam = {"adam_mean": run.optimizer.mean, "adam_square": run.optimizer.square}
    return {"online": run.online.flat, "target": run.target.flat} | adam


def _fill(target: Array, members: _Members, name: str, **limits: Any) -> Array:
    """Read an array into one that a run has; all must fit."""
    target[...] = members.take(name, target.dtype, *target.shape, **limits)
    return target
