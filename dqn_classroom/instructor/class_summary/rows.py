"""The counts as one tidy table: a row is one number and says of how many it is."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from dqn_classroom.instructor.class_summary.catalogue import Asked, Course
from dqn_classroom.instructor.class_summary.counting import (
    Counts,
    Tally,
    ranked_confusions,
    ranked_mistakes,
)

HEAD = ("part", "lesson", "item", "detail", "measure", "value", "of")
_CLINIC = "6"
Row = tuple[str, str, str, str, str, float | str, int | str]


def _task_rows(counts: Counts, course: Course) -> Iterator[Row]:
    for name, task in counts.tasks.items():
        start = ("exercise", course.tasks[name].lesson, name, "")
        yield (*start, "tried", task.tried, counts.students)
        yield (*start, "passed", task.passed, task.tried)
        yield (*start, "took a hint", task.hinted, counts.students)
        middle = task.median_attempts
        yield (*start, "median attempts", "" if middle is None else middle, task.tried)


def _tally_rows(start: tuple[str, str, str, str], tally: Tally, of: int) -> Iterator[Row]:
    yield (*start, "students", tally.students, of)
    yield (*start, "times", tally.times, "")


def _mistake_rows(counts: Counts, course: Course) -> Iterator[Row]:
    for met in ranked_mistakes(counts, course):
        start = ("misconception", met.lesson, met.task, met.name)
        yield from _tally_rows(start, met.tally, met.tried)
        yield (*start, "not passed yet", met.tally.not_passed, met.tally.students)
    for name, tally in sorted(counts.general.items()):
        yield from _tally_rows(("other mistake", "", "", name), tally, counts.students)


def _answer_rows(
    part: str, answers: Mapping[str, Counter[int]], asked: Mapping[str, Asked]
) -> Iterator[Row]:
    for key, chosen in answers.items():
        question = asked[key]
        start = (part, question.lesson, key)
        for i, option in enumerate(question.options):
            yield (*start, option, "chose", chosen[i], chosen.total())
        if question.right is not None:
            yield (*start, "", "right", chosen[question.right], chosen.total())


def _clinic_rows(counts: Counts, course: Course) -> Iterator[Row]:
    for bug in course.bugs:
        if counts.met[bug]:
            right = counts.taken_for.get((bug, bug), Tally())
            start = ("clinic", _CLINIC, bug, bug)
            yield from _tally_rows(start, right, counts.met[bug])
    for bug, said, tally in ranked_confusions(counts, course):
        yield from _tally_rows(("clinic", _CLINIC, bug, said), tally, counts.met[bug])


def rows(counts: Counts, course: Course) -> Iterator[Row]:
    """Yield one row per number, in the columns of `HEAD`; ``of`` is empty for what has no whole.

    Args:
        counts: the counts of a class.
        course: the names that were counted.
    """
    yield ("class", "", "", "", "progress files", counts.students, "")
    yield ("class", "", "", "", "entries with unknown names", counts.unknown, "")
    yield from _task_rows(counts, course)
    yield from _mistake_rows(counts, course)
    yield from _answer_rows("quiz", counts.quizzes, course.quizzes)
    yield from _answer_rows("prediction", counts.predictions, course.predictions)
    yield from _clinic_rows(counts, course)


def write_csv(path: Path, counts: Counts, course: Course) -> None:
    """Write the rows, with the mark that tells spreadsheet programs the encoding."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows(counts, course))
