"""Flight recorders, so that a recorded training can be looked at elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dqn_lessons.config import Array
from dqn_lessons.experiments.checkpoint.files import guarded, read, write
from dqn_lessons.experiments.checkpoint.histories import history_arrays, history_meta, history_of
from dqn_lessons.experiments.flight_recorder import FlightRecorder


def save_flight(path: str | Path, recorder: FlightRecorder) -> None:
    """Write what was recorded to ``path`` (npz), all of it or nothing.

    Raises:
        ValueError: nothing was recorded.
    """
    recorder.check_recorded()
    assert recorder.history is not None
    meta = history_meta("flight", recorder.history) | {
        "every": recorder.every,
        "learner": recorder.learner,
        "seed": recorder.seed,
    }
    arrays = history_arrays(recorder.history) | {
        "steps": np.array(list(recorder.terminals)),
        "terminals": np.array(list(recorder.terminals.values())),
    }
    layers = zip(*recorder.weights.values(), strict=True)
    arrays |= {f"layer_{i}": np.stack(moments) for i, moments in enumerate(layers)}
    write(path, meta, arrays)


def load_flight(path: str | Path) -> FlightRecorder:
    """Read what ``save_flight`` wrote.

    Raises:
        CheckpointError: a truncated, foreign or malicious file.
        FileNotFoundError: no file.
    """
    return guarded(path, lambda: _flight(*read(path, "flight")))


def _flight(meta: dict[str, Any], arrays: dict[str, Array]) -> FlightRecorder:
    recorder = FlightRecorder(int(meta["every"]), int(meta["learner"]), int(meta["seed"]))
    recorder.history = history_of(meta, arrays)
    recorder.env_id = recorder.history.config.env_id
    layers = [arrays[f"layer_{i}"] for i in range(sum(n.startswith("layer_") for n in arrays))]
    for place, step in enumerate(arrays["steps"].tolist()):
        recorder.weights[step] = [moments[place] for moments in layers]
        recorder.terminals[step] = int(arrays["terminals"][place])
        recorder.at(step, "eval_return")
    recorder.check_recorded()
    return recorder
