"""Checks at the door: one sentence that names the field, the value, the limit and the remedy."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def at_the_door(check: Callable[P, object]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let ``check`` look at the arguments of every call first; it raises, or says nothing.

    The function's own source is then nothing but what it does: students read it as a solution.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            check(*args, **kwargs)
            return function(*args, **kwargs)

        return checked

    return decorate


def _limit(low: float, high: float, low_open: bool, high_open: bool) -> str:
    if low == -math.inf and high == math.inf:
        return "finite"
    if high == math.inf:
        return f"{'> ' if low_open else '>= '}{low:g}"
    if low == -math.inf:
        return f"{'< ' if high_open else '<= '}{high:g}"
    return f"in {'(' if low_open else '['}{low:g}, {high:g}{')' if high_open else ']'}"


def real(
    field: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    low_open: bool = False,
    high_open: bool = False,
    remedy: str,
) -> float:
    """Return ``value`` as a float, or say what is wrong with it.

    Raises:
        TypeError: not a real number (``bool`` and strings are not).
        ValueError: NaN, infinite, or outside the limits.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"{field} = {value!r} is a {type(value).__name__}: it must be a number. {remedy}"
        )
    number = float(value)
    too_low = number <= low if low_open else number < low
    too_high = number >= high if high_open else number > high
    if not math.isfinite(number) or too_low or too_high:
        limit = _limit(low, high, low_open, high_open)
        raise ValueError(f"{field} = {value!r}: it must be {limit}. {remedy}")
    return number


def integer(field: str, value: Any, low: int, high: int | None = None, *, remedy: str) -> int:
    """Return ``value`` as an int, or say what is wrong with it.

    Raises:
        TypeError: not a whole number (``bool`` and ``5.0`` are not).
        ValueError: outside the limits.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(
            f"{field} = {value!r} is a {type(value).__name__}: it must be a whole number. {remedy}"
        )
    number = int(value)
    if number < low or (high is not None and number > high):
        limit = f">= {low}" if high is None else f"in [{low}, {high}]"
        raise ValueError(f"{field} = {value!r}: it must be {limit}. {remedy}")
    return number


def choice(field: str, value: Any, options: Iterable[str], *, remedy: str) -> str:
    """Return ``value`` if it is one of ``options``.

    Raises:
        TypeError: not a string.
        ValueError: a string that is not among the options.
    """
    names = list(options)
    if not isinstance(value, str):
        raise TypeError(
            f"{field} = {value!r} is a {type(value).__name__}: it must be a string. {remedy}"
        )
    if value not in names:
        raise ValueError(f"{field} = {value!r}: it must be one of {', '.join(names)}. {remedy}")
    return value
