"""Check a class, or a function of many lines: questions in order; the first that fails names why.

An answer of this kind has no numbers to compare with: buffers draw in other orders, networks begin
with other weights, and all are right. So it is put through scenarios. Each knows what can go wrong
in it, and raises `Wrong` with the name of the mistake, whose hint is in the lesson's TOML file.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from dqn_classroom.exercises import check
from dqn_classroom.exercises.put_back import put_back
from dqn_classroom.exercises.time_limit import Limit


class Wrong(Exception):
    """What an answer does in a scenario, and should not.

    Args:
        mistake: its name, in the lesson's file or of a bug of the clinic.
        evidence: what was expected and what was seen.
    """

    def __init__(self, mistake: str, evidence: str = "") -> None:
        super().__init__(mistake)
        self.mistake, self.evidence = mistake, evidence


@dataclass(frozen=True)
class Questions(check.Probes):
    """What a stage is asked.

    Args:
        asked: functions of the answer, in order; each returns, or raises `Wrong`.
        seconds: for all of them.
    """

    inputs: Sequence[tuple[Any, ...]] = ()
    asked: Sequence[Callable[[Any], None]] = ()
    seconds: float = 10.0


@dataclass(frozen=True)
class Stage(check.Exercise):
    """An exercise whose answer is a class, or a function that is asked `Questions`."""

    probes: Questions

    def judge(self, answer: Any, _seconds: float) -> check.Outcome:
        """Return what an answer does when it is asked."""
        if inspect.isclass(answer) != inspect.isclass(self.reference):
            kind = "class" if inspect.isclass(self.reference) else "function"
            return check.wrong(f"no {kind}", f"{self.name} must be a {kind}.")
        functions = dict(_functions(answer))
        for function in functions.values():
            if check.is_template(inspect.unwrap(function).__code__, function.__doc__):
                raise check.Unfinished
        for name, wanted in _functions(self.reference):
            inherited = [
                getattr(base, name, None) for base in getattr(self.reference, "__bases__", ())
            ]
            found = functions.get(name) or getattr(answer, name or "_", None)
            if problem := _unfit(name or self.name, wanted, None if found in inherited else found):
                return check.wrong("signature", problem)
        seconds = self.probes.seconds
        try:
            with put_back() as changed:
                Limit(seconds).call(self._ask, answer)
        except Wrong as wrong:
            if any(map(_is_open, functions.values())):
                raise check.Unfinished from None
            hint = {known.name: known.hint for known in self.mistakes}.get(wrong.mistake)
            return check.wrong(wrong.mistake, hint or wrong.evidence, wrong.evidence * bool(hint))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            codes = [inspect.unwrap(function).__code__ for function in functions.values()]
            open_first = sorted(codes, key=lambda code: ... not in code.co_consts)
            return check.raised(error, open_first[0], seconds, ())
        if changed:
            said = f"It does what it should, but calls {' and '.join(changed)}, which changes all "
            return check.wrong("setting changed", f"{said}that comes after it. Leave it out.")
        return check.Outcome("passes", (self.insight,))

    def _ask(self, answer: Any) -> None:
        for question in self.probes.asked:
            question(answer)

    def fallback(self, answer: Any) -> Any:
        """Return the reference; of a function, one that calls what the student has of its parts."""
        theirs, own = getattr(answer, "__globals__", {}), self.reference
        if not isinstance(own, FunctionType):
            return own
        parts = {k: theirs[k] for k in own.__globals__ if k in check.LOADERS and k in theirs}
        made = FunctionType(own.__code__, {**own.__globals__, **parts}, own.__name__)
        made.__kwdefaults__, made.__doc__ = own.__kwdefaults__, own.__doc__
        return made


def _functions(answer: Any) -> Iterator[tuple[str, Any]]:
    if not inspect.isclass(answer):
        yield "", answer
        return
    for name, function in vars(answer).items():
        if hasattr(inspect.unwrap(function), "__code__"):
            yield name, function


def _is_open(function: Any) -> bool:
    """Whether a line of it is `...` still, as far as its source is known."""
    with suppress(OSError, SyntaxError, TypeError):
        nodes = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
        values = [node.value for node in nodes if isinstance(node, ast.Expr)]
        return any(isinstance(one, ast.Constant) and one.value is ... for one in values)
    return False


def _unfit(name: str, wanted: Any, found: Any) -> str:
    """Say why a function cannot be called as the reference is, if it cannot."""
    parameters = inspect.signature(wanted).parameters.values()
    by_name = {p.name: 0 for p in parameters if p.kind is p.KEYWORD_ONLY}
    head = f"def {name}({check.arguments(wanted)}):"
    if found is None:
        return f"A method is missing: {head}"
    try:
        inspect.signature(found).bind(*(0 for p in parameters if p.name not in by_name), **by_name)
    except (TypeError, ValueError):
        return f"Give {name} its arguments back: {head}"
    return ""
