"""Every public name says what a reader needs: shapes, units, errors and where a formula is from.

What a room says once in its own docstring, under Args or Raises, holds for all its functions.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import pkgutil
import re
import runpy
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pydoc import locate
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, get_origin

import numpy as np
import pytest
from docstring_parser import Docstring, DocstringStyle, parse

from dqn_lessons import checks as check
from dqn_lessons.config import Array

# Each public function of these rooms is a formula, an algorithm or a statistic.
SCIENCE = {f"dqn_lessons.{name}" for name in ("target_lag", "td", "replay", "stats")}


def _is_check(function: Any) -> bool:
    """Whether it looks after arguments for others."""
    module, name = (getattr(function, key, None) for key in ("__module__", "__name__"))
    return module == "dqn_lessons.checks" or str(name).startswith("checked_")


ARRAYS = {"Array", "ArrayLike", "NDArray", "ndarray", "Tensor", "Floats"}
_WORDS = re.compile(r"\w+")
_MAKERS = ("__init__", "__post_init__")
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


class Raised(NamedTuple):
    """Names of exceptions: those that a function raises itself, and those of the checks it asks."""

    own: set[str]
    checked: set[str]


@dataclass(frozen=True)
class Subject:
    """A public function, method, property or class, and where it stands."""

    name: str
    obj: Any
    room: str = ""
    room_doc: str = ""
    owner: type | None = None

    @functools.cached_property
    def parsed(self) -> Docstring:
        return parsed(self.doc)

    @functools.cached_property
    def shared(self) -> Docstring:
        """What the room says for all of them."""
        return parsed(self.room_doc)

    @property
    def doc(self) -> str:
        return inspect.cleandoc(self.obj.__doc__ or "")

    @property
    def is_class(self) -> bool:
        return inspect.isclass(self.obj)

    @property
    def function(self) -> Any:
        """What is called, without its decorators."""
        target = self.obj.fget if isinstance(self.obj, property) else self.obj
        return inspect.unwrap(getattr(target, "__func__", target))

    @functools.cached_property
    def _signature(self) -> inspect.Signature:
        if not self.is_class:
            return inspect.signature(self.function)
        made = "__init__" in vars(self.obj) or hasattr(self.obj, "_fields")
        return inspect.signature(self.obj) if made else inspect.Signature()

    @property
    def parameters(self) -> dict[str, str]:
        """Name -> annotation, as it is written."""
        given = self._signature.parameters.values()
        return {
            p.name: "" if p.annotation is p.empty else str(p.annotation)
            for p in given
            if p.name not in ("self", "cls", "_cls")
        }

    @property
    def returns(self) -> str:
        return "" if self.is_class else str(self._signature.return_annotation)

    @property
    def foreign(self) -> bool:
        """Whether a library says what the parameters mean, because it calls the method."""
        bases = self.owner.__mro__[1:] if self.owner else ()
        name = self.name.rpartition(".")[2]
        return any(
            name in vars(b) and not b.__module__.startswith(("dqn_lessons", "dqn_classroom"))
            for b in bases
        )


def parsed(text: str) -> Docstring:
    return parse(inspect.cleandoc(text), style=DocstringStyle.GOOGLE)


def _lines(docstring: Docstring, kind: str) -> dict[str, str]:
    """Name -> description of a section's lines; several names may share one."""
    found = {}
    for meta in docstring.meta:
        if meta.args[0] == kind and len(meta.args) > 1:
            for name in meta.args[1].split(","):
                found[name.strip().lstrip("*")] = meta.description or ""
    return found


def _is_array(annotation: str) -> bool:
    return not ARRAYS.isdisjoint(_WORDS.findall(annotation))


# --- the rules: each yields what is missing -------------------------------------------------


def lacks_summary(subject: Subject) -> Iterator[str]:
    first = subject.doc.splitlines()[0] if subject.doc else ""
    if not re.search(r"[.:?]$", first):
        yield f"a first line that is a sentence: it has {first!r}"
    plain = re.sub(r"``.+?``|`.+?`", "", subject.doc, flags=re.DOTALL)
    plain = re.sub(r"(?<![\w*])\*[\w ]+\*(?!\w)", "", plain)  # *stressed* words
    if re.search(r"\*\*|\w\*|\*\w", plain):
        yield "backticks around a formula with *, which becomes italic or bold type without them"


def needs_args(subject: Subject) -> bool:
    """Two names explain themselves, and one array has its shape in the summary."""
    annotations = subject.parameters.values()
    if subject.foreign:
        return False
    return len(annotations) >= 3 or (len(annotations) == 2 and any(map(_is_array, annotations)))


def lacks_args(subject: Subject) -> Iterator[str]:
    known = _lines(subject.parsed, "param")
    yield from (f"Args: no parameter {n}" for n in known if n not in subject.parameters)
    if needs_args(subject):
        said = {**_lines(subject.shared, "param"), **known, **_lines(subject.parsed, "attribute")}
        yield from (f"Args: {n} is missing" for n in subject.parameters if n not in said)


def lacks_shapes(subject: Subject) -> Iterator[str]:
    known = {**_lines(subject.parsed, "attribute"), **_lines(subject.parsed, "param")}
    arrays = [name for name, annotation in subject.parameters.items() if _is_array(annotation)]
    for name in arrays:
        if not SHAPE.search(known.get(name, subject.doc)):
            yield f"the shape of {name}, such as `[S, B]`"
    computed = subject.returns == "Any" and bool(arrays)
    if _is_array(subject.returns) or computed:
        returns = subject.parsed.returns
        parts = (returns.type_name, returns.description) if returns else ()
        if not SHAPE.search(" ".join(filter(None, parts)) if returns else _prose(subject)):
            yield "the shape of what it returns, such as `[S, B]`"


def _prose(subject: Subject) -> str:
    own = subject.parsed
    return f"{own.short_description or ''} {own.long_description or ''}"


def lacks_units(subject: Subject) -> Iterator[str]:
    known = {**_lines(subject.shared, "param"), **_lines(subject.parsed, "attribute")}
    known |= _lines(subject.parsed, "param")
    whole = subject.doc + (subject.owner.__doc__ or "" if subject.owner else "")
    for name, annotation in subject.parameters.items():
        unit = next((words for key, words in UNITS.items() if re.fullmatch(key, name)), None)
        number = {"int", "float", "ArrayLike", "Array", "Any"} & set(_WORDS.findall(annotation))
        if unit and number and not re.search(rf"\b({unit})\b", known.get(name, whole)):
            yield f"the unit of {name}: {unit.replace('?', '').replace('|', ', ')}"


def raised_by(function: Any, seen: set[Any], owner: type | None = None) -> Raised:
    """What a function raises; underscored helpers and the checks of the package are read too."""
    found = Raised(set(), set())
    function = inspect.unwrap(getattr(function, "__func__", function))
    written = inspect.isfunction(function) and not function.__code__.co_filename.startswith("<")
    if function in seen or not written:  # a dataclass writes its own __init__
        return found
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    is_check = _is_check(function)
    for node in _own_nodes(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            named = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            error = _resolve(named, function, owner)
            if inspect.isclass(error) and not error.__name__.startswith("_"):
                (found.checked if is_check else found.own).add(error.__name__)
        for name in _helpers(node):
            helper = _resolve(name, function, owner)
            ours = getattr(helper, "__module__", None) == function.__module__
            private = ours and getattr(helper, "__name__", "").startswith("_")
            if private or _is_check(helper):
                more = raised_by(helper, seen, owner)
                found.own.update(more.own)
                found.checked.update(more.checked)
    return found


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without the functions in it: those raise when they are called."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.Lambda | ast.FunctionDef | ast.ClassDef):
            yield child
            yield from _own_nodes(child)


def _helpers(node: ast.AST) -> list[ast.AST]:
    if not isinstance(node, ast.Call):
        return []
    if ast.unparse(node.func).endswith("validated_by"):
        return [*node.args, *([node.func] if node.keywords else [])]
    return [node.func, *(node.args if ast.unparse(node.func).endswith("partial") else ())]


def _resolve(node: ast.AST, function: Any, owner: type | None) -> Any:
    path = ast.unparse(node).split(".")
    space = {**vars(builtins), **function.__globals__, "self": owner, "cls": owner}
    found = space.get(path[0])
    for part in path[1:]:
        found = getattr(found, part, None)
    return found


def lacks_raises(subject: Subject) -> Iterator[str]:
    known = _lines(subject.parsed, "raises")
    for name in known:
        error = OWN_ERRORS.get(name) or locate(name)
        if not (inspect.isclass(error) and issubclass(error, BaseException)):
            yield f"Raises: {name} is no exception"
    functions, owner = [subject.function], subject.owner
    if subject.is_class:
        functions, owner = [vars(subject.obj).get(m) for m in _MAKERS], subject.obj
    said = known.keys() | _lines(subject.shared, "raises").keys()
    seen: set[Any] = set()
    for function in functions:
        own, checked = raised_by(function, seen, owner)
        missing = (own - known.keys()) | (checked - said)
        yield from (f"Raises: {name} is missing" for name in sorted(missing))


def lacks_source(subject: Subject) -> Iterator[str]:
    formula = subject.owner is None and not subject.is_class and subject.room in SCIENCE
    if formula and not re.search(r"^Source: \S", subject.doc, re.MULTILINE):
        yield "Source: a paper, a chapter, or what it is derived from"


def has_stale_attributes(subject: Subject) -> Iterator[str]:
    for name in _lines(subject.parsed, "attribute"):
        if not hasattr(subject.obj, name) and f"self.{name}" not in inspect.getsource(subject.obj):
            yield f"Attributes: no attribute {name}"


def repeats(subject: Subject) -> Iterator[str]:
    for kind, section in (("param", "Args"), ("raises", "Raises")):
        lines = [m.args[1] for m in subject.parsed.meta if m.args[0] == kind]
        names = [name.strip() for line in lines for name in line.split(",")]
        twice = sorted({name for name in names if names.count(name) > 1})
        yield from (f"{section}: one line for {name}, it has two" for name in twice)


RULES: tuple[Callable[[Subject], Iterator[str]], ...] = (
    lacks_summary,
    lacks_args,
    lacks_shapes,
    lacks_units,
    lacks_raises,
    lacks_source,
    has_stale_attributes,
    repeats,
)


def complaints(subject: Subject) -> list[str]:
    """All that a docstring lacks, each with the name of the function."""
    return [f"{subject.name} lacks {what}" for rule in RULES for what in rule(subject)]


# --- the public names ------------------------------------------------------------------------


def _exports(module: ModuleType) -> list[str]:
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = (n for n, o in vars(module).items() if getattr(o, "__module__", "") == module.__name__)
    return [name for name in own if not name.startswith("_")]


def _is_own(obj: Any, module: ModuleType) -> bool:
    return f"{getattr(obj, '__module__', None)}.".startswith(f"{module.__name__}.")


def _is_function(obj: Any) -> bool:
    return callable(obj) and inspect.isfunction(inspect.unwrap(obj))


def subjects_of(module: ModuleType, room: str) -> Iterator[Subject]:
    for name in _exports(module):
        obj = getattr(module, name)
        where = f"{room}.{name}"
        if inspect.isclass(obj):
            yield Subject(where, obj, room, module.__doc__ or "")
            for method, value in vars(obj).items():
                inner = getattr(value, "__func__", value)
                public = not method.startswith("_")
                if public and (isinstance(value, property) or _is_function(inner)):
                    yield Subject(f"{where}.{method}", value, room, module.__doc__ or "", obj)
        elif _is_function(obj):
            yield Subject(where, obj, room, module.__doc__ or "")


# Folders whose modules stand for themselves.
_FOLDERS = ("dqn_lessons", "dqn_lessons.experiments", "dqn_classroom", "dqn_classroom.instructor")
MODULES = {
    f"{folder}.{info.name}": importlib.import_module(f"{folder}.{info.name}")
    for folder in _FOLDERS
    for info in pkgutil.iter_modules(importlib.import_module(folder).__path__)
    if f"{folder}.{info.name}" not in _FOLDERS
}
# A command, or a folder of results, has nothing to call.
ROOMS = {name: module for name, module in MODULES.items() if _exports(module)}
OWN_ERRORS = {
    name: obj
    for module in ROOMS.values()
    for name, obj in vars(module).items()
    if inspect.isclass(obj) and issubclass(obj, BaseException)
}
PUBLIC = [subject for room, module in ROOMS.items() for subject in subjects_of(module, room)]


@pytest.mark.parametrize("subject", PUBLIC, ids=lambda subject: subject.name)
def test_docstring(subject):
    assert not complaints(subject), "\n".join(complaints(subject))


def test_nothing_public_is_forgotten():
    assert len(PUBLIC) > 200
    silent = [
        name
        for name, module in MODULES.items()
        if hasattr(module, "__path__") and not hasattr(module, "__all__")
        if any(
            _is_own(obj, module) and obj.__module__ != module.__name__
            for obj in vars(module).values()
            if callable(obj)
        )
    ]
    assert silent == [], f"{silent}: say in __all__ what is public"


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_says_of_arguments_is_used(room):
    """An argument that is explained for a whole room is one of its functions'."""
    used = {name for s in PUBLIC if s.room == room for name in s.parameters}
    assert _lines(parsed(ROOMS[room].__doc__ or ""), "param").keys() <= used


def test_every_name_for_arrays_is_known():
    modules = [
        m for name, m in sys.modules.items() if name.startswith(("dqn_lessons", "dqn_classroom"))
    ]
    aliases = {name for m in modules for name, o in vars(m).items() if get_origin(o) is np.ndarray}
    assert aliases <= ARRAYS


# --- the reference made of them --------------------------------------------------------------

DOCS = Path(__file__).resolve().parent.parent / "docs"
API = runpy.run_path(str(DOCS / "api.py"))


def test_every_room_has_its_page():
    pages = [room for rooms in API["COURSE"].values() for room in rooms]
    assert len(set(pages)) == len(pages)
    assert set(ROOMS) <= set(pages), "name a new room in COURSE of docs/api.py"
    assert set(pages) <= set(MODULES), "COURSE of docs/api.py names a room that is gone"


def test_the_reference_is_written_and_needs_no_network(tmp_path):
    pytest.importorskip("pdoc", reason="the reference needs pdoc: .ci/setup.py docs")
    command = [sys.executable, str(DOCS / "api.py"), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    pages = sum(map(len, API["COURSE"].values()))
    assert (tmp_path / "index.html").read_text("utf-8").count("<li>") == 2 * pages
    text = re.sub(r"<[^>]+>", "", (tmp_path / "dqn_lessons" / "td.html").read_text("utf-8"))
    assert "Arguments:" in text
    assert "the target network's values of the next observation" in text
    assert str(DOCS.parent) not in (tmp_path / "search.js").read_text("utf-8")


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "<script src="),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', "<link href="),
        ('<img alt="a curve" src="http://example.org/x.png">', "<img src="),
        ("<style>@font-face { src: url('https://example.org/f.woff') }</style>", "url("),
        ("<style>@import 'https://example.org/x.css';</style>", "import"),
        ('<script>import m from "https://cdn.example/m.mjs";</script>', "from"),
        ('<img src="data:image/png;base64,AAAA">', "text alternative"),
        ("<p>x: <b>numpy</b>._typing._array_like</p>", "NumPy's types"),
        ('<a href="https://example.org">read</a><img alt="a curve" src="a.png">', None),
    ],
)
def test_a_page_that_loads_from_elsewhere_is_found(html, found):
    problems = API["problems"](html)
    assert len(problems) == (found is not None)
    assert found is None or found in problems[0]


# --- the checker itself: a function that lacks nothing, and one for each thing to lack --------


def _whole(obs: Array, step: int, gamma: float) -> Array:
    """Return what is seen.

    Args:
        obs: float ``[S, D]``.
        step: environment steps made.
        gamma: discount.

    Returns:
        ``[S]``.

    Raises:
        ValueError: a negative step.
        TypeError: a step that is no number.

    Source: derived; nothing is computed.
    """
    _helper(check.integer("step", step, 0, remedy="Use 0."))
    return obs[0]


def _helper(step: int) -> None:
    if step > 9:
        raise ValueError


def _without(old: str, new: str = "", function: Any = _whole, room_doc: str = "") -> list[str]:
    """What is missed of a function when words of its docstring are left out."""
    assert old in function.__doc__
    # A second function object with the same code: only its docstring differs.
    other = FunctionType(function.__code__, function.__globals__, function.__name__)
    other.__annotations__ = function.__annotations__
    other.__doc__ = function.__doc__.replace(old, new)
    return complaints(Subject("td._whole", other, "dqn_lessons.td", room_doc))


def test_a_whole_docstring_lacks_nothing():
    assert complaints(Subject("td._whole", _whole, "dqn_lessons.td")) == []


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("what is seen.", "what is seen", "it has 'Return what is seen'"),
        ("what is seen", "b*gamma", "backticks around a formula"),
        ("what is seen", "gamma ** 2", "backticks around a formula"),
        ("        gamma: discount.\n", "", "Args: gamma is missing"),
        ("gamma: discount.", "gamma: discount.\n        tau: a rest.", "Args: no parameter tau"),
        ("float ``[S, D]``", "float", "the shape of obs"),
        ("float ``[S, D]``", "float in [0, 1]", "the shape of obs"),
        ("        ``[S]``.", "        One for each.", "the shape of what it returns"),
        ("environment steps made", "how many", "the unit of step"),
        ("ValueError: a negative step.", "", "Raises: ValueError is missing"),
        ("is no number.", "is no number.\n        TypError: x.", "TypError is no exception"),
        ("TypeError: a step", "KeyError: a step", "Raises: TypeError is missing"),
        ("gamma: discount", "step: environment steps\n        gamma:", "one line for step"),
        ("Source: derived; nothing is computed.", "", "Source: a paper"),
    ],
)
def test_what_is_left_out_is_missed(old, new, missing):
    found = _without(old, new)
    assert len(found) == 1
    assert found[0].startswith("td._whole lacks ")
    assert missing in found[0]


def test_no_docstring_is_missed():
    nothing = Subject("nets.nothing", lambda: None, "nets")
    assert complaints(nothing) == ["nets.nothing lacks a first line that is a sentence: it has ''"]


def test_a_room_may_say_it_once():
    line = "        gamma: discount.\n"
    assert _without(line, room_doc="Room.\n\nArgs:\n    gamma: discount.\n") == []
    line = "        TypeError: a step that is no number.\n"
    assert _without(line, room_doc="Room.\n\nRaises:\n    TypeError: no number.\n") == []


def test_a_room_cannot_speak_for_what_a_function_raises_itself():
    line = "        ValueError: a negative step.\n"
    room = "Room.\n\nRaises:\n    ValueError: anything.\n"
    assert _without(line, room_doc=room) == ["td._whole lacks Raises: ValueError is missing"]


@check.validated_by(lambda rows: None)
def _one_array(rows: Array) -> Array:
    """Rows as they are: ``[S] -> [S]``."""
    return rows


def _two_names(first: str, second: str) -> str:
    """Both names."""
    return first + second


def test_small_functions_need_no_list():
    assert complaints(Subject("nets._one_array", _one_array, "nets")) == []
    assert complaints(Subject("nets._two_names", _two_names, "nets")) == []
    bare = _without("``[S] -> [S]``", "as they are", inspect.unwrap(_one_array))
    assert [line.partition("the shape of ")[2] for line in bare[:2]] == [
        "rows, such as `[S, B]`",
        "what it returns, such as `[S, B]`",
    ]


def _refuse(value: int) -> None:
    raise LookupError


@check.validated_by(_refuse)
def _guarded(value: int) -> int:
    """The value."""
    return value


@dataclass
class _Table:
    """A table.

    Args:
        rows: ``[T]``.
        name: what it is called.

    Attributes:
        width: columns.
    """

    rows: Array
    name: str
    height: int

    def __post_init__(self) -> None:
        self._check()

    def _check(self) -> None:
        raise KeyError(self.name)


def test_checks_of_arguments_and_classes_are_read():
    assert complaints(Subject("nets._guarded", _guarded)) == [
        "nets._guarded lacks Raises: LookupError is missing"
    ]
    assert complaints(Subject("nets._Table", _Table)) == [
        "nets._Table lacks Args: height is missing",
        "nets._Table lacks the unit of height: pixels",
        "nets._Table lacks Raises: KeyError is missing",
        "nets._Table lacks Attributes: no attribute width",
    ]
