"""The probes of the exercises on experience replay."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_classroom.exercises.check import Probes
from dqn_lessons.config import Array


def store_(buffer: Sequence[Array], added: int, transition: Sequence[Any]) -> int:
    """Write a transition into its row of the ring, in place; return how many were added by now.

    Args:
        buffer: an array ``[capacity, ...]`` for each part of a transition.
        added: transitions stored before this one.
        transition: one value for each array.

    Source: derived; rows are written in turn, and start again at 0.
    """
    row = added % len(buffer[0])
    for column, value in zip(buffer, transition, strict=True):
        column[row] = value
    return added + 1


def minibatch(buffer: Sequence[Array], added: int, draws: Array) -> list[Tensor]:
    """Return a row of the buffer for each draw, as tensors; each filled row is as likely.

    Args:
        buffer: an array ``[capacity, ...]`` for each part of a transition.
        added: transitions stored so far, >= 1.
        draws: uniform in [0, 1), ``[B]``.

    Returns:
        A tensor ``[B, ...]`` for each array.

    Source: Mnih et al. (2013), arXiv:1312.5602, Algorithm 1.
    """
    capacity = len(buffer[0])
    stored = min(added, capacity)
    rows = (draws * stored).astype(np.int64)
    return [torch.from_numpy(column[rows]) for column in buffer]


def put(buffer: Sequence[Array], row: int, transition: Sequence[Any]) -> None:
    """Write a transition into a row."""
    for column, value in zip(buffer, transition, strict=True):
        column[row] = value


def take(buffer: Sequence[Array], rows: Any) -> list[Tensor]:
    """Return these rows of each array."""
    return [torch.from_numpy(column[np.asarray(rows, np.int64)]) for column in buffer]


def _ring(capacity: int, filled: int) -> list[Array]:
    """Five arrays, as for transitions with two numbers to look at."""
    number = np.arange(capacity)
    obs = np.stack([10.0 + number, 0.5 * number], axis=1).astype(np.float32)
    columns = [obs, number % 3, 1 + 0.25 * number, obs + 1, number % 2 == 1]
    for column in columns:
        column[filled:] = 0
    return columns


def _stored(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """All numbers of the buffer afterwards, then what was returned."""
    added = function(*given)
    if added is None:
        return None
    return np.concatenate([*(np.ravel(column).astype(float) for column in given[0]), [added]])


def _numbers_of(name: str, parts: Sequence[Any]) -> list[str]:
    """What each number of some arrays is, as one writes it."""
    return [
        f"{name}[{i}][{', '.join(map(str, place))}]"
        for i, part in enumerate(parts)
        for place in np.ndindex(*np.shape(part))
    ]


_STEP = np.array([-3.0, 7.0], np.float32), 2, -5.0, np.array([4.5, -8.0], np.float32), True
STORE_ = Probes(
    [
        (_ring(capacity, min(added, capacity)), added, _STEP)
        for added, capacity in [(0, 5), (3, 5), (4, 5), (5, 5), (12, 5), (7, 3), (9, 10), (23, 10)]
    ],
    observe=_stored,
    names=lambda buffer, *_: [*_numbers_of("buffer", buffer), "the number that is returned"],
)


def _drawn(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """All numbers of the batch, then for each part whether it kept its kind of number."""
    expected = [column.dtype.kind for column in given[0]]
    batch = function(*given)
    if batch is None:
        return None
    parts = list(batch)
    tensors = [part for part in parts if isinstance(part, Tensor)]
    arrays = [np.asarray(part) for part in parts]
    kinds = [float(a.dtype.kind == kind) for a, kind in zip(arrays, expected, strict=False)]
    numbers = np.concatenate([*(array.astype(float).ravel() for array in arrays), kinds])
    return torch.from_numpy(numbers) if len(tensors) == len(parts) else numbers


MINIBATCH = Probes(
    # Where all rows are filled, draws stay below those that a wrong rounding sends out of range.
    [
        (_ring(8, 5), 5, np.array([0.0, 0.19, 0.2, 0.55, 0.98, 0.61])),
        (_ring(6, 6), 6, np.array([0.74, 0.0, 0.2, 0.55])),
        (_ring(6, 6), 13, np.array([0.55, 0.3, 0.7])),
        (_ring(4, 1), 1, np.array([0.9, 0.1])),
        (_ring(30, 20), 20, np.array([0.93, 0.18, 0.47, 0.99, 0.02])),
    ],
    observe=_drawn,
    names=lambda buffer, added, draws: [
        *_numbers_of("batch", [column[np.zeros(len(draws), int)] for column in buffer]),
        *(f"batch[{i}] has the kind of its column (1: yes)" for i in range(len(buffer))),
    ],
)

SHOULD_UPDATE = Probes(
    # (step, learning_starts, update_period)
    [
        (4, 1, 4),
        (3, 1, 4),
        (500, 1000, 4),
        (1000, 1000, 4),
        (1002, 1000, 4),
        (16, 12, 5),
        (17, 12, 5),
        (15, 12, 5),
        (13, 12, 5),
        (14, 12, 5),
        (1, 1, 1),
        (10, 12, 5),
        (9, 12, 5),
    ],
    lambda step, learning_starts, update_period: (
        f"{step} >= {learning_starts} and {step} % {update_period} == 0"
    ),
)

_WAVE = np.array([2.0, 5.0, 4.0, 1.0, 0.0, 3.0, 6.0, 5.5])


def _correlation_line(series: Any, lag: int) -> str:
    centred = np.asarray(series, float) - np.mean(series)
    pairs = zip(centred[: len(centred) - lag], centred[lag:], strict=True)
    top = " + ".join(f"({a:.10g}) × ({b:.10g})" for a, b in pairs)
    below = " + ".join(f"({a:.10g})^2" for a in centred)
    return f"({top}) / ({below})"


def products(series: Any, lag: int) -> Any:
    """The products of centred values that lie ``lag`` apart."""
    centred = series - series.mean()
    return centred[: len(centred) - lag] * centred[lag:]


AUTOCORRELATION = Probes(
    [
        (np.array([1.0, -1.0, 1.0, -1.0]), 1),
        (np.array([1, 2, 3]), 1),
        (_WAVE, 0),
        (_WAVE, 1),
        (_WAVE, 3),
        (np.array([4.0, 4.0, 9.0, 4.0, 4.0]), 2),
    ],
    _correlation_line,
)
