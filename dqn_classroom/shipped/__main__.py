"""Make shipped runs again: ``python -m dqn_classroom.shipped [NAME ...]``."""

import hashlib
import json
import platform
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np

from dqn_classroom.shipped import FOLDER, STUDIES
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.sweep import result_path, sweep
from dqn_lessons.history import EPISODE_DTYPE, History
from dqn_lessons.train import train


def thin(history: History) -> History:
    """Keep what the lessons draw: the evaluations, with one mean value instead of 64 probes."""
    names = ("eval_return", "loss", "td_error", "action_gap", "max_abs_q")
    small = {name: getattr(history, name).astype(np.float32) for name in names}
    probe = history.q_probe.mean(-1, keepdims=True).astype(np.float32)
    return replace(history, episodes=np.zeros(0, EPISODE_DTYPE), q_probe=probe, **small)


def make(name: str, folder: Path = FOLDER, kept: str | Path = "artifacts/shipped") -> None:
    """Train a study and write its files; whole histories in ``kept`` are not trained again."""
    study = STUDIES[name]
    paths = {arm: result_path(folder, config, study.seeds) for arm, config in study.arms.items()}
    for arm, history in sweep(study.arms, study.seeds, kept).items():
        checkpoint.save_history(paths[arm], thin(history))
    for arm, settings in study.recorded.items():
        recorder = FlightRecorder(**settings)
        run = train(study.arms[arm], study.seeds, on_eval=recorder)
        recorder.history = thin(run.history)
        checkpoint.save_flight(paths[arm].with_suffix(".flight.npz"), recorder)
        if study.keeps_runs:
            checkpoint.save(paths[arm].with_suffix(".run.npz"), run, with_replay=False)
    packages = ("torch", "gymnasium", "numpy", "dqn-lessons")
    versions = {"python": platform.python_version()} | {n: metadata.version(n) for n in packages}
    sums = {}
    for path in sorted(folder.glob("*.npz")):
        path.chmod(0o644)  # saved for its owner alone; a package is for everybody
        sums[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    text = json.dumps({"versions": versions, "sha256": sums}, indent=1) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or STUDIES:
        if name not in STUDIES:
            sys.exit(f"there is no shipped {name!r}. There are: {', '.join(STUDIES)}.")
        make(name)
