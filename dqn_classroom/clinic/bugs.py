"""The bugs of ``bugs.toml``: each an edit of the loop, and what is told of it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dqn_classroom.clinic.inject import Edit

HEALTHY = "healthy"


@dataclass(frozen=True)
class Bug:
    """One bug; the first lines of ``bugs.toml`` say what the fields mean."""

    name: str
    part: str
    edits: tuple[Edit, ...]
    source: str
    shows: str
    caught_by: str
    lesson: str
    needs_many: bool = False
    was: str = ""


def _bug(name: str, edits: list[dict[str, str]], **fields: Any) -> Bug:
    # Lines of the file are wrapped; a text has none.
    fields = {
        key: " ".join(value.split()) if isinstance(value, str) else value
        for key, value in fields.items()
    }
    return Bug(name, edits=tuple(Edit(**edit) for edit in edits), **fields)


_TOML = tomllib.loads(Path(__file__).with_name("bugs.toml").read_text(encoding="utf-8"))
BUGS = {name: _bug(name, **fields) for name, fields in _TOML.items()}
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
