"""What points to the wrong part of an answer that no known mistake explains.

Each clue is looked for in the numbers, in the code or in the error; the first that holds is said.
"""

import dis
import re
from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any

import numpy as np

from dqn_classroom.exercises.time_limit import TooLong

Array = np.ndarray[Any, Any]
_IMPORTS = {
    "np": "numpy as np",
    "math": "math",
    "torch": "torch",
    "nn": "torch.nn as nn",
    "F": "torch.nn.functional as F",
    "random": "random",
}
_RANDOM = {"random", "rand", "randn", "randint", "default_rng", "rand_like", "RandomState"}
_ERRORS = {
    "NameError": "A name is used that does not exist. Check the spelling, and the arguments.",
    "RecursionError": "The function calls itself without end. Which case should stop it?",
    "UnboundLocalError": "A variable is used before it has a value.",
    "ZeroDivisionError": "Something is divided by zero: look at the limiting cases.",
    "SystemExit": "The function asks Python to exit. Leave that call out.",
    "NotImplementedError": "There is no such operation for this dtype. Look at the dtype of "
    "each tensor; .float() makes whole numbers and bools floats.",
}


def in_error(error: BaseException, said: str, code: CodeType, given: Sequence[Any]) -> str:
    """Say what an error of the student's code means and what to do, or "" where it says so itself.

    Args:
        error: what was raised.
        said: its message.
        code: of the student's function.
        given: the arguments it was called with.
    """
    names = _names(code)
    tensors = any(hasattr(one, "detach") for one in given)
    if "ambiguous" in said:
        where = "torch.where" if "Tensor" in said else "np.where"
        rows = "A whole batch comes in at once, and a row may be a vector: one if cannot decide for"
        return f"{rows} all of it. Use {where}."
    if isinstance(error, NameError) and error.name in _IMPORTS:
        return f"It is not imported here. Begin the cell with import {_IMPORTS[error.name]}."
    if isinstance(error, TypeError) and "for ^" in said:
        return "In Python ^ compares bits. The power is **."
    if (
        tensors
        and names & {"max", "min", "sort", "topk"}
        and re.search("sequence|tuple|types", said)
    ):
        return "Along an axis, max gives values and indices. Take .values, or use amax."
    if (
        "broadcast" in said
        and "(0,)" in said
        and any(type(one) is int and one == 0 for one in given)
    ):
        return "x[:-n] is empty for n = 0, where x[: len(x) - n] is right for every n."
    return _ERRORS.get(type(error).__name__, "")


def in_code(
    code: CodeType, reference: CodeType, inputs: Sequence[tuple[Any, ...]]
) -> tuple[str, str]:
    """Return the name of what is wrong in the code and a sentence, or two empty strings.

    Args:
        code: of the student's function.
        reference: of the course's own.
        inputs: argument tuples.
    """
    arguments = reference.co_varnames[: reference.co_argcount]
    own = sorted((_names(code) - _names(reference)) & _RANDOM)
    if own and "rng" not in arguments:
        sentence = f"It draws a random number of its own ({own[0]}). What is random is given: use "
        return "own random numbers", f"{sentence}{', '.join(arguments)} alone."
    words = {text for given in inputs for text in given if isinstance(text, str)}
    for text in (text for part in _codes(code) for text in part.co_consts):
        if isinstance(text, str) and text not in words and text.lower() in words:
            sentence = f"It compares with {text!r}, and what comes in is {text.lower()!r}."
            return "another spelling", sentence
    wanted, used = _used(reference), _used(code)
    for mine, name in zip(code.co_varnames[: code.co_argcount], arguments, strict=False):
        if name in wanted and mine not in used:
            return "argument unused", f"It never uses {mine}. What would change with it?"
    return "", ""


def in_numbers(
    names: Sequence[str],
    inputs: Sequence[tuple[Any, ...]],
    answers: Sequence[Array],
    references: Sequence[Array],
) -> tuple[str, str]:
    """Return the name of what is wrong with the numbers and a sentence, or two empty strings.

    Args:
        names: of the arguments.
        inputs: argument tuples.
        answers: what the student's function gave for each, in the shapes of the references.
        references: what is right.
    """
    wrong = [
        ~np.isclose(*pair, rtol=1e-5, atol=1e-9) for pair in zip(answers, references, strict=True)
    ]
    for place, name in enumerate(names):
        flags = [_flags(given, place, one.shape) for given, one in zip(inputs, wrong, strict=True)]
        for value in (True, False):
            rows = [None if flag is None else flag == value for flag in flags]
            if all(
                row is not None and not (one & ~row).any()
                for row, one in zip(rows, wrong, strict=True)
            ):
                return "one kind of row", f"All is right but where {name} is {value}."
    mine, right = _flat(answers), _flat(references)
    if mine.dtype.kind in "iuf" and np.isfinite(mine).all():
        some = right != 0
        factors, offsets = mine[some] / right[some], mine - right.astype(float)
        if len(factors) > 1 and not mine[~some].any() and np.ptp(factors) < 1e-6 * abs(factors[0]):
            factor = factors[0]
            sign = "Every number has the wrong sign."
            times = f"Every number is {factor:.6g} times what it should be."
            return "factor", sign if np.isclose(factor, -1) else times
        if len(offsets) > 1 and np.ptp(offsets) < 1e-6 * abs(offsets[0]):
            by = f"{abs(offsets[0]):.6g}"
            return (
                "offset",
                f"Every number is too {'large' if offsets[0] > 0 else 'small'} by {by}.",
            )
    if max(map(np.size, answers)) > 1 and all(
        np.allclose(np.sort(one, axis=None), np.sort(other, axis=None), rtol=1e-5)
        for one, other in zip(answers, references, strict=True)
    ):
        return "order", "The numbers are right, their order is not. Look at the index and the axis."
    failed = [bool(one.any()) for one in wrong]
    for place, name in enumerate(names):
        bad, good = (
            [given[place] for given, fails in zip(inputs, failed, strict=True) if fails is which]
            for which in (True, False)
        )
        if not good or not all(isinstance(one, (int, float, str)) for one in [*bad, *good]):
            continue
        kind = ""
        if isinstance(bad[0], str):
            kind = "" if set(bad) & set(good) else f"= {good[0]!r}"
        elif max(bad) < min(good):
            kind = f"= {min(good):g} and above"
        elif min(bad) > max(good):
            kind = f"= {max(good):g} and below"
        if kind:
            return "one kind of input", f"It is right for {name} {kind} only."
    for row, word in ((0, "first"), (-1, "last")):
        if all(one.ndim and len(one) > 1 and not np.delete(one, row, 0).any() for one in wrong):
            return "one row", f"All is right but the {word} row."
    return "", ""


def in_part(
    names: Sequence[str],
    inputs: Sequence[tuple[Any, ...]],
    answers: Sequence[Array],
    references: Sequence[Array],
    answer: Callable[..., Array],
    reference: Callable[..., Array],
) -> tuple[str, str]:
    """Return which argument's part is wrong and a sentence, or two empty strings.

    A part is wrong if all is right as soon as its argument is 0, or 1. Failing that: what no right
    number is, or an argument that moves the numbers another way.

    Args:
        names: of the arguments.
        inputs: argument tuples.
        answers, references: as for `in_numbers`.
        answer: what the student's function gives for arguments; it may raise anything.
        reference: what is right.
    """
    for place, name in enumerate(names):
        for value in (0, 1):
            changed = [_replaced(given, place, value) for given in inputs]
            pairs = []
            for given in changed:
                try:
                    pairs.append((answer(*given), reference(*given)))
                except (Exception, TooLong):
                    break
            right = [other for _, other in pairs]
            if len(pairs) < len(inputs) or all(np.array_equal(right[0], one) for one in right):
                continue  # what is always the same tells nothing
            if all(one.shape == other.shape and np.allclose(one, other) for one, other in pairs):
                sentence = f"If {name} is {value}, all is right: look at the part with {name}."
                return "one part", sentence
    numbers = (flat.astype(float) for flat in (_flat(answers), _flat(references)))
    return _out_of_range(*numbers) or _other_way(names, inputs, answer, reference)


def _flat(answers: Sequence[Array]) -> Array:
    return np.concatenate([np.ravel(one) for one in answers])


def _out_of_range(mine: Array, right: Array) -> tuple[str, str] | None:
    """What no right number is, and one of these is."""
    if len(mine) > 1 and np.ptp(mine) == 0 < np.ptp(right):
        return "constant", f"It gives {mine[0]:.6g} whatever comes in."
    if right.min() >= 0 and (low := mine.min()) < -1e-6:
        return "negative", f"No right number is negative, and yours go down to {low:.3g}."
    if right.min() >= 0 and right.max() <= 1 < (high := mine.max()) - 1e-6:
        return "above 1", f"No right number is above 1, and yours go up to {high:.3g}."
    return None


def _other_way(
    names: Sequence[str],
    inputs: Sequence[tuple[Any, ...]],
    answer: Callable[..., Array],
    reference: Callable[..., Array],
) -> tuple[str, str]:
    """The argument that, made a little different, moves the answers, and none of them rightly."""
    for place, name in enumerate(names):
        if not all(type(given[place]) in (int, float) for given in inputs):
            continue
        pairs = []
        for given in inputs:
            old = given[place]
            less = (*given[:place], type(old)(old * 0.95), *given[place + 1 :])
            try:
                moves = (f(*given) - f(*less) for f in (answer, reference))
                pairs.append([np.sign(np.sum(move)) for move in moves])
            except (Exception, TooLong):
                break
        mine, right = np.reshape(pairs, (-1, 2)).T
        ways = set(right[right != 0])
        if len(pairs) == len(inputs) and len(ways) == 1 and not (mine * right > 0).any():
            how = "rise" if ways == {1} else "fall"
            return "another way", f"The right numbers {how} with {name}, and yours do not."
    return "", ""


def _replaced(given: tuple[Any, ...], place: int, value: int) -> tuple[Any, ...]:
    """Arguments with one that is nothing but this number; flags stay flags."""
    old = given[place]
    if hasattr(old, "detach"):
        new = old.new_full(old.shape, value)
    elif isinstance(old, np.ndarray):
        new = np.full_like(old, value)
    else:
        new = type(old)(value) if isinstance(old, (int, float, np.number)) else old
    return (*given[:place], new, *given[place + 1 :])


def _flags(given: tuple[Any, ...], place: int, shape: tuple[int, ...]) -> Array | None:
    """An argument that says yes or no for each number of the answer."""
    flags = given[place]
    flags = flags.numpy() if hasattr(flags, "detach") else flags
    fits = isinstance(flags, np.ndarray) and flags.dtype == bool and flags.shape == shape and shape
    return flags if fits else None


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions and comprehensions in it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


def _names(code: CodeType) -> set[str]:
    return {name for part in _codes(code) for name in part.co_names}


def _used(code: CodeType) -> set[str]:
    """The variables that are read somewhere."""
    found: set[str] = set()
    for instruction in (i for part in _codes(code) for i in dis.get_instructions(part)):
        if instruction.opname.startswith("LOAD_") and instruction.opname not in ("LOAD_CONST",):
            value = instruction.argval
            found |= set(value if isinstance(value, tuple) else [value])
    return found
