"""One lesson, as its TOML file tells it; the file's comments are for authors only.

The keys of the file are the fields below, with ``[[exercises]]``, ``[[predictions]]`` and
``[[quiz]]`` as tables. An exercise gives the dotted name of its ``reference``; its probes are the
variable of that name, in capitals, in ``<topic>_probes.py`` beside the file. The ``code`` of a
mistake is an expression of the reference's arguments, or lines of a body. It sees all names of the
probes module, NumPy as ``np``, and the reference. Where the probes are ``Questions``, ``code`` is
a list of edits of the reference instead, ``old => new``, each of words that stand there once.
``bug = true`` says that the clinic has planted the same mistake, under the same name. ``was``, of
an exercise or a mistake, is the name that it had before, or a list of them, for old progress files.
"""

from __future__ import annotations

import ast
import pkgutil
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Exercise, Function, Mistake, arguments, plain_source
from dqn_classroom.exercises.questions import KEPT, Question
from dqn_classroom.exercises.stages import Questions, Stage


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Args:
        topic: the name of its file.
        number: its place in the course, from 0.
        title: as in the README.
        notebook: the name of its notebook, without the number.
        order: its place among the others; only what is larger counts.
        minutes: in class, in minutes, as in the README.
        seconds: of computing, in seconds on the machine of :mod:`dqn_classroom.doctor`.
        exercises: name -> table. The probes are loaded with :meth:`exercise`.
        predictions: in the order of the notebook.
        quiz: the questions at its end.
        key: what its quiz is called in progress files; it stays when the number changes.
        answers: to what the notebook asks to try before one goes.
        teaching: for who teaches it; ``instructor`` reads it.
    """

    topic: str
    number: int
    title: str
    notebook: str
    order: int
    minutes: int
    seconds: float
    exercises: Mapping[str, Mapping[str, Any]]
    predictions: Sequence[Question]
    quiz: Sequence[Question]
    key: str
    answers: Sequence[str] = ()
    teaching: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, topic: str, number: int, table: Mapping[str, Any]) -> Lesson:
        """Return a lesson from the table of its file.

        Args:
            topic: the name of the file.
            number: its place in the course, from 0.
            table: what the file holds.

        Raises:
            ValueError: a key is missing, unknown, or its value does not fit.
        """
        try:
            parts: dict[str, Any] = {
                "exercises": {
                    row["reference"].rpartition(".")[2]: row for row in table.get("exercises", ())
                },
                "predictions": [
                    Question(**row | {"options": dict.fromkeys(row["options"], KEPT)})
                    for row in table.get("predictions", ())
                ],
                "quiz": [Question(**row) for row in table.get("quiz", ())],
            }
            return cls(topic, number, **{"key": topic, **table, **parts})
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{topic}.toml: {error}.") from error

    @property
    def file(self) -> str:
        """The name of its notebook, such as ``03_vanilla_dqn``."""
        return f"{self.number:02}_{self.notebook}"

    def mistakes(self, name: str) -> dict[str, str]:
        """Return mistake -> hint of an exercise; nothing else is loaded."""
        return {key: row["hint"] for key, row in self.exercises[name]["mistakes"].items()}

    def exercise(self, name: str) -> Exercise:
        """Load an exercise: its reference, its probes, and its mistakes as functions.

        Raises:
            ValueError: something in the file does not fit; the message says where.
        """
        table = {key: value for key, value in self.exercises[name].items() if key != "was"}
        probes = import_module(f"dqn_classroom.lessons.{self.topic}_probes")
        try:
            reference = pkgutil.resolve_name(table.pop("reference"))
            names = {"np": np, name: reference} | vars(probes)
            asked = getattr(probes, name.upper())
            made, kind = (edited, Stage) if isinstance(asked, Questions) else (function, Exercise)
            mistakes = [
                Mistake(key, made(row["code"], reference, names), row["hint"])
                for key, row in table.pop("mistakes").items()
            ]
            return kind(reference, asked, mistakes, **table)
        except (AttributeError, KeyError, SyntaxError, TypeError) as error:
            raise ValueError(f"{self.topic}.toml, exercise {name!r}: {error}.") from error


def former(row: Mapping[str, Any]) -> list[str]:
    """Return the names that an exercise or a mistake had before."""
    was = row.get("was", [])
    return [was] if isinstance(was, str) else was


def function(code: str, reference: Function, names: dict[str, Any]) -> Function:
    """Return a function with the arguments of the reference and another body.

    Args:
        code: an expression, or the lines of a body.
        reference: whose name and arguments it gets.
        names: what the code may use.
    """
    with suppress(SyntaxError):
        ast.parse(code, mode="eval")
        code = f"return (\n{code}\n)"
    head = f"def {reference.__name__}({arguments(reference)}):\n"
    found: dict[str, Any] = {}
    exec(head + textwrap.indent(code, "    "), names, found)
    made: Function = found[reference.__name__]
    return made


def edited(code: Sequence[str], reference: Any, names: dict[str, Any]) -> Any:
    """Return a class or function that is the reference with other words.

    Args:
        code: edits, ``old => new``.
        reference: what is edited.
        names: what the new words may use.

    Raises:
        KeyError: ``old`` does not stand there once.
    """
    source = plain_source(reference)
    for edit in code:
        old, _, new = edit.partition(" => ")
        if source.count(old) != 1:
            raise KeyError(f"{old!r} stands {source.count(old)} times in {reference.__name__}")
        source = source.replace(old, new)
    found = vars(import_module(reference.__module__)) | names
    exec(compile(source, f"<{reference.__name__}, edited>", "exec"), found)
    return found[reference.__name__]
