"""The comparisons of the lessons, for a lecture that cannot wait for them.

Each is a cell of a lesson: its arms, written down there again for the reader, and trained there
with the same 16 seeds. Found by what is trained, so that a changed configuration is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dqn_classroom.shipped import budget
from dqn_classroom.shipped.files import FOLDER, shipped, write_manifest
from dqn_classroom.shipped.studies import file_name, thin
from dqn_lessons import checks as check
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments.checkpoint import load_flight, load_history, save_flight, save_history
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.history import EVALUATION, History
from dqn_lessons.presets import VANILLA
from dqn_lessons.train import TDTarget, train

LESSON_SEEDS = range(16)


@dataclass(frozen=True)
class Comparison:
    """What one cell of a lesson trains.

    Args:
        seconds: how long the cell takes, in seconds on the machine of ``doctor.REFERENCE_SECONDS``.
        arms: name -> configuration.
        filmed: arm -> environment steps between the weights that are kept of its first learner.
    """

    seconds: int
    arms: Mapping[str, DQNConfig]
    filmed: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Snapshot:
    """A shipped run at one of its evaluations: what ``on_eval`` gets in the place of a run.

    Args:
        history: up to this evaluation.
        weights: of the first learner, layer by layer ``[in, out]`` and ``[out]``, or ``None``
            where they were not kept.
        stop_requested: set to true, nothing more is shown.
    """

    history: History
    weights: list[Array] | None
    stop_requested: bool = False

    @property
    def config(self) -> DQNConfig:
        """What was trained."""
        return self.history.config

    @property
    def seeds(self) -> tuple[int, ...]:
        """One per learner."""
        return self.history.seeds

    @property
    def step(self) -> int:
        """Environment steps made by each learner."""
        return self.history.step

    @property
    def online(self) -> Snapshot:
        """The network, of which there is nothing but its weights."""
        return self

    def layers(self, learner: int) -> list[Array]:
        """Return the weights of a learner as arrays ``[in, out]`` and ``[out]``, layer by layer.

        Args:
            learner: 0; no other one was kept.

        Raises:
            LookupError: they were not kept.
        """
        if learner or self.weights is None:
            raise LookupError(
                f"This run is shipped with the course, without the network of learner {learner} "
                f"at step {self.step:,}. {budget.VARIABLE}=full trains it here."
            )
        return self.weights


_ONE_AT_A_TIME = replace(VANILLA, update_period=1)
_REPLAY = {
    "one at a time": _ONE_AT_A_TIME,
    "last 32": replace(_ONE_AT_A_TIME, replay_capacity=32, batch_size=32, learning_starts=32),
    "memory of 10,000": replace(
        _ONE_AT_A_TIME, replay_capacity=10_000, batch_size=32, learning_starts=500
    ),
}
_MEMORY = replace(
    VANILLA,
    steps=4_400,
    update_period=2,
    replay_capacity=10_000,
    batch_size=32,
    learning_starts=401,
    epsilon_duration=3_000,
    eval_period=400,
    eval_episodes=3,
)


def _each(arms: Mapping[str, DQNConfig], **settings: Any) -> dict[str, DQNConfig]:
    return {name: replace(config, **settings) for name, config in arms.items()}


COMPARISONS = {
    "lesson 2": Comparison(
        seconds=17,
        arms={
            "vanilla": replace(
                _ONE_AT_A_TIME,
                steps=10_000,
                epsilon_duration=5_000,
                eval_period=500,
                eval_episodes=5,
            )
        },
        filmed={"vanilla": 2_500},
    ),
    "lesson 3 cartpole": Comparison(
        seconds=31,
        arms=_each(_REPLAY, steps=5_000, epsilon_duration=2_500, eval_period=500, eval_episodes=5),
    ),
    "lesson 3 catch": Comparison(
        seconds=16,
        arms=_each(
            _REPLAY,
            env_id="dqn_lessons/Catch-v0",
            steps=2_000,
            epsilon_duration=1_500,
            eval_period=250,
            eval_episodes=20,
        ),
    ),
    "lesson 4": Comparison(
        seconds=27,
        arms={
            "no copy": _MEMORY,
            "copy every 200": replace(_MEMORY, target_period=200),
            "soft": replace(_MEMORY, tau=1 / 200),
            "copy every 1,000": replace(_MEMORY, target_period=1_000),
        },
        filmed={"copy every 200": 2_000},
    ),
    "lesson 4 huber": Comparison(
        seconds=10,
        arms={
            "no copy": replace(_MEMORY, loss="huber"),
            "copy every 200": replace(_MEMORY, loss="huber", target_period=200),
        },
    ),
}


def history(
    config: DQNConfig,
    seeds: Sequence[int],
    *,
    td_target: TDTarget | None = None,
    on_eval: Callable[[Any], object] | None = None,
    progress: bool = False,
    folder: Path = FOLDER,
) -> History:
    """Train the learners of a comparison, as ``train`` does, and return their history.

    Where the profile allows no comparison of that length, the history is the shipped one: the
    evaluations, without the table of episodes and with one probe. A printed sentence says so.
    Whatever is not shipped, another configuration or other seeds, is trained all the same.

    Args:
        config: what to train.
        seeds: one whole number >= 0 per learner, all different.
        td_target: as for ``train``; the shipped runs have the package's.
        on_eval: called after every evaluation, with the run, or with a `Snapshot` of a shipped one.
        progress: show a progress bar.
        folder: where the shipped files lie.

    Raises:
        CheckpointError: a shipped file that is missing, or not the one that was shipped.
        TypeError, ValueError: as for ``train``; a profile that does not exist.
    """
    place = _place(config, seeds)
    if place is None or not budget.is_shipped(COMPARISONS[place[0]].seconds):
        return train(config, seeds, td_target=td_target, on_eval=on_eval, progress=progress).history
    name, arm = place
    whole, weights = _load(name, arm, folder)
    shown = whole if on_eval is None else _show(whole, weights, on_eval)
    print(
        f"profile {budget.profile()}: {arm!r} is shipped with the course. Training all of this "
        f"cell takes {COMPARISONS[name].seconds} s; {budget.VARIABLE}=full, or another "
        "configuration, does it here."
    )
    return shown


def make(name: str, folder: Path = FOLDER) -> None:
    """Train the arms of a comparison and write the shipped files.

    Args:
        name: of the comparison.
        folder: where the files go.
    """
    comparison = COMPARISONS[name]
    for arm, config in comparison.arms.items():
        path = folder / file_name(name, arm)
        if arm not in comparison.filmed:
            save_history(path, thin(train(config, LESSON_SEEDS).history))
            continue
        recorder = FlightRecorder(comparison.filmed[arm])
        recorder.history = thin(train(config, LESSON_SEEDS, on_eval=recorder).history)
        save_flight(path, recorder)
    write_manifest(folder)


def _place(config: DQNConfig, seeds: Sequence[int]) -> tuple[str, str] | None:
    """The comparison and the arm that a training is, if it is one."""
    if check.seeds(seeds) != tuple(LESSON_SEEDS):
        return None
    for name, comparison in COMPARISONS.items():
        for arm, shipped_config in comparison.arms.items():
            if shipped_config == config:
                return name, arm
    return None


def _load(name: str, arm: str, folder: Path) -> tuple[History, Mapping[int, list[Array]]]:
    path = shipped(folder / file_name(name, arm), f"'{name}'")
    if arm not in COMPARISONS[name].filmed:
        return load_history(path), {}
    recorder = load_flight(path)
    assert recorder.history is not None
    return recorder.history, recorder.weights


def _show(
    whole: History, weights: Mapping[int, list[Array]], on_eval: Callable[[Any], object]
) -> History:
    """Call ``on_eval`` as a training does; return the history up to where it was stopped."""
    for step in whole.eval_step.tolist():
        snapshot = Snapshot(_until(whole, step), weights.get(step))
        on_eval(snapshot)
        if snapshot.stop_requested:
            return snapshot.history
    return whole


def _until(history: History, step: int) -> History:
    """The history as it was at an evaluation."""
    known = history.eval_step <= step
    return replace(
        history,
        step=step,
        complete=step >= history.config.steps,
        eval_step=history.eval_step[known],
        **{name: getattr(history, name)[:, known] for name in EVALUATION},
    )
