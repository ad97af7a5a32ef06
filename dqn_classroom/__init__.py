"""How the course is taught: exercises that are checked, explorers, the bug clinic, shipped results.

It imports :mod:`dqn_lessons`, which is what the lessons teach, and never the other way round.
"""

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
