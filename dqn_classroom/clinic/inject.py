"""Plant a bug in the one loop: other words in the source of one function, for a while.

A bug is an edit, not a copy: it cannot drift from the function that it breaks, and what is shown
of it is the line that changed.
"""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Edit:
    """In the function ``where``, ``old`` becomes ``new``.

    Args:
        where: dotted name below the package, such as ``"train.Run.update"``.
        old: words that stand in its source exactly once.
        new: what stands there instead.
    """

    where: str
    old: str
    new: str


def locate(where: str) -> tuple[Any, str]:
    """Return the module or class that holds a function, and the name it has there."""
    module, *inner, name = where.split(".")
    owner = import_module(f"dqn_lessons.{module}")
    for part in inner:
        owner = getattr(owner, part)
    return owner, name


def _source(where: str) -> str:
    owner, name = locate(where)
    return textwrap.dedent(inspect.getsource(inspect.getattr_static(owner, name)))


def _edited(where: str, edits: Sequence[Edit]) -> str:
    source = _source(where)
    for edit in edits:
        if source.count(edit.old) != 1:
            raise ValueError(
                f"old = {edit.old!r} stands {source.count(edit.old)} times in {where}: it must "
                "stand there once. Quote more of the line."
            )
        source = source.replace(edit.old, edit.new)
    return source


def _by_function(edits: Sequence[Edit]) -> dict[str, list[Edit]]:
    groups: dict[str, list[Edit]] = {}
    for edit in edits:
        groups.setdefault(edit.where, []).append(edit)
    return groups


def changed_lines(edits: Sequence[Edit]) -> str:
    """Return what the edits change, as a diff without its surroundings.

    Raises:
        ValueError: ``old`` does not stand exactly once where it should.
    """
    lines = []
    for where, group in _by_function(edits).items():
        pair = _source(where).splitlines(), _edited(where, group).splitlines()
        lines.append(f"in {where}")
        lines += [
            f"{line[0]} {line[2:].strip()}" for line in difflib.ndiff(*pair) if line[0] in "-+"
        ]
    return "\n".join(lines)


@contextmanager
def replaced(functions: Mapping[str, Function]) -> Iterator[None]:
    """Put functions in the place of the package's own while the context lasts.

    Args:
        functions: dotted name -> function.
    """
    before = []
    try:
        for where, function in functions.items():
            owner, name = locate(where)
            before.append((owner, name, inspect.getattr_static(owner, name)))
            setattr(owner, name, function)
        yield
    finally:
        for owner, name, original in reversed(before):
            setattr(owner, name, original)


def injected(edits: Sequence[Edit]) -> Any:
    """Return a context in which the loop runs with the edits.

    Raises:
        ValueError: ``old`` does not stand exactly once where it should.
    """
    functions = {}
    for where, group in _by_function(edits).items():
        owner, name = locate(where)
        original = inspect.unwrap(inspect.getattr_static(owner, name))
        space: dict[str, Any] = {}
        program = "from __future__ import annotations\n" + _edited(where, group)
        exec(compile(program, f"<{where}, edited>", "exec"), original.__globals__, space)
        functions[where] = space[name]
    return replaced(functions)
