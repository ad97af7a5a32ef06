"""The sweep folder that comes with the course, and the one way to it: `train_or_load`.

A history lies where `sweep` would put it, ``<environment>-<digest>.npz``; what else was kept lies
beside it: ``.flight.npz``, one learner by step, and ``.run.npz``, a checkpoint.
"""

import csv
import hashlib
import json
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dqn_classroom.shipped.budget import VARIABLE, allows, budget
from dqn_classroom.shipped.studies import STUDIES
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.flight_recorder import Evaluation, FlightRecorder
from dqn_lessons.experiments.sweep import result_path
from dqn_lessons.history import EVALUATION, Callbacks, History, as_callbacks
from dqn_lessons.train import Run, TDTarget, train

FOLDER = Path(__file__).with_name("data")
_NAMES = {
    result_path("", config, study.seeds).name: (name, arm)
    for name, study in STUDIES.items()
    for arm, config in study.arms.items()
}


class ShippedRun:
    """A shipped run at one of its evaluations, to begin with the last; an `Evaluation`.

    Args:
        study, arm: names in `STUDIES`.

    Raises:
        KeyError: no such study or arm.
        CheckpointError: a file that is missing, or not the one that was shipped.
    """

    def __init__(self, study: str, arm: str) -> None:
        self.name, self.arm, self.study = study, arm, STUDIES[study]
        self.whole = checkpoint.load_history(self._file(".npz"))
        self.step, self.stop_requested = self.whole.step, False
        recorded = arm in self.study.recorded
        self.flight = checkpoint.load_flight(self._file(".flight.npz")) if recorded else None

    @property
    def history(self) -> History:
        """Up to this evaluation, without the table of episodes, and with one probe."""
        whole, known = self.whole, self.whole.eval_step <= self.step
        tables = {name: getattr(whole, name)[:, known] for name in EVALUATION}
        complete, eval_step = self.step >= whole.config.steps, whole.eval_step[known]
        return replace(whole, step=self.step, complete=complete, eval_step=eval_step, **tables)

    def stop(self) -> None:
        """Show nothing more."""
        self.stop_requested = True

    def weights(self, learner: int) -> list[Array]:
        """The network of the recorded learner: matrix [in, out] and bias [out], in turn.

        Raises:
            LookupError: it was not kept.
        """
        return self._recorded(learner).weights[self.step]

    def terminals(self, learner: int) -> int:
        """How many terminal transitions the replay buffer of the recorded learner held.

        Raises:
            LookupError: it was not kept.
        """
        return self._recorded(learner).terminals[self.step]

    def _recorded(self, learner: int) -> FlightRecorder:
        flight = self.flight
        if flight is None or learner != flight.learner or self.step not in flight.weights:
            raise LookupError(
                f"{self.arm!r} is shipped with the course, without the network of learner "
                f"{learner} at step {self.step:,}. {VARIABLE}=full trains it here."
            )
        return flight

    def _file(self, suffix: str) -> Path:
        path = result_path(FOLDER, self.study.arms[self.arm], self.study.seeds).with_suffix(suffix)
        listed = _manifest()["sha256"].get(path.name)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != listed:
            raise checkpoint.CheckpointError(
                f"{path.name} is missing or is not the file that was shipped. Take it from the "
                f"repository, or run `python -m dqn_classroom.shipped {shlex.quote(self.name)}`."
            )
        return path


def train_or_load(
    config: DQNConfig,
    seeds: Sequence[int],
    *,
    on_eval: Callbacks[Evaluation] = None,
    td_target: TDTarget | None = None,
    progress: bool = False,
) -> Run | ShippedRun:
    """Train as `train` does; where the budget allows it not, show the shipped run, and say so.

    Args:
        config, seeds, progress: as for `train`.
        td_target: gives targets ``[S, B]`` as for `train`; shipped runs have the package's own.
        on_eval: a function or a list of them, called with an `Evaluation` after every evaluation.

    Returns:
        The run; of a shipped one what was kept, in any case its ``history``.

    Raises:
        CheckpointError: a shipped file that is missing, or not the one that was shipped.
        TypeError, ValueError: as for `train`; a budget that does not exist.
    """
    name = isinstance(config, DQNConfig) and _NAMES.get(result_path("", config, seeds).name)
    if not name or allows(STUDIES[name[0]].seconds):
        return train(config, seeds, on_eval=on_eval, td_target=td_target, progress=progress)
    shipped, callbacks = ShippedRun(*name), as_callbacks(on_eval)
    with suppress(KeyboardInterrupt):
        for step in shipped.whole.eval_step.tolist():
            shipped.step = step
            for callback in callbacks:
                callback(shipped)
            if shipped.stop_requested:
                break
    print(
        f"{VARIABLE}={budget()}: {shipped.arm!r} is shipped with the course. To train all of "
        f"{shipped.name!r} takes {shipped.study.seconds} s; {VARIABLE}=full, or another "
        "configuration, does it here."
    )
    return checkpoint.load(shipped._file(".run.npz")) if shipped.study.keeps_runs else shipped


def load(study: str) -> dict[str, History]:
    """Read a shipped study: arm -> history.

    Raises:
        KeyError: no such study; the message lists those there are.
        CheckpointError: a file that is missing, or not the one that was shipped.
    """
    if study not in STUDIES:
        raise KeyError(f"there is no study {study!r}. Studies: {', '.join(STUDIES)}.")
    return {arm: ShippedRun(study, arm).history for arm in STUDIES[study].arms}


def table(name: str) -> dict[str, Array]:
    """Read a shipped table: column -> a number per seed ``[S]``."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}


def made_with() -> dict[str, str]:
    """Versions that the shipped runs were made with."""
    return dict(_manifest()["versions"])


def _manifest() -> Any:
    return json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
