"""The sweep folder that comes with the course, and the one door to it: `train_or_load`.

A history lies where `sweep` would put it, ``<environment>-<digest>.npz``. What else was kept of a
run lies beside it: ``.flight.npz``, one learner by step, and ``.run.npz``, a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from dqn_classroom.shipped.budget import VARIABLE, allows, budget
from dqn_classroom.shipped.studies import STUDIES
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.sweep import result_path
from dqn_lessons.history import Callbacks, Evaluation, History, as_callbacks
from dqn_lessons.train import LiveEvaluation, Run, TDTarget, train

FOLDER = Path(__file__).with_name("data")
_NAMES = {
    result_path("", config, study.seeds).name: (name, arm)
    for name, study in STUDIES.items()
    for arm, config in study.arms.items()
}


class ShippedRun:
    """A shipped run at one of its evaluations, to begin with the last.

    Args:
        study, arm: names in `STUDIES`.
        folder: where the shipped files lie.

    Raises:
        KeyError: no such study or arm.
        CheckpointError: a file that is missing, or not the one that was shipped.
    """

    def __init__(self, study: str, arm: str, folder: Path = FOLDER) -> None:
        self.study, self.arm = study, arm
        self._path = result_path(folder, STUDIES[study].arms[arm], STUDIES[study].seeds)
        self.whole = checkpoint.load_history(self._file(".npz"))
        self.step, self.stop_requested = self.whole.step, False

    @property
    def history(self) -> History:
        """Up to this evaluation, without the table of episodes, and with one probe."""
        return self.whole.until(self.step)

    @cached_property
    def flight(self) -> FlightRecorder:
        """What was recorded of one learner; a `LookupError` where nothing was."""
        return checkpoint.load_flight(self._file(".flight.npz"))

    @property
    def run(self) -> Run:
        """The whole run at its end, without its replay buffer; else a `LookupError`."""
        return checkpoint.load(self._file(".run.npz"))

    def weights(self, learner: int) -> list[Array]:
        """Return the network of the recorded learner: matrix [in, out] and bias [out], in turn."""
        self._refuse_unless(learner == self.flight.learner and self.step in self.flight.weights)
        return self.flight.weights[self.step]

    def terminals(self, learner: int) -> int:
        """Return how many terminal transitions the recorded learner's replay buffer held."""
        self._refuse_unless(learner == self.flight.learner and self.step in self.flight.terminals)
        return self.flight.terminals[self.step]

    def stop(self) -> None:
        """Show nothing more."""
        self.stop_requested = True

    def _refuse_unless(self, kept: bool) -> None:
        if not kept:
            raise LookupError(
                f"{self.arm!r} is shipped with the course, without the network that is asked for, "
                f"at step {self.step:,}. {VARIABLE}=full trains it here."
            )

    def _file(self, suffix: str) -> Path:
        path = self._path.with_suffix(suffix)
        listed = _manifest(path.parent)["sha256"].get(path.name)
        self._refuse_unless(suffix == ".npz" or listed is not None)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != listed:
            raise checkpoint.CheckpointError(
                f"{path.name} is missing or is not the file that was shipped. Take it from the "
                f"repository, or run `python -m dqn_classroom.shipped {shlex.quote(self.study)}`."
            )
        return path


def train_or_load(
    config: DQNConfig,
    seeds: Sequence[int],
    *,
    on_eval: Callbacks[Evaluation] = None,
    td_target: TDTarget | None = None,
    progress: bool = False,
    folder: Path = FOLDER,
) -> LiveEvaluation | ShippedRun:
    """Train as `train` does; where the budget allows it not, show the shipped run, and say so.

    Args:
        config, seeds, td_target, progress: as for `train`; shipped runs have the package's target.
        on_eval: a function or a list of them, called with an `Evaluation` after every evaluation.
        folder: where the shipped files lie.

    Returns:
        The end of it: ``history``, and ``run`` where that was trained here or kept.

    Raises:
        CheckpointError: a shipped file that is missing, or not the one that was shipped.
        TypeError, ValueError: as for `train`; a budget that does not exist.
    """
    name = isinstance(config, DQNConfig) and _NAMES.get(result_path("", config, seeds).name)
    if not name or allows(STUDIES[name[0]].seconds):
        run = train(config, seeds, on_eval=on_eval, td_target=td_target, progress=progress)
        return LiveEvaluation(run)
    shipped, callbacks = ShippedRun(*name, folder), as_callbacks(on_eval)
    with suppress(KeyboardInterrupt):
        for step in shipped.whole.eval_step.tolist():
            shipped.step = step
            for callback in callbacks:
                callback(shipped)
            if shipped.stop_requested:
                break
    print(
        f"{VARIABLE}={budget()}: {shipped.arm!r} is shipped with the course. To train all of "
        f"{shipped.study!r} takes {STUDIES[shipped.study].seconds} s; {VARIABLE}=full, or another "
        "configuration, does it here."
    )
    return shipped


def load(study: str, folder: Path = FOLDER) -> dict[str, History]:
    """Read a shipped study: arm -> history.

    Raises:
        KeyError: no such study; the message lists those there are.
        CheckpointError: a file that is missing, or not the one that was shipped.
    """
    if study not in STUDIES:
        raise KeyError(f"there is no study {study!r}. Studies: {', '.join(STUDIES)}.")
    return {arm: ShippedRun(study, arm, folder).history for arm in STUDIES[study].arms}


def made_with() -> dict[str, str]:
    """Versions that the shipped runs were made with."""
    versions: dict[str, str] = _manifest(FOLDER)["versions"]
    return versions


def _manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
