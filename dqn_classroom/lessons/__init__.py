"""The lessons: what is asked in each, and which mistakes are known by name."""

from dqn_classroom import progress
from dqn_classroom.exercises.check import EXERCISES, exercise, hint, register, solution
from dqn_classroom.exercises.questions import Quiz
from dqn_classroom.feedback import Feedback
from dqn_classroom.lessons import (
    bug_clinic,
    evidence,
    replay,
    start_here,
    target_lag,
    target_network,
    vanilla_dqn,
)

__all__ = ["EXERCISES", "LESSONS", "exercise", "hint", "progress_report", "quiz", "solution"]

# A lesson is a module with EXERCISES and a QUIZ; adding one here makes both known.
LESSONS = {
    "0": start_here,
    "1": target_lag,
    "2": vanilla_dqn,
    "3": replay,
    "4": target_network,
    "5": evidence,
    "6": bug_clinic,
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


def progress_report() -> Feedback:
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
    return Feedback("Where you stand", text=(answered, begin_again), table=rows)
