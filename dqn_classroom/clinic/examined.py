"""The course's own loop, examined with each bug of the clinic in turn."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import dqn_lessons.train as loop
from dqn_classroom.clinic.bugs import BUGS, HEALTHY, edits_of
from dqn_classroom.clinic.examine import examine
from dqn_classroom.clinic.inject import injected
from dqn_lessons.config import DQNConfig

_PACE = "values end where they should: only the way there differs"
_ALONE = "a single learner cannot have it"
UNSEEN = {
    "target by reference": _PACE,
    "online network for the target": _PACE,
    "synced at every update": _PACE,
    "sum for mean": "Adam divides by the size of the gradient",
    "learns before the buffer is warm": _PACE,
    **{name: _ALONE for name, bug in BUGS.items() if bug.needs_many},
}
"""Bugs that the examiner cannot see in the course's loop, and why."""


def own_program(env_id: str, *, steps: int, gamma: float, seed: int) -> Any:
    """Train the course's loop as ``examine`` wants it.

    Args:
        env_id: a registered Gymnasium environment.
        steps: environment steps.
        gamma: discount.
        seed: of everything random.

    Returns:
        ``q(obs [B, D]) -> [B, A]``.
    """
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


class ExaminedRow(NamedTuple):
    """What is said of a loop with a bug: what fits, and which findings are wrong."""

    suspects: tuple[str, ...]
    wrong: tuple[str, ...]


def make_examined() -> dict[str, ExaminedRow]:
    """Examine the loop with every bug that one learner can have: minutes of computing."""
    rows = {}
    for name in (HEALTHY, *BUGS):
        if name in BUGS and BUGS[name].needs_many:
            continue
        with injected(edits_of(name)):
            said = examine(own_program, progress=False)
        rows[name] = ExaminedRow(
            said.suspects, tuple(f.name for f in said.findings if not f.passed)
        )
    return rows


@cache
def examined() -> dict[str, ExaminedRow]:
    """Bug -> what the examiner says, shipped with the course; made by :func:`make_examined`."""
    rows = json.loads(Path(__file__).with_name("examined.json").read_text(encoding="utf-8"))
    return {name: ExaminedRow(*map(tuple, row)) for name, row in rows.items()}
