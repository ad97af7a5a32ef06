"""What is told of a planted bug."""

from __future__ import annotations

from dataclasses import dataclass

from dqn_classroom.clinic.inject import Edit


@dataclass(frozen=True)
class Bug:
    """One planted bug.

    Args:
        name: the diagnosis.
        part: which part of the loop it breaks.
        edits: what is changed.
        source: what kind of code it was seen in, with the thread where there is one.
        shows: how it shows.
        caught_by: the name of the probe that catches it; others may, too.
        lesson: what to remember.
        needs_many: true when a single learner cannot have it.
    """

    name: str
    part: str
    edits: tuple[Edit, ...]
    source: str
    shows: str
    caught_by: str
    lesson: str
    needs_many: bool = False
