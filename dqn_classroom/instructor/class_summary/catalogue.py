"""Everything the course has a name for; only these names are ever shown."""

import builtins
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dqn_classroom.clinic import BUGS, HEALTHY, current_name
from dqn_classroom.lessons import LESSONS
from dqn_classroom.lessons.lesson import former

# What a check says of any exercise, beside the mistakes of its lesson.
GENERAL = {
    "no function": "something other than a function was decorated",
    "signature": "the first line was changed",
    "none": "nothing was returned",
    "type": "something other than numbers was returned",
    "shape": "the result had another shape",
    "dtype": "the result had another dtype",
    "no tensor": "the result was no tensor",
    "no gradient": "the result had lost its gradient",
    "argument changed": "an argument was changed in place",
    "setting changed": "a setting of PyTorch was changed for the whole program",
    "own random numbers": "random numbers of its own were drawn",
    "another spelling": "a word was spelled in another way",
    "argument unused": "an argument was never used",
    "factor": "all numbers were wrong by one factor",
    "offset": "all numbers were wrong by one difference",
    "order": "the numbers were right, their order was not",
    "one row": "the first or the last row was wrong",
    "one kind of row": "the rows of one kind were wrong",
    "one kind of input": "it was right for some inputs only",
    "one part": "the part with one argument was wrong",
    "constant": "it gave the same number for everything",
    "negative": "a number was negative that cannot be",
    "above 1": "a number was above 1 that cannot be",
    "another way": "the numbers moved another way with one argument",
    "too long": "the function did not come to an end",
} | {
    name: "Python raised this error"
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}


@dataclass(frozen=True)
class Task:
    """An exercise: its lesson, and mistake -> the sentence that the course answers with."""

    lesson: str
    mistakes: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """A question: its lesson, its words, its options, and which is right if one is."""

    lesson: str
    prompt: str
    options: tuple[str, ...]
    right: int | None = None


@dataclass(frozen=True)
class Course:
    """What can be counted, in the order of the lessons.

    Args:
        tasks: exercise -> what is known of it.
        quizzes: key in a progress file -> question.
        predictions: key in a progress file -> question; none of its answers is judged.
        bugs: planted bug -> the part of the loop it breaks; the healthy loop is one too.
        lessons: number -> title.
    """

    tasks: Mapping[str, Task]
    quizzes: Mapping[str, Asked]
    predictions: Mapping[str, Asked]
    bugs: Mapping[str, str]
    lessons: Mapping[str, str]


def _now(name: str, rows: Mapping[str, Any]) -> str:
    """Return what is called so today: rows of a lesson's file may say what they were called."""
    return next((now for now, row in rows.items() if name in former(row)), name)


def current_exercises(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the exercises of a progress file in today's names; entries that meet add up."""
    exercises = {name: row for lesson in LESSONS.values() for name, row in lesson.exercises.items()}
    found: dict[str, dict[str, Any]] = {}
    for before, entry in entries.items():
        name = _now(before, exercises)
        fresh = {"status": "", "attempts": 0, "hints": 0, "mistakes": Counter()}
        kept = found.setdefault(name, fresh)
        kept["status"] = max(entry["status"], kept["status"], key="passes".__eq__)
        kept["attempts"] += entry["attempts"]
        kept["hints"] += entry["hints"]
        rows = exercises.get(name, {}).get("mistakes", {})
        for mistake, times in entry["mistakes"].items():
            kept["mistakes"][_now(mistake, rows)] += times
    return found


def current_diagnoses(diagnoses: Mapping[str, Mapping[str, int]]) -> dict[str, Counter[str]]:
    """Return the clinic's part of a progress file, bug -> taken for -> times, in today's names."""
    renamed = defaultdict[str, Counter[str]](Counter)
    for truth, said in diagnoses.items():
        counts = renamed[current_name(truth)]
        for name, times in said.items():
            counts[current_name(name)] += times
    return renamed


def course() -> Course:
    """Return the names of this version of the course."""
    tasks, quizzes, predictions = {}, {}, {}
    for lesson in LESSONS.values():
        number = str(lesson.number)
        for name in lesson.exercises:
            tasks[name] = Task(number, lesson.mistakes(name))
        for i, question in enumerate(lesson.quiz, 1):
            asked = Asked(number, question.prompt, question.answers, question.right_answer)
            quizzes[f"{lesson.key}-{i}"] = asked
        for question in lesson.predictions:
            predictions[question.key] = Asked(number, question.prompt, question.answers)
    bugs = {HEALTHY: HEALTHY} | {bug.name: bug.part for bug in BUGS.values()}
    titles = {str(lesson.number): lesson.title for lesson in LESSONS.values()}
    return Course(tasks, quizzes, predictions, bugs, titles)
