"""Studies with more seeds and longer budgets than a lesson has time for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dqn_classroom.shipped.files import FOLDER, shipped, write_manifest
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments.checkpoint import load_history, save_history
from dqn_lessons.experiments.sweep import factorial, sweep
from dqn_lessons.history import EPISODE_DTYPE, History
from dqn_lessons.presets import SOLVED_CARTPOLE

SEEDS = range(24)
# The solver was searched on other seeds, all below 20,000: its score needs new ones.
SOLVER_SEEDS = range(20_000, 20_024)

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
    "batch of 64": replace(SOLVED_CARTPOLE, batch_size=64),
    "step size of 1e-3": replace(SOLVED_CARTPOLE, learning_rate=1e-3),
    "epsilon to 0.1": replace(SOLVED_CARTPOLE, epsilon_end=0.1),
}

# study -> arm -> configuration
STUDIES: dict[str, dict[str, DQNConfig]] = {
    "cartpole": factorial(_CARTPOLE, **_WITHOUT),
    "catch": factorial(_CATCH, **_WITHOUT),
    "acrobot": factorial(_ACROBOT, **_WITHOUT),
    "solver": _SOLVER,
}


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
        save_history(folder / file_name(study, arm), thin(history))
    write_manifest(folder)


def load(study: str, folder: Path = FOLDER) -> dict[str, History]:
    """Read a shipped study: arm -> history, 24 seeds.

    Raises:
        KeyError: no such study; the message lists those there are.
        CheckpointError: a file that is missing, or not the one that was shipped.
    """
    if study not in STUDIES:
        raise KeyError(f"there is no study {study!r}. Studies: {', '.join(STUDIES)}.")
    names = {arm: file_name(study, arm) for arm in STUDIES[study]}
    return {arm: load_history(shipped(folder / name, study)) for arm, name in names.items()}


def file_name(study: str, arm: str) -> str:
    """Return the name of the shipped file of an arm."""
    return f"{study}-{arm}.npz".replace(" ", "-").replace(",", "")
