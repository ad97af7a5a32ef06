"""Plant every bug and write what it does: ``python -m tests.classroom.clinic_tables`` (15 minutes).

Name ``healthy`` for the learners that all are compared with, ``table`` for what the probes say of
each bug, ``cases`` for what its curves do, ``examined`` for what the examiner says; or nothing for
all.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import dqn_lessons.train as loop
from dqn_classroom import clinic
from dqn_classroom.clinic.bugs import edits_of
from dqn_classroom.clinic.cases import CaseRow, shares_outside, train_case
from dqn_classroom.clinic.diagnosis import Row, row_of
from dqn_classroom.clinic.examined import ExaminedRow
from dqn_lessons import stats
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import checkpoint

ALL = (clinic.HEALTHY, *clinic.BUGS)


def make_healthy(path: Path) -> None:
    """Train the healthy learners."""
    history = train_case(clinic.HEALTHY, range(500, 500 + clinic.LEARNERS)).history
    small = replace(history, q_probe=history.q_probe.mean(-1, keepdims=True))
    checkpoint.save_history(path, small)
    path.chmod(0o644)  # saved for its owner alone; a package is for everybody


def make_table() -> dict[str, Row]:
    """Run all probes with every bug in turn."""
    table = {}
    for name in ALL:
        with clinic.injected(edits_of(name)):
            table[name] = row_of(map(clinic.probe, clinic.PROBES))
    return table


def make_case_table() -> dict[str, CaseRow]:
    """Train sixteen learners with every bug in turn."""
    seeds = range(2_000, 2_000 + clinic.LEARNERS)
    control, rows = train_case(clinic.HEALTHY, seeds), {}
    for name in ALL:
        run, difference = train_case(name, seeds), None
        if not run.stopped:
            ours, theirs = (one.history.eval_return[:, -5:].mean(axis=1) for one in (run, control))
            difference = stats.paired_difference_ci(ours, theirs, np.random.default_rng(0))
        rows[name] = CaseRow(shares_outside(run), run.stopped, difference)
    return rows


def own_program(env_id: str, *, steps: int, gamma: float, seed: int) -> Any:
    """Train the course's loop as ``clinic.examine`` wants it."""
    config = DQNConfig(
        env_id=env_id,
        steps=steps,
        gamma=gamma,
        hidden_sizes=(64,),
        learning_rate=3e-3,
        batch_size=32,
        replay_capacity=1_000,
        learning_starts=100,
        update_period=1,
        target_period=50,
        epsilon_end=0.1,
        epsilon_duration=steps // 2,
        eval_period=steps,
        eval_episodes=5,
    )
    run = loop.train(config, [seed], progress=False)
    return lambda obs: run.online.values(obs[None])[0]


def make_examined() -> dict[str, ExaminedRow]:
    """Examine the loop with every bug that one learner can have."""
    rows = {}
    for name in ALL:
        if name in clinic.BUGS and clinic.BUGS[name].needs_many:
            continue
        with clinic.injected(edits_of(name)):
            said = clinic.examine(own_program, progress=False)
        wrong = tuple(one.name for one in said.findings if not one.passed)
        rows[name] = ExaminedRow(said.suspects, wrong)
    return rows


MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "table": make_table,
    "cases": make_case_table,
    "examined": make_examined,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or ("healthy", *MAKERS):
        if name == "healthy":
            make_healthy(Path(clinic.__file__).with_name("healthy.npz"))
            continue
        rows = MAKERS[name]()
        lines = [f"{json.dumps(bug)}: {json.dumps(row)}" for bug, row in rows.items()]
        path = Path(clinic.__file__).with_name(f"{name}.json")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{len(lines)} rows in {path.name}")
