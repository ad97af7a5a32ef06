"""Arguments are checked first: one sentence names the field, the value, the limit and the remedy.

Args:
    field: name of the argument, as the caller wrote it.
    value: what was given, anything.
    low, high: smallest and largest number allowed; without ``high``, what int64 can hold.
    ends: "[" and "]" where the limit itself is allowed, "(" and ")" where it is not.
    options: the strings that are allowed.
    kind, what: a type, and its name for a reader.
    limit, found: what it must be, and what was found out about it, both as words.
    check, limits, words: such as `real`, and its other arguments.
    nbytes: size in memory, in bytes.
    remedy: a sentence that says what to do.
    target_params, online_params: lists of tensors, any shape.
    tau: soft update rate, the share that is taken over in one update.

Raises:
    TypeError: a value of the wrong type; ``bool`` and strings are no numbers, 5.0 is not whole.
    ValueError: a value outside its limits, NaN or infinite.
"""

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from numbers import Integral, Real
from typing import Any, NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Rule = Callable[[str, Any], Any]  # from a field and its value to the value, or an error

INF, INT64_MAX = math.inf, 2**63 - 1
_MAX_LEARNERS, _MAX_BYTES, _SHOWN = 10_000, 2**31, 80


def shown(value: Any) -> str:
    """``repr`` on one line of at most 80 characters; a number of 5,000 digits has none at all."""
    try:
        text = repr(value).replace("\n", " ")
    except Exception:
        return f"<a {type(value).__name__} too large to show>"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 13]}...{text[-10:]}"


def refuse_type(field: str, value: Any, what: str, remedy: str) -> NoReturn:
    """Raise the error for a value of the wrong type."""
    given = type(value).__name__
    raise TypeError(f"{field} = {shown(value)} is a {given}: it must be {what}. {remedy}")


def refuse_value(field: str, value: Any, limit: str, remedy: str, *, found: str = "") -> NoReturn:
    """Raise the error for a value outside its limits."""
    raise ValueError(f"{field} = {shown(value)}{found}: it must be {limit}. {remedy}")


def instance(field: str, value: Any, kind: type, what: str, *, remedy: str) -> Any:
    """Return ``value`` if it is of a type; a ``bool`` is no number."""
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, kind):
        refuse_type(field, value, what, remedy)
    return value


def real(
    field: str, value: Any, low: float = -INF, high: float = INF, *, ends: str = "[]", remedy: str
) -> float:
    """Return ``value`` as a float, or say what is wrong with it."""
    instance(field, value, Real, "a number", remedy=remedy)
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond the range of floats
        number = -INF if value < 0 else INF
    too_low = number <= low if ends[0] == "(" else number < low
    too_high = number >= high if ends[1] == ")" else number > high
    if not math.isfinite(number) or too_low or too_high:
        limit = f"in {ends[0]}{low:g}, {high:g}{ends[1]}"
        if high == INF:
            limit = "finite" if low == -INF else f"{'>' if ends[0] == '(' else '>='} {low:g}"
        refuse_value(field, value, limit, remedy)
    return number


def integer(field: str, value: Any, low: int, high: int | None = None, *, remedy: str) -> int:
    """Return ``value`` as an int, or say what is wrong with it."""
    instance(field, value, Integral, "a whole number", remedy=remedy)
    if not low <= value <= (INT64_MAX if high is None else high):
        one_sided = f">= {low}" if value < low else f"<= {INT64_MAX}"
        refuse_value(field, value, one_sided if high is None else f"in [{low}, {high}]", remedy)
    return int(value)


def choice(field: str, value: Any, options: Iterable[str], *, remedy: str) -> str:
    """Return ``value`` if it is one of ``options``."""
    names = list(options)
    if instance(field, value, str, "a string", remedy=remedy) not in names:
        refuse_value(field, value, f"one of {', '.join(names)}", remedy)
    return str(value)


def rule(check: Callable[..., Any], *limits: Any, **words: Any) -> Rule:
    """Return a check that waits for a field and its value."""
    return lambda field, value: check(field, value, *limits, **words)


def validated_by(
    *checks: Callable[..., object], **contract: str | Rule
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check the arguments of every call first: the source, a solution, is then what it does.

    Args:
        checks: called with all arguments; they raise, or say nothing.
        contract: name -> a `rule`, or dtype and shape. ``"[...]"`` are rows and ``"[..., A]"`` rows
            with an action axis; the rows of all are equal. ``"float"``, ``"bool"`` or ``"int64"``
            before it is the dtype; ``"constant"`` carries no gradient.
    """
    arrays = [(name, _rows(part)) for name, part in contract.items() if isinstance(part, str)]
    others = [(name, part) for name, part in contract.items() if not isinstance(part, str)]

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        names = tuple(inspect.signature(function).parameters)

        @functools.wraps(function)
        def validated(*args: P.args, **kwargs: P.kwargs) -> R:
            for check in checks:
                check(*args, **kwargs)
            given = dict(zip(names, args, strict=False)) | kwargs
            for name, each in others:
                if name in given:
                    each(name, given[name])
            shapes = {name: rows(name, given[name]) for name, rows in arrays if name in given}
            same_rows(**shapes)
            return function(*args, **kwargs)

        return validated

    return decorate


_DTYPES = {
    "float": "it must be float, whole numbers cut the fraction off a value. Use torch.float32.",
    "bool": "it must be torch.bool, ~ flips the bits of whole numbers. Use .bool().",
    "int64": "an index must be torch.int64. Use .long().",
}


def _rows(part: str) -> Rule:
    """Return a check that gives the shape of the rows, from words such as ``"float [..., A]"``."""
    words, _, axes = part.partition("[")
    dtypes, constant = [word for word in words.split() if word in _DTYPES], "constant" in words
    end = None if axes == "...]" else -1

    def rows(name: str, value: Any) -> Any:
        for dtype in dtypes:
            found = str(value.dtype).rpartition(".")[2]
            if not (dtype in found if dtype == "float" else dtype == found):
                raise TypeError(f"{name} has dtype {value.dtype}: {_DTYPES[dtype]}")
        if constant and value.requires_grad:
            wrong = "carries a gradient: the TD target is a constant of the update"
            raise ValueError(f"{name} {wrong}. Compute it under torch.no_grad().")
        return value.shape[:end]

    return rows


def same_rows(**shapes: tuple[int, ...]) -> None:
    """Refuse shapes that differ: broadcasting would silently pair every row with every other."""
    if len(set(shapes.values())) > 1:
        stated = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        equal = "They must be equal, [B] or [S, B]. Remove an extra axis with .squeeze(-1)."
        raise ValueError(f"row shapes differ (an action axis apart): {stated}. {equal}")


def parameters(target_params: Any, online_params: Any, tau: float = 1.0) -> None:
    """Refuse networks that cannot be synced: their lists of tensors must be alike, and apart."""
    for name, params in (("target_params", target_params), ("online_params", online_params)):
        listed = "a list, which can be walked over more than once"
        instance(name, params, Sequence, listed, remedy="Use list(net.parameters()).")
    for target, online in zip(target_params, online_params, strict=True):
        same_rows(target=target.shape, online=online.shape)
        if target.data_ptr() == online.data_ptr():
            wrong = "the target network shares its memory with the online network, so it never lags"
            raise ValueError(f"{wrong}. Use copy.deepcopy(online).")
    real("tau", tau, 0, 1, remedy="Use 0.005 to follow slowly.")


def seeds(values: Any) -> tuple[int, ...]:
    """Return the seeds as ints: at least one, none twice, each from 0 to what int64 can hold."""
    remedy = "Use seeds=range(16), or seeds=[0] for a single run."
    listed: Any = None if isinstance(values, (str, bytes)) else values
    try:
        some = list(islice(listed, _MAX_LEARNERS + 1))  # a generator may be endless
    except TypeError:
        refuse_type("seeds", values, "a list of whole numbers", remedy)
    if len(some) > _MAX_LEARNERS:
        refuse_value("seeds", values, f"at most {_MAX_LEARNERS} learners", remedy)
    numbers = tuple(integer("seeds", seed, 0, remedy=remedy) for seed in some)
    if not numbers or len(set(numbers)) < len(numbers):
        refuse_value("seeds", list(numbers), "one per learner, all different", remedy)
    return numbers


def refuse_large_allocation(field: str, value: Any, nbytes: float, *, remedy: str) -> None:
    """Say so before memory is taken that is not there."""
    if nbytes > _MAX_BYTES:
        found = f" takes {nbytes:,.0f} bytes"
        refuse_value(field, value, f"at most {_MAX_BYTES:,}", remedy, found=found)


@contextmanager
def making_environment(env_id: Any) -> Iterator[None]:
    """Say in one sentence why an environment cannot be made: there is an error for each reason."""
    remedy = 'Use a registered environment that is installed, such as "CartPole-v1".'
    instance("env_id", env_id, str, "a string", remedy=remedy)
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:300].rstrip(".?")
        raise ValueError(f"env_id = {shown(env_id)}: {said}. {remedy}") from error
