"""The probes of the exercises on experience replay."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes

WRITE_INDEX = Probes(
    [(0, 5), (3, 5), (4, 5), (5, 5), (12, 5), (7, 1), (9, 10), (23, 10)],
    lambda added, capacity: f"{added} % {capacity}",
)

_DRAWS = np.array([0.0, 0.19, 0.2, 0.55, 0.98, 0.61])


def _row_lines(draws: Any, stored: int) -> Any:
    lines = [f"int({draw:g} × {stored})" for draw in draws.flat]
    return np.reshape(lines, draws.shape).tolist()


SAMPLE_INDICES = Probes(
    [
        (_DRAWS, 5),
        (_DRAWS, 7),
        (_DRAWS, 1),
        (_DRAWS[::-1].copy(), 100),
        (np.array([[0.9, 0.1, 0.45], [0.17, 0.99, 0.7]]), 10),
    ],
    _row_lines,
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
