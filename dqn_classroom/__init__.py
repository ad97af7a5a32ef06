"""How the course is taught: exercises that are checked, explorers, the bug clinic, shipped results.

It imports :mod:`dqn_lessons`, which is what the lessons teach, and never the other way round.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dqn_classroom.exercises.check import exercise, hint, solution
    from dqn_classroom.exercises.questions import predict, recall
    from dqn_classroom.lessons import progress_report, quiz
    from dqn_classroom.progress import reset_progress

__all__ = [
    "exercise",
    "hint",
    "predict",
    "progress_report",
    "quiz",
    "recall",
    "reset_progress",
    "solution",
]

_PLACES = {"predict": "exercises.questions", "recall": "exercises.questions"} | {
    "reset_progress": "progress"
}


def __getattr__(name: str) -> Any:
    """Load the lessons when they are asked for: a command that fails at once does not wait."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    lessons = import_module("dqn_classroom.lessons")
    place = _PLACES.get(name)
    return getattr(lessons if place is None else import_module(f"{__name__}.{place}"), name)
