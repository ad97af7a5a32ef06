"""What every statement about seeds asks of its numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dqn_lessons import checks as check
from dqn_lessons.config import Array


def check_level(level: float) -> None:
    """Raise ValueError unless the level of an interval is in (0, 1)."""
    remedy = "Use 0.95 for the usual interval."
    check.real("level", level, 0, 1, low_open=True, high_open=True, remedy=remedy)


def check_settings(level: float, resamples: int) -> None:
    """Raise ValueError unless a bootstrap can be made with these settings."""
    check_level(level)
    check.integer("resamples", resamples, 100, remedy="Use 2_000 or more.")


def checked_scores(name: str, scores: ArrayLike) -> Array:
    """Return scores as floats, or raise ValueError: there are none, or some are not finite."""
    values = np.asarray(scores, np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        found = "no scores" if values.size == 0 else "scores that are not finite"
        raise ValueError(f"{name} holds {found}: nothing can be said. Pass what was measured.")
    return values


def checked_seeds(name: str, scores: ArrayLike) -> Array:
    """Return scores ``[S, ...]`` as floats, or raise ValueError: fewer than two seeds."""
    rows = checked_scores(name, scores)
    if rows.ndim == 0 or len(rows) < 2:
        raise ValueError(
            f"{name} has shape {list(rows.shape)}: one seed has no spread. Train at least two "
            "seeds, better sixteen."
        )
    return rows
