"""Exercises that are checked, predictions that are kept, quizzes that answer."""

from collections.abc import Sequence

from dqn_lessons.exercises import lesson_00, lesson_01, progress
from dqn_lessons.exercises.cards import Card
from dqn_lessons.exercises.engine import Exercise, exercise, hint, register, solution
from dqn_lessons.exercises.progress import reset_progress
from dqn_lessons.exercises.questions import Question, predict, quiz, recall

__all__ = [
    "Question",
    "exercise",
    "hint",
    "predict",
    "progress_report",
    "quiz",
    "recall",
    "reset_progress",
    "solution",
]

LESSONS: dict[str, Sequence[Exercise]] = {
    "0": lesson_00.EXERCISES,
    "1": lesson_01.EXERCISES,
}
for _exercises in LESSONS.values():
    register(_exercises)


def progress_report() -> Card:
    """Return a table of the exercises with their status, and how much else was answered."""
    record = progress.load()
    rows = [("lesson", "exercise", "status", "attempts")]
    for lesson, exercises in LESSONS.items():
        for task in exercises:
            entry = record["exercises"].get(task.name, {})
            status = entry.get("status", "not attempted")
            rows.append((lesson, task.name, status, str(entry.get("attempts", 0))))
    answered = (
        f"Predictions made: {len(record['predictions'])}. "
        f"Quiz questions answered: {len(record['quizzes'])}."
    )
    begin_again = "To begin again, call reset_progress()."
    return Card("Where you stand", text=(answered, begin_again), table=rows)
