"""What people put into a field by mistake, and what every entry point must make of it."""

from __future__ import annotations

import math
import re
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import dqn_lessons

PACKAGE = Path(dqn_lessons.__file__).parent
SECONDS = 60

# Wrong types, numbers outside every limit, and numbers of NumPy.
VALUES: list[Any] = [
    *(None, True, False, np.True_, "", "5", "nan", "CartPole-v1", b"5", "x" * 5_000, "\0"),
    *(math.nan, math.inf, -math.inf, np.nan, np.float32("inf"), 1e308, -1e308, 1e-320, -0.0),
    *(-1, -0.5, 0, -(10**12), 10**12, 10**30, -(10**30), 10**400, -(10**400), 10**5_000),
    *(2**31, 2**63, 2**64, np.uint64(2**64 - 1), np.int64(-1), 1j, np.complex64(1)),
    *([], [1], [[1], [2]], (), (1,), ((1,),), {}, {"a": 1}, {1, 2}, range(3)),
    *(np.array(1), np.array([1, 2]), np.array([], object), np.zeros((3, 3)), np.str_("a")),
    *(Decimal(1), Decimal("NaN"), Fraction(1, 3), Fraction(10) ** 400, object(), int, len, ...),
    *(lambda: 1, iter([1]), slice(3), NotImplemented, np.datetime64("2020-01-01"), bytearray(3)),
]


class Fault(AssertionError):
    """An answer that no student should get."""


@contextmanager
def no_hang(what: str) -> Iterator[None]:
    """Turn a call that does not come back into a fault, where the system can."""

    def stop(*_: Any) -> None:
        raise Fault(f"{what} has not come back within {SECONDS} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def refused_well(error: BaseException, names: set[str], modules: set[str]) -> str | None:
    """Return what is wrong with a refusal, or None.

    Args:
        error: what was raised.
        names: the fields that were spoiled; the message names at least one of them.
        modules: modules of the package that may raise it.
    """
    said = str(error)
    where = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    if type(error) not in (TypeError, ValueError):
        return f"it is a {type(error).__name__}: {said[:200]}"
    if not any(re.search(rf"\b{name}\b", said) for name in names):
        return f"none of {sorted(names)} is named: {said[:200]}"
    if len(said) > 900 or "\n" in said:
        return f"it is not a sentence or two: {len(said)} characters"
    if not re.search(r"\. [A-Z]\w+ .*\.$|: [a-z].*\. [A-Z].*[.\])]$", said):
        return f"no remedy: {said[:200]}"
    if PACKAGE not in where.parents or where.stem not in modules:
        return f"it comes from the depth of {where}"
    return None


def call(what: str, function: Callable[[], Any], names: set[str], modules: set[str]) -> Any:
    """Return what a call returns, or None where it was refused well; anything else is a fault."""
    with no_hang(what):
        try:
            return function()
        except Fault:
            raise
        except BaseException as error:
            problem = refused_well(error, names, modules)
            if problem:
                raise Fault(f"{what}: {problem}") from error
            return None
