"""Every public name says what no linter looks for: shapes, units and where a formula is from.

That there is a docstring, its form, and what a function raises itself are ruff's rules D and DOC in
pyproject.toml. No library sees what is raised by a check or a helper that a function calls: that it
stands under Raises is left to its author. What a module says once in its own docstring, under
Args, holds for all its functions.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, get_origin

import numpy as np
import pytest
from docstring_parser import Docstring, DocstringStyle, parse

from dqn_lessons.config import Array

# Each public function of these modules is a formula, an algorithm or a statistic.
SCIENCE = {f"dqn_lessons.{name}" for name in ("target_lag", "td", "replay", "stats")}
ARRAYS = {"Array", "ArrayLike", "NDArray", "ndarray", "Tensor", "Floats"}
_WORDS = re.compile(r"\w+")
# `[S, B]`, `[..., A]`, `[T + 1, D]`, `[<= 4 * buckets]`; but not the interval "in [0, 1]".
_AXIS = r"(?:<= )?(?:\.\.\.|\w+(?: ?[-+*] ?\w+)?)"
SHAPE = re.compile(
    rf"(?<!in )\[{_AXIS}(?:, ?{_AXIS})*\]"
    r"|(?i:\bscalar|\bany shape|\bshaped as|\bshapes? as|\ba number\b|\bnumbers\b)"
)
# A number that counts, or that lasts, is nothing without its unit: name -> words that give one.
_TIME = r"environment steps?|updates?|gradient steps?|episodes?|frames?|rewards?"
UNITS = {
    r"(.*_)?(steps?|period|duration|starts|every|updates)": _TIME,
    r"(.*_)?lag": r"steps?",
    r"(.*_)?episodes": r"episodes?",
    r"(.*_)?seconds": r"seconds?",
    r"(.*_)?minutes": r"minutes?",
    r"fps": r"(frames|pictures) per second",
    r"(.*_)?(width|height)": r"pixels?",
    r"(.*_)?(bytes|nbytes)": r"bytes",
    r"(.*_)?capacity": r"transitions?",
    r"tau": r"update",
    r"learning_rate(_end)?": r"step size|SGD|Adam",
}


def parsed(text: str | None) -> Docstring:
    return parse(inspect.cleandoc(text or ""), style=DocstringStyle.GOOGLE)


def lines(docstring: Docstring, kind: str) -> dict[str, str]:
    """Name -> description of a section's lines; several names may share one."""
    found = [m for m in docstring.meta if m.args[0] == kind and len(m.args) > 1]
    return {n.strip(" *"): m.description or "" for m in found for n in m.args[1].split(",")}


def is_array(annotation: str) -> bool:
    return not ARRAYS.isdisjoint(_WORDS.findall(annotation))


class Subject:
    """A public function, method, property or class, with what is said of it."""

    def __init__(
        self, name: str, obj: Any, where: str = "", module_doc: str = "", owner: Any = None
    ):
        self.name, self.obj, self.doc = name, obj, obj.__doc__ or ""
        self.parsed, self.around = parsed(self.doc), f"{self.doc} {owner and owner.__doc__}"
        self.own = lines(self.parsed, "attribute") | lines(self.parsed, "param")
        self.said = lines(parsed(module_doc), "param") | self.own
        self.formula = where in SCIENCE and owner is None and not inspect.isclass(obj)
        target = obj.fget if isinstance(obj, property) else getattr(obj, "__func__", obj)
        made = not inspect.isclass(obj) or "__init__" in vars(obj) or hasattr(obj, "_fields")
        given = inspect.signature(inspect.unwrap(target)) if made else inspect.Signature()
        # As they are written, where a module postpones its annotations: so an alias hides arrays.
        self.returns = "" if inspect.isclass(obj) else str(given.return_annotation)
        self.parameters = {
            p.name: "" if p.annotation is p.empty else str(p.annotation)
            for p in given.parameters.values()
            if p.name not in ("self", "cls", "_cls")
        }
        # A library that calls the method says what its parameters mean.
        self.foreign = any(
            name.rpartition(".")[2] in vars(base) and not base.__module__.startswith("dqn_")
            for base in (owner.__mro__[1:] if owner else ())
        )


def lacks_backticks(it: Subject) -> Iterator[str]:
    plain = re.sub(r"``.+?``|`.+?`", "", it.doc, flags=re.DOTALL)
    plain = re.sub(r"(?<![\w*])\*[\w ]+\*(?!\w)", "", plain)  # *stressed* words
    if re.search(r"\*\*|\w\*|\*\w", plain):
        yield "backticks around a formula with *, which becomes italic or bold type without them"


def lacks_args(it: Subject) -> Iterator[str]:
    """Two names explain themselves, and one array has its shape in the summary."""
    many = len(it.parameters) >= 2 + (not any(map(is_array, it.parameters.values())))
    if many and not it.foreign:
        yield from (f"Args: {name} is missing" for name in it.parameters if name not in it.said)


def lacks_shapes(it: Subject) -> Iterator[str]:
    arrays = [name for name, annotation in it.parameters.items() if is_array(annotation)]
    for name in arrays:
        if not SHAPE.search(it.own.get(name, it.doc)):
            yield f"the shape of {name}, such as `[S, B]`"
    if is_array(it.returns) or (it.returns == "Any" and arrays):
        section, prose = (
            it.parsed.returns,
            (it.parsed.short_description, it.parsed.long_description),
        )
        parts = (section.type_name, section.description) if section else prose
        if not SHAPE.search(" ".join(filter(None, parts))):
            yield "the shape of what it returns, such as `[S, B]`"


def lacks_units(it: Subject) -> Iterator[str]:
    for name, annotation in it.parameters.items():
        unit = next((words for key, words in UNITS.items() if re.fullmatch(key, name)), None)
        number = {"int", "float", "ArrayLike", "Array", "Any"} & set(_WORDS.findall(annotation))
        if unit and number and not re.search(rf"\b({unit})\b", it.said.get(name, it.around)):
            yield f"the unit of {name}: {unit.replace('?', '').replace('|', ', ')}"


def lacks_source(it: Subject) -> Iterator[str]:
    if it.formula and not re.search(r"^ *Source: \S", it.doc, re.MULTILINE):
        yield "Source: a paper, a chapter, or what it is derived from"


RULES = (lacks_backticks, lacks_args, lacks_shapes, lacks_units, lacks_source)


def complaints(it: Subject) -> list[str]:
    """All that a docstring lacks, each with the name of the function."""
    return [f"{it.name} lacks {what}" for rule in RULES for what in rule(it)]


def exports(module: ModuleType) -> list[str]:
    own = (n for n, o in vars(module).items() if getattr(o, "__module__", "") == module.__name__)
    return getattr(module, "__all__", None) or [name for name in own if not name.startswith("_")]


def subjects_of(where: str, module: ModuleType) -> Iterator[Subject]:
    for name in exports(module):
        obj = getattr(module, name)
        parts = vars(obj).items() if inspect.isclass(obj) else ()
        inner = [(f"{name}.{part}", value, obj) for part, value in parts if part[0] != "_"]
        for path, value, owner in [(name, obj, None), *inner]:
            called = getattr(value, "fget", None) or getattr(value, "__func__", value)
            if inspect.isclass(value) or inspect.isfunction(inspect.unwrap(called)):
                yield Subject(f"{where}.{path}", value, where, module.__doc__ or "", owner)


# Folders whose modules stand for themselves. A command, or a folder of results, has no exports.
FOLDERS = ("dqn_lessons", "dqn_lessons.experiments", "dqn_classroom", "dqn_classroom.instructor")
MODULES = {
    f"{folder}.{info.name}": importlib.import_module(f"{folder}.{info.name}")
    for folder in FOLDERS
    for info in pkgutil.iter_modules(importlib.import_module(folder).__path__)
    if f"{folder}.{info.name}" not in FOLDERS
}
PUBLIC = [subject for where, module in MODULES.items() for subject in subjects_of(where, module)]


@pytest.mark.parametrize("subject", PUBLIC, ids=lambda subject: subject.name)
def test_docstring(subject):
    assert not complaints(subject), "\n".join(complaints(subject))


def test_nothing_public_is_forgotten():
    assert len(PUBLIC) > 200
    for name, module in MODULES.items():
        if hasattr(module, "__path__") and not hasattr(module, "__all__"):
            inner = [getattr(o, "__module__", None) for o in vars(module).values() if callable(o)]
            assert not [m for m in inner if f"{m}.".startswith(f"{name}.") and m != name], name


@pytest.mark.parametrize("where", MODULES)
def test_what_a_module_says_of_arguments_is_used(where):
    """An argument that is explained for a whole module is one of its functions'."""
    used = {p for s in PUBLIC if s.name.startswith(f"{where}.") for p in s.parameters}
    assert lines(parsed(MODULES[where].__doc__), "param").keys() <= used


def test_every_name_for_arrays_is_known():
    modules = [module for name, module in sys.modules.items() if name.startswith("dqn_")]
    aliases = {name for m in modules for name, o in vars(m).items() if get_origin(o) is np.ndarray}
    assert aliases <= ARRAYS


def _whole(obs: Array, step: int, gamma: float) -> Array:
    """Return what is seen.

    Args:
        obs: float ``[S, D]``.
        step: environment steps made.
        gamma: discount.

    Returns:
        ``[S]``.

    Source: derived; nothing is computed.
    """
    return obs[0]


def _without(old: str, new: str = "", module_doc: str = "") -> list[str]:
    """What is missed of a function when words of its docstring are left out."""
    assert old in _whole.__doc__
    # A second function object with the same code: only its docstring differs.
    other = FunctionType(_whole.__code__, _whole.__globals__)
    other.__annotations__, other.__doc__ = _whole.__annotations__, _whole.__doc__.replace(old, new)
    return complaints(Subject("td._whole", other, "dqn_lessons.td", module_doc))


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("what is seen", "b*gamma", "backticks around a formula"),
        ("what is seen", "gamma ** 2", "backticks around a formula"),
        ("        gamma: discount.\n", "", "Args: gamma is missing"),
        ("float ``[S, D]``", "float", "the shape of obs"),
        ("float ``[S, D]``", "float in [0, 1]", "the shape of obs"),
        ("        ``[S]``.", "        One for each.", "the shape of what it returns"),
        ("environment steps made", "how many", "the unit of step"),
        ("Source: derived; nothing is computed.", "", "Source: a paper"),
    ],
)
def test_what_is_left_out_is_missed(old, new, missing):
    (found,) = _without(old, new)
    assert found.startswith("td._whole lacks ")
    assert missing in found


def test_what_is_whole_lacks_nothing():
    assert _without("") == []
    line = "        gamma: discount.\n"
    assert _without(line, module_doc="Room.\n\nArgs:\n    gamma: discount.\n") == []


def test_two_names_explain_themselves():
    assert complaints(Subject("nets.two", lambda first, second: None)) == []
