"""Check a student's function: four outcomes, the mistake named, never a traceback.

An exercise is found by the name of the decorated function, in a registry that
:mod:`dqn_classroom.lessons` fills from its TOML files. It is loaded when it is asked for.
"""

import ast
import copy
import dis
import functools
import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

import numpy as np
from IPython.display import display

from dqn_classroom import progress
from dqn_classroom.exercises import clues
from dqn_classroom.exercises.put_back import cut, put_back, short_output, silent
from dqn_classroom.exercises.time_limit import Limit, TooLong
from dqn_classroom.feedback import Feedback

SECONDS = 2.0
Function = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """A wrong function that students write, and the sentence that names its mistake."""

    name: str
    wrong: Function
    hint: str


@dataclass(frozen=True)
class Probes:
    """What an exercise is tried on, and how its answers are looked at.

    Args:
        inputs: argument tuples on which answers are compared. They tell every mistake
            from the reference and from every other.
        arithmetic: the calculation of one input, with its numbers filled in: a line for an
            answer of one number, else nested lists of lines in the shape of the answer; None
            where numbers are only moved.
        observe: ``(function, arguments) -> answer``; what the function returns, or for one
            that works in place, what it did.
        names: what each number of an answer is, for one input; where `observe` puts so many
            into a row that only the first that differs is shown.
    """

    inputs: Sequence[tuple[Any, ...]]
    arithmetic: Callable[..., Any] | None = None
    observe: Callable[[Function, tuple[Any, ...]], Any] = lambda function, given: function(*given)
    names: Callable[..., Sequence[str]] | None = None


@dataclass(frozen=True)
class Exercise:
    """One exercise; its solution is the source of ``reference`` and stands nowhere else.

    Args:
        reference: the course's own function; its name is the exercise's.
        probes: what it is tried on.
        mistakes: known wrong answers; the first that agrees is named.
        hints: where to look, which case, the line.
        insight: what a right answer is worth remembering for.
        difficulty: 1 to 3.
        minutes: to plan with.
    """

    reference: Function
    probes: Probes
    mistakes: Sequence[Mistake]
    hints: Sequence[str]
    insight: str
    difficulty: int
    minutes: int

    @property
    def name(self) -> str:
        """The name that the student's function must have."""
        return self.reference.__name__

    @property
    def solution(self) -> str:
        """The source of the reference as a student would write it."""
        return plain_source(self.reference)

    def judge(self, function: Any, seconds: float) -> "Outcome":
        """Return what an answer does on the probes."""
        # What the student wrote may lie below a decorator such as functools.cache.
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None:
            sentence = f"This is no function: write it with def {self.name}(...)."
            return wrong("no function", sentence)
        return _compare(self, function, code, seconds)

    def fallback(self, _function: Any) -> Function:
        """Return what is used until an answer passes."""
        return self.reference


@dataclass(frozen=True)
class Outcome:
    """What a check found: a status, the sentences that say it, and the mistake if it is known."""

    status: str
    text: tuple[str, ...]
    code: str = ""
    mistake: str = ""
    converts: bool = False  # what passed gives lists, and the notebook goes on with arrays


def wrong(mistake: str, sentence: str, code: str = "") -> Outcome:
    """Return the outcome of an answer that is wrong."""
    return Outcome("wrong", (sentence,), code, mistake)


class Unfinished(Exception):
    """The function still holds the `...` of the template."""


# Exercise -> what loads it: its probes may take a second to import.
LOADERS: dict[str, Callable[[], Exercise]] = {}


def register(name: str, load: Callable[[], Exercise]) -> None:
    """Make an exercise known by name.

    Raises:
        ValueError: the name is taken.
    """
    if name in LOADERS:
        raise ValueError(f"the exercise {name!r} exists already: choose another name.")
    LOADERS[name] = load


def find(name: str) -> Exercise:
    """Return an exercise by name.

    Raises:
        KeyError: there is none; the message lists those there are.
    """
    if name not in LOADERS:
        raise KeyError(f"there is no exercise {name!r}. Exercises: {', '.join(sorted(LOADERS))}.")
    return LOADERS[name]()


def _find_or_say(name: str) -> Exercise | None:
    """Return an exercise by name, or show a card with those there are."""
    try:
        return find(name)
    except KeyError as error:
        display(Feedback("No such exercise", text=(str(error.args[0]),)))
        return None


def array(value: Any) -> np.ndarray[Any, Any]:
    """Return numbers from a float, a NumPy array or a tensor, or raise TypeError."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    numbers = np.asarray(value)
    if numbers.dtype == object or numbers.dtype.kind in "USMmV":
        raise TypeError
    return numbers


def is_template(code: CodeType, doc: str | None) -> bool:
    """True when the body does nothing: `...`, `pass`, a docstring, `return ...`."""
    if {i.opname for i in dis.get_instructions(code)} - {
        "RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST",
    }:  # fmt: skip
        return False
    return set(code.co_consts) <= {None, ..., doc}


def call(exercise: Exercise, function: Function, given: tuple[Any, ...]) -> Any:
    """Call with copies of the arguments, so that a function that changes them harms nothing."""
    return exercise.probes.observe(function, copy.deepcopy(given))


def with_gradient(function: Function, given: tuple[Any, ...]) -> Any:
    """Observe a function as the training loop calls it: a network gave the first argument."""
    return function(given[0].requires_grad_(), *given[1:])


def _equal(mine: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> bool:
    # Seven digits are all that a tensor of 32 bits has.
    rtol = 1e-5 if np.float32 in (mine.dtype, theirs.dtype) else 1e-6
    return mine.shape == theirs.shape and bool(
        np.allclose(mine, theirs, rtol=rtol, atol=1e-9, equal_nan=True)
    )


@dataclass(frozen=True)
class _Answer:
    """What a function returned on one probe, read at once: its type may do anything when asked."""

    raw: Any
    value: np.ndarray[Any, Any] | None  # None where it is made of no numbers
    is_tensor: bool
    has_gradient: bool
    changed: frozenset[tuple[int, bool]]  # place of an argument, whether in its gradient only


def _state(value: Any, gradient: bool) -> Any:
    """What a function could change in an argument, to compare: its numbers, or what learns."""
    if isinstance(value, (list, tuple)):
        return [_state(part, gradient) for part in value]
    if gradient:
        return getattr(value, "requires_grad", None)
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return repr(getattr(getattr(value, "bit_generator", None), "state", value))


def _answer(exercise: Exercise, function: Function, probe: tuple[Any, ...]) -> _Answer:
    given = copy.deepcopy(probe)
    looks = [(place, gradient) for place in range(len(given)) for gradient in (False, True)]
    before = {look: _state(given[look[0]], look[1]) for look in looks}
    raw = exercise.probes.observe(function, given)
    changed = frozenset(look for look in looks if _state(given[look[0]], look[1]) != before[look])
    try:
        value = array(raw)
    except Exception:  # the conversion is the object's own, so it may raise anything
        value = None
    tensor, gradient = hasattr(raw, "detach"), bool(getattr(raw, "requires_grad", False))
    return _Answer(raw, value, tensor, gradient, changed)


def check(exercise: Exercise, function: Function, seconds: float = SECONDS) -> Outcome:
    """Return what a student's function does on the exercise's probes.

    A KeyboardInterrupt of the user passes through; nothing else does.
    """
    try:
        with short_output(), _bound(exercise.name, function):
            found = exercise.judge(function, seconds)
        text, mistake = tuple(map(cut, found.text)), cut(found.mistake, 100)
        return replace(found, text=text, code=cut(found.code), mistake=mistake)
    except Unfinished:
        said = "The course's own version is used below, so the notebook runs on. "
        return Outcome("not attempted", (f"{said}Replace the ... to try.",))


@contextmanager
def _bound(name: str, function: Function) -> Iterator[None]:
    """Give a notebook's function its name already: it may call itself, and nothing older."""
    names = getattr(inspect.unwrap(function), "__globals__", {})
    if names.get("__name__") != "__main__":
        yield
        return
    before = names.get(name, ...)
    names[name] = function
    try:
        yield
    finally:
        names.pop(name) if before is ... else names.update({name: before})


def _compare(exercise: Exercise, function: Function, code: CodeType, seconds: float) -> Outcome:
    if is_template(code, function.__doc__):
        raise Unfinished
    wanted, had = _head(exercise.reference), _head(function)
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError:
        takes, yours = (", ".join(name for name, _ in head) or "none" for head in (wanted, had))
        return wrong("signature", f"The function must take {takes}; yours takes {yours}.")
    right = [_answer(exercise, exercise.reference, probe) for probe in exercise.probes.inputs]
    references = [array(one.raw) for one in right]
    mine, answers, settings, problem = [], [], set[str](), None
    limit = Limit(seconds)
    for probe, reference in zip(exercise.probes.inputs, references, strict=True):
        try:
            with put_back() as changed:
                answer = limit.call(_answer, exercise, function, probe)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            changed_head = isinstance(error, TypeError) and had[: len(wanted)] != wanted
            if changed_head and "missing" in _message(error):
                return _head_changed(exercise, "")
            return problem or raised(error, code, seconds, probe)
        settings |= set(changed)
        if answer.raw is ... or (answer.raw is None and ... in code.co_consts):
            raise Unfinished
        if answer.raw is None:
            said = f"It returns nothing for {_given(exercise, probe)}. Is a return missing there?"
            return problem or wrong("none", said)
        kind = _kind_of_value(answer, reference)
        if kind is not None and kind.mistake != "shape":
            return problem or kind
        problem = problem or kind
        mine.append(answer)
        answers.append(answer.value)
    rights = [_equal(*pair) for pair in zip(answers, references, strict=True)]
    if all(rights):
        if had[: len(wanted)] != wanted:
            # The notebook goes on to call by name and by default, and must not stop there.
            return _head_changed(exercise, "The numbers are right, but t")
        harm = _unusable(mine, right) or _harmful(exercise, mine, right, settings)
        arrays = [isinstance(one.raw, np.ndarray) for one in right]
        other = any(
            a and type(one.raw) is not np.ndarray for a, one in zip(arrays, mine, strict=True)
        )
        return harm or Outcome("passes", (exercise.insight,), converts=other)
    inputs = [_with_defaults(exercise, probe) for probe in exercise.probes.inputs]
    clue, sentence = clues.in_code(code, inspect.unwrap(exercise.reference).__code__, inputs)
    for known in exercise.mistakes if clue != "another spelling" else ():
        theirs = (array(call(exercise, known.wrong, probe)) for probe in exercise.probes.inputs)
        if all(map(_equal, answers, theirs)):
            return wrong(known.name, known.hint)
    if problem is not None:
        return replace(problem, text=(*problem.text, sentence), mistake=clue) if clue else problem
    if not clue:
        names = [name for name, _ in wanted]
        clue, sentence = clues.in_numbers(names, inputs, answers, references)
    if not clue:
        with silent():  # what is asked here is asked of no student
            clue, sentence = clues.in_part(
                names,
                inputs,
                answers,
                references,
                lambda *given: array(Limit(seconds / 20).call(call, exercise, function, given)),
                lambda *given: array(call(exercise, exercise.reference, given)),
            )
    first = rights.index(False)
    lines = [f"with      {_given(exercise, inputs[first])}"]
    lines += _apart(exercise.probes, inputs[first], references[first], answers[first])
    text = sentence or "Not a mistake that this course knows by name."
    return wrong(clue, f"{text} Here is the first case that differs:", "\n".join(lines))


def _with_defaults(exercise: Exercise, probe: tuple[Any, ...]) -> tuple[Any, ...]:
    given = inspect.signature(exercise.reference).bind(*probe)
    given.apply_defaults()
    return given.args


def _apart(probes: Probes, given: tuple[Any, ...], right: Any, mine: Any) -> list[str]:
    """What was expected and what came; of numbers with names, the first that differs."""
    arithmetic, lines = probes.arithmetic and probes.arithmetic(*given), []
    if probes.names is not None and mine.shape == right.shape:
        apart = [i for i in range(len(right)) if not _equal(mine[i], right[i])]
        at, more = apart[0], len(apart) - 1
        others = f"; {more} more differ{'s' * (more == 1)}" * bool(more)
        lines.append(f"where     {probes.names(*given)[at]}{others}")
        right, mine, arithmetic = right[at], mine[at], arithmetic and arithmetic[at]
    calculation = f" = {laid_out(arithmetic)}" if arithmetic else ""
    return [*lines, f"expected  {_show(right)}{calculation}", f"yours     {_show(mine)}"]


def _given(exercise: Exercise, probe: tuple[Any, ...]) -> str:
    pairs = zip(_head(exercise.reference), probe, strict=False)
    with np.printoptions(threshold=60):  # beyond, the corners of an array are enough
        return ", ".join(f"{name} = {value}" for (name, _), value in pairs)


def _head_changed(exercise: Exercise, right: str) -> Outcome:
    sentence = f"{right or 'T'}he first line was changed. Give it back its arguments:"
    return wrong("signature", sentence, f"def {exercise.name}({arguments(exercise.reference)}):")


def laid_out(lines: Any) -> str:
    """Return a line, or nested lists of lines in brackets."""
    return lines if isinstance(lines, str) else f"[{', '.join(map(laid_out, lines))}]"


def _head(function: Function) -> list[tuple[str, Any]]:
    parameters = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.default) for parameter in parameters]


def plain_source(thing: Any) -> str:
    """Return the source of a class or a function as a student would write it.

    That is without types, and without decorators of a function.
    """
    lines = inspect.getsource(thing).splitlines()
    tree = ast.parse("\n".join(lines))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in sorted(nodes, key=lambda one: -one.lineno):
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        head = f"{' ' * node.col_offset}def {node.name}({ast.unparse(node.args)}):"
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        lines[first - 1 : node.body[0].lineno - 1] = [head]
    plain = (re.sub(r"^( +\w+): [\w.\[\], |]+ = ", r"\1 = ", line) for line in lines)
    return "\n".join([*plain, ""])


def arguments(function: Function) -> str:
    """Return the arguments of a function as they stand in its first line, without types."""
    parameters = inspect.signature(function).parameters.values()
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return str(inspect.Signature(plain))[1:-1]


def _harmful(
    exercise: Exercise, mine: list[_Answer], right: list[_Answer], settings: set[str]
) -> Outcome | None:
    """Say what a right function does to its arguments or to the program, and should not."""
    names = [name for name, _ in _head(exercise.reference)]
    for answer, wanted in zip(mine, right, strict=True):
        for place, _ in sorted(answer.changed - wanted.changed):
            what = f"The numbers are right, but {names[place]} is changed, and whoever calls the "
            remedy = (
                "function goes on to use it. Make a new one: no +=, no x[...] = ..., no ..._()."
            )
            return wrong("argument changed", what + remedy)
    if settings:
        what = f"The numbers are right, but {' and '.join(sorted(settings))} is called, which "
        remedy = "changes all that comes after it. Leave it out, or use with torch.no_grad()."
        return wrong("setting changed", what + remedy)
    return None


def _unusable(mine: list[_Answer], right: list[_Answer]) -> Outcome | None:
    """Say what would stop the notebook although all numbers are right, if anything would."""
    for answer, wanted in zip(mine, right, strict=True):
        assert answer.value is not None
        if array(wanted.raw).dtype.kind in "iu" and answer.value.dtype.kind not in "iu":
            return wrong(
                "dtype",
                "The numbers are right, but they are floats, and a float is no index. Make them "
                "whole: int(...), or .astype(np.int64) for an array.",
            )
        if wanted.is_tensor and not answer.is_tensor:
            return wrong(
                "no tensor",
                f"The numbers are right, but their type is {type(answer.raw).__name__}, and the "
                "network computes with tensors. Stay with torch from beginning to end.",
            )
        if wanted.has_gradient and not answer.has_gradient:
            return wrong(
                "no gradient",
                "The numbers are right, but they have lost their gradient, and no network could "
                "learn from them. Stay with torch, without .detach(), .item() or .tolist().",
            )
    return None


def raised(error: BaseException, code: CodeType, seconds: float, given: tuple[Any, ...]) -> Outcome:
    """Say what was raised, or that the time was up, and in which line of the student's."""
    if isinstance(error, TooLong):
        said = f"It did not come to an end within {seconds:g} seconds. Is there an endless loop?"
        return Outcome("raised", (said,), mistake="too long")
    kind, said = type(error).__name__, _message(error)
    left = isinstance(error, TypeError) and ... in code.co_consts
    # PyTorch raises NotImplementedError, too: for a dtype that an operation does not know.
    later = isinstance(error, NotImplementedError) and "NotImplementedError" in code.co_names
    if later or (left and "ellipsis" in said):
        raise Unfinished
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == code.co_filename]
    where = f"line {own[-1].lineno}: {own[-1].line}".removesuffix(": ") if own else ""
    text = (f"{kind}: {said}" if said else kind, clues.in_error(error, said, code, given))
    return Outcome("raised", tuple(filter(None, text)), where, mistake=kind)


def _message(error: BaseException) -> str:
    try:
        return cut(Limit(SECONDS).call(str, error))
    except (Exception, TooLong):  # a class of the student's own, with a mistake in __str__
        return ""


def _kind_of_value(answer: _Answer, reference: np.ndarray[Any, Any]) -> Outcome | None:
    """Say what is wrong with the type, shape or dtype of a value, if anything is."""
    value = answer.value
    if type(answer.raw).__module__ == "torch.return_types":
        return wrong("type", "max gives values and indices here. Take .values, or use amax.")
    if value is None:
        kind = type(answer.raw).__name__
        return wrong("type", f"It returns a {kind}; the answer is made of numbers.")
    if value.shape != reference.shape:
        sentence = f"The result has shape {value.shape}; it must have shape {reference.shape}."
        return wrong("shape", sentence)
    if (value.dtype.kind == "b") != (reference.dtype.kind == "b"):
        sentence = f"The result has dtype {value.dtype}; it must be {reference.dtype}."
        return wrong("dtype", sentence)
    return None


def _show(value: np.ndarray[Any, Any]) -> str:
    return f"{value:.6g}" if value.ndim == 0 else np.array2string(value, precision=6)


def _record(name: str, outcome: Outcome) -> None:
    def change(record: dict[str, Any]) -> None:
        entry = progress.exercise_entry(record, name)
        if outcome.status == "not attempted":
            return
        progress.count_up(entry, "attempts")
        # What was once solved stays solved, whatever is tried afterwards.
        if entry["status"] != "passes":
            entry["status"] = outcome.status
        if outcome.mistake:
            progress.count_up(entry["mistakes"], outcome.mistake)

    progress.update(change)


def exercise(function: Function) -> Function:
    """Check the decorated function, show the result, and return a function to go on with.

    Returns:
        The student's function if it passes, the course's own otherwise.
    """
    task = _find_or_say(getattr(function, "__name__", type(function).__name__))
    if task is None:
        return function
    outcome = check(task, function)
    _record(task.name, outcome)
    passes = outcome.status == "passes"
    text = outcome.text
    if outcome.status in ("wrong", "raised"):
        text = (*text, "Until it passes, the course's own version is used below.")
    stages = ("Hint 1: where", "Hint 2: which case", "Hint 3: the line")
    details = {} if passes else dict(zip(stages, task.hints, strict=True))
    details["The course's own version" if passes else "Solution"] = task.solution
    plain = "" if passes else f'Stuck? Call hint("{task.name}").'
    display(Feedback(task.name, outcome.status, text, outcome.code, details, plain))
    if outcome.converts:
        return functools.wraps(function)(lambda *given, **named: array(function(*given, **named)))
    return function if passes else task.fallback(function)


def hint(name: str) -> None:
    """Show the next hint for an exercise; after the third, say where the solution is."""
    task = _find_or_say(name)
    if task is None:
        return
    shown = progress.load()["exercises"].get(name, {}).get("hints", 0)
    if shown >= len(task.hints):
        last = f'No hint is left: solution("{name}") shows it.'
        display(Feedback(name, text=(*task.hints, last)))
        return
    progress.update(lambda record: progress.exercise_entry(record, name).update(hints=shown + 1))
    display(Feedback(f"{name}, hint {shown + 1} of {len(task.hints)}", text=(task.hints[shown],)))


def solution(name: str) -> None:
    """Show the course's own version of an exercise."""
    task = _find_or_say(name)
    if task is not None:
        display(Feedback(f"{name}, the course's own version", code=task.solution))
