"""What the examiner says of the course's own loop with each bug of the clinic in turn."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dqn_classroom.clinic.bugs import BUGS

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
"""Bugs that the examiner cannot see in the course's loop, and why.

Overestimation does not tell them either: where rewards are noise, all end as far off as DQN does.
"""


class ExaminedRow(NamedTuple):
    """What is said of a loop with a bug: what fits, and which findings are wrong."""

    suspects: tuple[str, ...]
    wrong: tuple[str, ...]


@cache
def examined() -> dict[str, ExaminedRow]:
    """Bug -> what the examiner says, shipped with the course."""
    rows = json.loads(Path(__file__).with_name("examined.json").read_text(encoding="utf-8"))
    return {name: ExaminedRow(*map(tuple, row)) for name, row in rows.items()}
