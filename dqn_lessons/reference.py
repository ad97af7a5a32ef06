"""Runs shipped with the course: more seeds and longer budgets than a lesson has time for.

``python -m dqn_lessons.reference [study ... | flight | agent]`` makes them again (all: about half
an hour on two cores). Wherever a lesson shows them, it says that they are shipped.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np

from dqn_lessons import checkpoint, profiles
from dqn_lessons.checkpoint import (
    CheckpointError,
    load_flight,
    load_history,
    save_flight,
    save_history,
)
from dqn_lessons.presets import SOLVED_CARTPOLE
from dqn_lessons.recorder import FlightRecorder
from dqn_lessons.sweep import factorial, sweep
from dqn_lessons.train import Run, train
from dqn_lessons.types import EPISODE_DTYPE, DQNConfig, History

FOLDER = Path(__file__).parent / "data" / "reference"
SEEDS = range(24)
# The solver was searched on other seeds, all below 9,000: its score needs new ones.
SOLVER_SEEDS = range(9_000, 9_024)

_WITHOUT = {
    "replay": {"replay_capacity": 1, "batch_size": 1},
    "target": {"target_period": 1},
}
_CARTPOLE = DQNConfig(
    steps=60_000,
    batch_size=32,
    learning_starts=500,
    update_period=2,
    target_period=200,
    epsilon_duration=5_000,
    eval_episodes=5,
)
_CATCH = replace(
    _CARTPOLE,
    env_id="dqn_lessons/Catch-v0",
    steps=6_000,
    update_period=1,
    target_period=50,
    epsilon_duration=2_000,
    eval_period=250,
    eval_episodes=20,
)
_ACROBOT = replace(
    _CARTPOLE, env_id="Acrobot-v1", steps=30_000, epsilon_duration=10_000, eval_period=2_500
)

# The agent that solves CartPole, and what each of its choices is worth: left out, one at a time.
_SOLVER = {
    "solver": SOLVED_CARTPOLE,
    "no target network": replace(SOLVED_CARTPOLE, tau=None, target_period=1),
    "values not cut at 100": replace(SOLVED_CARTPOLE, value_range=None),
    "step size stays": replace(SOLVED_CARTPOLE, learning_rate_end=None),
    "squared error": replace(SOLVED_CARTPOLE, loss="mse"),
    "two layers of 64": replace(SOLVED_CARTPOLE, hidden_sizes=(64, 64)),
    "memory of 100,000": replace(SOLVED_CARTPOLE, replay_capacity=100_000),
    "batch of 16": replace(SOLVED_CARTPOLE, batch_size=16),
    "epsilon to 0.1": replace(SOLVED_CARTPOLE, epsilon_end=0.1),
}

# study -> arm -> configuration
STUDIES: dict[str, dict[str, DQNConfig]] = {
    "cartpole": factorial(_CARTPOLE, **_WITHOUT),
    "catch": factorial(_CATCH, **_WITHOUT),
    "acrobot": factorial(_ACROBOT, **_WITHOUT),
    "solver": _SOLVER,
}

# One agent of the arm whose step size stays, watched while it learns and forgets.
FLIGHT = "forgetting-flight.npz"
FLIGHT_LEARNER = 9

# The agent that a student trains in lesson 5, for those who cannot wait, and how long that takes
# in seconds on the machine of `doctor.REFERENCE_SECONDS`.
AGENT_SEED, AGENT_SECONDS = 12_345, 40
_AGENT, _AGENT_FLIGHT = "agent.npz", "agent-flight.npz"


def seeds_of(study: str) -> range:
    """The seeds that a study is shipped with."""
    return SOLVER_SEEDS if study == "solver" else SEEDS


def thin(history: History) -> History:
    """Keep what the lessons draw: the evaluations, with one mean value instead of 64 probes."""
    small = {
        name: getattr(history, name).astype(np.float32)
        for name in ("eval_return", "loss", "td_error", "action_gap", "max_abs_q")
    }
    return replace(
        history,
        episodes=np.zeros(0, EPISODE_DTYPE),
        q_probe=history.q_probe.mean(-1, keepdims=True).astype(np.float32),
        **small,
    )


def make(study: str, kept: Path, folder: Path = FOLDER) -> None:
    """Train a study and write the shipped files.

    Args:
        study: its name in `STUDIES`.
        kept: folder of whole histories; what is there is not trained again.
        folder: where the shipped files go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for arm, history in sweep(STUDIES[study], seeds_of(study), kept).items():
        save_history(folder / _name(study, arm), thin(history))
    _write_manifest(folder)


def load(study: str, folder: Path = FOLDER) -> dict[str, History]:
    """Read a shipped study: arm -> history, 24 seeds.

    Raises:
        KeyError: no such study; the message lists those there are.
        CheckpointError: a file that is missing, or not the one that was shipped.
    """
    if study not in STUDIES:
        raise KeyError(f"there is no study {study!r}. Studies: {', '.join(STUDIES)}.")
    names = {arm: _name(study, arm) for arm in STUDIES[study]}
    return {arm: load_history(_shipped(folder / name, study)) for arm, name in names.items()}


def make_flight(folder: Path = FOLDER) -> None:
    """Record an agent that learns and forgets, and write the shipped file."""
    config = _SOLVER["step size stays"]
    recorder = FlightRecorder(every=config.eval_period, learner=FLIGHT_LEARNER)
    train(config, SOLVER_SEEDS, on_eval=recorder)
    assert recorder.history is not None
    recorder.history = thin(recorder.history)
    save_flight(folder / FLIGHT, recorder)
    _write_manifest(folder)


def flight(folder: Path = FOLDER) -> FlightRecorder:
    """Read the shipped flight: one agent that learns and forgets.

    Raises:
        CheckpointError: a file that is missing, or not the one that was shipped.
    """
    return load_flight(_shipped(folder / FLIGHT, "flight"))


def agent(
    seed: int = AGENT_SEED, on_eval: Callable[[Run], object] | None = None, folder: Path = FOLDER
) -> tuple[Run, FlightRecorder]:
    """Train the agent that solves CartPole, with a flight recorder.

    Where the profile allows no training of that length, the agent of ``AGENT_SEED`` is the shipped
    one, and a printed sentence says so; another seed is trained all the same.

    Args:
        seed: of the one learner.
        on_eval: called with the run after every evaluation; once, with the shipped run.
        folder: where the shipped files lie.

    Returns:
        The run, and what was recorded of it every 10,000 environment steps.

    Raises:
        CheckpointError: a shipped file that is missing, or not the one that was shipped.
        ValueError: a seed that is negative; a profile that does not exist.
    """
    if seed == AGENT_SEED and profiles.is_shipped(AGENT_SECONDS):
        run = checkpoint.load(_shipped(folder / _AGENT, "agent"))
        if on_eval is not None:
            on_eval(run)
        print(
            f"profile {profiles.profile()}: this agent is shipped with the course. Training it "
            f"takes {AGENT_SECONDS} s; {profiles.VARIABLE}=full, or another seed, does it here."
        )
        return run, load_flight(_shipped(folder / _AGENT_FLIGHT, "agent"))
    recorder = FlightRecorder(every=2 * SOLVED_CARTPOLE.eval_period)

    def look(run: Run) -> None:
        recorder(run)
        if on_eval is not None:
            on_eval(run)

    return train(SOLVED_CARTPOLE, [seed], on_eval=look), recorder


def make_agent(folder: Path = FOLDER) -> None:
    """Train the agent of lesson 5 and write the shipped files."""
    run, recorder = agent(folder=folder)
    checkpoint.save(folder / _AGENT, run, with_replay=False)
    assert recorder.history is not None
    recorder.history = thin(recorder.history)
    save_flight(folder / _AGENT_FLIGHT, recorder)
    _write_manifest(folder)


def made_with(folder: Path = FOLDER) -> Mapping[str, str]:
    """Versions that the shipped runs were made with."""
    versions: Mapping[str, str] = json.loads((folder / "manifest.json").read_text())["versions"]
    return versions


def _name(study: str, arm: str) -> str:
    return f"{study}-{arm.replace(' ', '-').replace(',', '')}.npz"


def _shipped(path: Path, wanted: str) -> Path:
    manifest = json.loads((path.parent / "manifest.json").read_text())
    if not path.exists() or _digest(path) != manifest["sha256"].get(path.name):
        raise CheckpointError(
            f"{path.name} is missing or is not the file that was shipped. "
            f"Take it from the repository, or run `python -m dqn_lessons.reference {wanted}`."
        )
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_manifest(folder: Path) -> None:
    packages = ("torch", "gymnasium", "numpy", "dqn-lessons")
    manifest = {
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in packages},
        },
        "sha256": {path.name: _digest(path) for path in sorted(folder.glob("*.npz"))},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    others = {"flight": make_flight, "agent": make_agent}
    for wanted in sys.argv[1:] or [*STUDIES, *others]:
        if wanted in others:
            others[wanted]()
        else:
            make(wanted, Path("artifacts") / "reference")
