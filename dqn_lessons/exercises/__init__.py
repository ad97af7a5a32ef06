"""Exercises that are checked, predictions that are kept, quizzes that answer."""

from dqn_lessons import progress
from dqn_lessons.cards import Card
from dqn_lessons.exercises import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
)
from dqn_lessons.exercises.engine import exercise, hint, register, solution
from dqn_lessons.exercises.questions import Quiz, predict, recall
from dqn_lessons.progress import reset_progress

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

# A lesson is a module with EXERCISES and a QUIZ; adding one here makes both known.
LESSONS = {
    "0": lesson_00,
    "1": lesson_01,
    "2": lesson_02,
    "3": lesson_03,
    "4": lesson_04,
    "5": lesson_05,
    "6": lesson_06,
}
for _lesson in LESSONS.values():
    register(_lesson.EXERCISES)


def quiz(lesson: str) -> Quiz:
    """Return the questions at the end of a lesson; every answer gets its sentence.

    Raises:
        KeyError: there is no such lesson.
    """
    if lesson not in LESSONS:
        raise KeyError(f"there is no lesson {lesson!r}. Lessons: {', '.join(LESSONS)}.")
    return Quiz(f"lesson {lesson}", LESSONS[lesson].QUIZ)


def progress_report() -> Card:
    """Return a table of the exercises with their status, and how much else was answered."""
    record = progress.load()
    rows = [("lesson", "exercise", "status", "attempts")]
    for number, lesson in LESSONS.items():
        for task in lesson.EXERCISES:
            entry = record["exercises"].get(task.name, {})
            status = entry.get("status", "not attempted")
            rows.append((number, task.name, status, str(entry.get("attempts", 0))))
    answered = (
        f"Predictions made: {len(record['predictions'])}. "
        f"Quiz questions answered: {len(record['quizzes'])}."
    )
    begin_again = "To begin again, call reset_progress()."
    return Card("Where you stand", text=(answered, begin_again), table=rows)
