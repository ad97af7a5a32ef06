"""The lessons: what is asked in each, and which mistakes are known by name.

A lesson is a file ``<topic>.toml`` in this folder, with its probes in ``<topic>_probes.py``.
Lessons of your own may lie in other folders: name them in ``$DQN_LESSONS_FOLDERS``.
"""

import os
import tomllib
from functools import cache, partial
from pathlib import Path

from dqn_classroom import progress
from dqn_classroom.exercises.check import register
from dqn_classroom.exercises.questions import PREDICTIONS, Quiz
from dqn_classroom.feedback import Feedback
from dqn_classroom.lessons.lesson import Lesson, former

__all__ = ["LESSONS", "Lesson", "progress_report", "quiz"]

# Python looks for the modules of a package in the folders of its `__path__`, so probes are found
# where the files are.
__path__ += [
    str(Path(folder).expanduser())
    for folder in os.environ.get("DQN_LESSONS_FOLDERS", "").split(os.pathsep)
    if folder
]


def _read() -> dict[str, Lesson]:
    files = [file for folder in __path__ for file in sorted(Path(folder).glob("*.toml"))]
    tables = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
    topics = sorted(tables, key=lambda topic: tables[topic].get("order", 0))
    return {topic: Lesson.of(topic, number, tables[topic]) for number, topic in enumerate(topics)}


# Topic -> lesson, in the order of the course.
LESSONS = _read()
for _lesson in LESSONS.values():
    PREDICTIONS.update({asked.key: asked for asked in _lesson.predictions})
    for _name in _lesson.exercises:
        register(_name, cache(partial(_lesson.exercise, _name)))


def quiz(topic: str) -> Quiz:
    """Return the questions at the end of a lesson; every answer gets its sentence.

    Raises:
        KeyError: there is no such lesson.
    """
    if topic not in LESSONS:
        raise KeyError(f"there is no lesson {topic!r}. Lessons: {', '.join(LESSONS)}.")
    return Quiz(LESSONS[topic].key, LESSONS[topic].quiz)


def progress_report() -> Feedback:
    """Return a table of the exercises with their status, and how much else was answered."""
    record = progress.load()
    entries, rows = record["exercises"], [("lesson", "exercise", "status", "attempts")]
    for lesson in LESSONS.values():
        for name, row in lesson.exercises.items():
            known = [entries[one] for one in (name, *former(row)) if one in entries]
            entry = known[0] if known else {}
            status = entry.get("status", "not attempted")
            rows.append((str(lesson.number), name, status, str(entry.get("attempts", 0))))
    answered = (
        f"Predictions made: {len(record['predictions'])}. "
        f"Quiz questions answered: {len(record['quizzes'])}."
    )
    kept = f"It is kept in {progress.path()}. To begin again, call reset_progress()."
    return Feedback("Where you stand", text=(answered, kept), table=rows)
