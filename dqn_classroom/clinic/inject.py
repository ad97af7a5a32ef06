"""Inject a bug into the one loop: other words in the source of one function, for a while.

A bug is an edit, not a copy: it cannot drift from the function that it breaks, and what is shown
of it is the line that changed.
"""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any
from unittest.mock import patch

from dqn_lessons.train import Run


@dataclass(frozen=True)
class Edit:
    """In the function ``where``, such as ``train.Run.update``, ``old`` becomes ``new``."""

    where: str
    old: str
    new: str


def locate(where: str) -> tuple[Any, str]:
    """Return the module or class that holds a function, and the name it has there."""
    module, *inner, name = where.split(".")
    return reduce(getattr, inner, import_module(f"dqn_lessons.{module}")), name


def _source(where: str) -> str:
    owner, name = locate(where)
    return textwrap.dedent(inspect.getsource(inspect.getattr_static(owner, name)))


def _edited(edits: Sequence[Edit]) -> dict[str, tuple[str, str]]:
    """Function -> its source, and its source with all its edits."""
    sources: dict[str, tuple[str, str]] = {}
    for edit in edits:
        before, after = sources.get(edit.where) or (_source(edit.where),) * 2
        if after.count(edit.old) != 1:
            raise ValueError(
                f"old = {edit.old!r} stands {after.count(edit.old)} times in {edit.where}: it must "
                "stand there once. Quote more of the line."
            )
        sources[edit.where] = before, after.replace(edit.old, edit.new)
    return sources


def changed_lines(edits: Sequence[Edit]) -> str:
    """Return what the edits change, as a diff without its surroundings.

    Raises:
        ValueError: ``old`` does not stand exactly once where it should.
    """
    lines = []
    for where, (before, after) in _edited(edits).items():
        diff = difflib.ndiff(before.splitlines(), after.splitlines())
        changed = [f"{line[0]} {line[2:].strip()}" for line in diff if line[0] in "-+"]
        lines += [f"in {where}", *changed]
    return "\n".join(lines)


@contextmanager
def replaced(functions: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Put functions, by dotted name, in the place of the package's own while the context lasts.

    The loop then takes its gradients from PyTorch: by hand they would pass the functions by.
    """
    by_autograd = functions.get("train.Run.autograd_gradients", Run.autograd_gradients)
    with ExitStack() as stack:
        stack.enter_context(patch.object(Run, "gradients", by_autograd))
        for where, function in functions.items():
            stack.enter_context(patch.object(*locate(where), function))
        yield


def injected(edits: Sequence[Edit]) -> Any:
    """Return a context in which the loop runs with the edits.

    Raises:
        ValueError: ``old`` does not stand exactly once where it should.
    """
    functions = {}
    for where, (_, source) in _edited(edits).items():
        owner, name = locate(where)
        original = inspect.unwrap(inspect.getattr_static(owner, name))
        space: dict[str, Any] = {}
        program = f"from __future__ import annotations\n{source}"
        exec(compile(program, f"<{where}, edited>", "exec"), original.__globals__, space)
        functions[where] = space[name]
    return replaced(functions)
