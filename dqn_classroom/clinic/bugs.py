"""The bugs: each an edit of the loop, where it was seen, how it shows, what catches it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dqn_classroom.clinic.inject import Edit

HEALTHY = "healthy"


@dataclass(frozen=True)
class Bug:
    """One bug of ``bugs.toml``.

    Args:
        name: the diagnosis.
        part: which part of the loop it breaks.
        edits: what is changed.
        source: what kind of code it was seen in, with the thread where there is one.
        shows: how it shows.
        caught_by: the name of the probe that catches it; others may, too.
        lesson: what to remember.
        needs_many: true when a single learner cannot have it.
        was: the name that it had in an earlier version of the course, or empty.
    """

    name: str
    part: str
    edits: tuple[Edit, ...]
    source: str
    shows: str
    caught_by: str
    lesson: str
    needs_many: bool = False
    was: str = ""


def _bug(name: str, fields: dict[str, Any]) -> Bug:
    edits = tuple(Edit(**edit) for edit in fields.pop("edits"))
    # Lines of the file are wrapped; a text has none.
    texts: dict[str, Any] = {
        key: " ".join(text.split()) if isinstance(text, str) else text
        for key, text in fields.items()
    }
    return Bug(name, edits=edits, **texts)


_TOML = (files("dqn_classroom.clinic") / "bugs.toml").read_text(encoding="utf-8")
BUGS = {name: _bug(name, fields) for name, fields in tomllib.loads(_TOML).items()}
_RENAMED = {bug.was: bug.name for bug in BUGS.values() if bug.was}


def current_name(name: str) -> str:
    """Return what a bug is called now; a name that is not a former one is returned as it is."""
    return _RENAMED.get(name, name)


def edits_of(name: str) -> tuple[Edit, ...]:
    """Return what a bug changes; nothing for ``"healthy"``.

    Raises:
        KeyError: no bug has that name.
    """
    if name not in (*BUGS, HEALTHY):
        raise KeyError(f"there is no bug {name!r}. Bugs: {', '.join((*BUGS, HEALTHY))}.")
    return BUGS[name].edits if name in BUGS else ()
