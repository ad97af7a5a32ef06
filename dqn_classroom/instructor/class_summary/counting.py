"""Counts of a class, as one flat table. A progress file is a student; no more of it is kept."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from dqn_classroom.instructor.class_summary.catalogue import (
    GENERAL,
    Asked,
    Course,
    Task,
    current_diagnoses,
    current_exercises,
)
from dqn_classroom.lessons import LESSONS
from dqn_lessons.experiments.files import atomic_write

Key = tuple[str, str, str, str]
FILES: Key = ("class", "", "", "progress files")
UNKNOWN: Key = ("class", "", "", "entries with unknown names")
LECTURES: Key = ("class", "", "", "files of lectures")
_CLINIC = str(LESSONS["bug_clinic"].number)


class Row(NamedTuple):
    """One number: what it counts, and of how many it is a part (empty for what has no whole)."""

    part: str
    lesson: str
    item: str
    detail: str
    measure: str
    value: float | str
    of: int | str = ""

    @property
    def fraction(self) -> float:
        """The value as a part of its whole, which must not be empty."""
        return float(self.value) / float(self.of)


Table = dict[Key, Row]


def _exercise_facts(entries: dict[str, Any], course: Course) -> Iterator[tuple[Key, int]]:
    general: Counter[str] = Counter()
    for name, entry in entries.items():
        if name not in course.tasks:
            yield UNKNOWN, 1
            continue
        made = {mistake: times for mistake, times in entry["mistakes"].items() if times}
        passed = entry["status"] == "passes"
        yield ("exercise", name, "", "took a hint"), entry["hints"] > 0
        # Files edited by hand may pass in no attempt; no part must exceed its whole.
        if entry["attempts"] or passed or made:
            yield ("exercise", name, "", "tried"), 1
            yield ("exercise", name, "", "passed"), passed
            yield ("exercise", name, "", "not passed yet"), not passed
            yield ("attempts", name, str(entry["attempts"]), "students"), 1
        for mistake, times in made.items():
            if mistake in course.tasks[name].mistakes:
                yield ("misconception", name, mistake, "students"), 1
                yield ("misconception", name, mistake, "times"), times
                yield ("misconception", name, mistake, "not passed yet"), not passed
            elif mistake in GENERAL:
                general[mistake] += times
            else:
                yield UNKNOWN, 1
    for mistake, times in general.items():
        yield ("other mistake", "", mistake, "students"), 1
        yield ("other mistake", "", mistake, "times"), times


def _clinic_facts(diagnoses: dict[str, Any], course: Course) -> Iterator[tuple[Key, int]]:
    parts = set()
    for bug, said in diagnoses.items():
        if bug not in course.bugs:
            yield UNKNOWN, 1
            continue
        yield UNKNOWN, sum(name not in course.bugs for name in said)
        known = {name: times for name, times in said.items() if name in course.bugs and times}
        yield ("clinic", bug, "", "met"), bool(known)
        for name, times in known.items():
            yield ("clinic", bug, name, "students"), 1
            yield ("clinic", bug, name, "times"), times
            parts.add((course.bugs[bug], course.bugs[name]))
    for planted, named in parts:
        yield ("clinic part", planted, named, "students"), 1
    for planted in {planted for planted, _ in parts}:
        yield ("clinic part", planted, "", "met"), 1


def _began(record: dict[str, Any], course: Course) -> set[str]:
    """Return the lessons in which a student tried, answered or diagnosed something."""
    tried = [name for name, e in record["exercises"].items() if e["attempts"] or e["hints"]]
    known: dict[str, Task | Asked] = {**course.tasks, **course.quizzes, **course.predictions}
    names = [*tried, *record["quizzes"], *record["predictions"]]
    began = {known[name].lesson for name in names if name in known}
    return began | ({_CLINIC} if any(record.get("clinic", {}).values()) else set())


def _votes(votes: dict[str, dict[str, int]], course: Course) -> Iterator[tuple[Key, int]]:
    asked = {**course.predictions, **course.quizzes}
    for key, hands in votes.items():
        options = asked[key].options if key in asked else ()
        numbers = {str(i): option for i, option in enumerate(options)}
        for number, raised in hands.items():
            known = number in numbers
            yield (("vote", key, numbers[number], "hands"), raised) if known else (UNKNOWN, 1)


def _facts(record: dict[str, Any], course: Course) -> Iterator[tuple[Key, int]]:
    """Yield what one student, or the votes of a room, adds to the counts."""
    if record.get("votes"):  # what was clicked in a lecture is the room's majority, no student's
        yield LECTURES, 1
        yield from _votes(record["votes"], course)
        return
    yield FILES, 1
    record = record | {"exercises": current_exercises(record["exercises"])}
    yield from _exercise_facts(record["exercises"], course)
    for part, kept in (("quiz", "quizzes"), ("prediction", "predictions")):
        asked = getattr(course, kept)
        for measure, votes in (("chose", kept), ("chose first", f"first_{kept}")):
            for key, option in record.get(votes, {}).items():
                if key in asked and 0 <= option < len(asked[key].options):
                    yield (part, key, asked[key].options[option], measure), 1
                else:
                    yield UNKNOWN, measure == "chose"
    began = _began(record, course)
    reached = [title for number, title in course.lessons.items() if number in began]
    yield from ((("lesson", title, "", "began"), 1) for title in reached)
    yield from ((("lesson", title, "", "furthest"), 1) for title in reached[-1:])
    yield from _clinic_facts(current_diagnoses(record.get("clinic", {})), course)


def _middle(numbers: list[int]) -> float | str:
    middle = median(numbers or [0])
    return "" if not numbers else int(middle) if middle == int(middle) else middle


def _rows(total: Counter[Key], course: Course) -> Iterator[Row]:
    def rows(part: str, lesson: str, item: str, detail: str, **wholes: int | str) -> Iterator[Row]:
        for measure, of in ((name.replace("_", " "), of) for name, of in wholes.items()):
            number = total[part, item, detail, measure]
            yield Row(part, lesson, item, detail, measure, number, of)

    def ranked(part: str, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        # One student who repeats a mistake a thousand times is one; equal ones keep their order.
        sizes = {p: (total[part, *p, "students"], total[part, *p, "times"]) for p in pairs}
        return sorted((p for p in sizes if sizes[p][0]), key=sizes.__getitem__, reverse=True)

    students, attempts = total[FILES], defaultdict[str, list[int]](list)
    for (part, name, detail, _), number in total.items():
        if part == "attempts":
            attempts[name] += number * [int(detail)]
    yield Row("class", "", "", "", FILES[-1], students)
    yield Row("class", "", "", "", LECTURES[-1], total[LECTURES])
    yield Row("class", "", "", "", UNKNOWN[-1], total[UNKNOWN])
    for lesson, title in course.lessons.items():
        yield from rows("lesson", lesson, title, "", began=students, furthest=students)
    tried = {name: total["exercise", name, "", "tried"] for name in course.tasks}
    for name, task in course.tasks.items():
        start = ("exercise", task.lesson, name, "")
        yield from rows(*start, tried=students, passed=tried[name], not_passed_yet=tried[name])
        yield from rows(*start, took_a_hint=students)
        yield Row(*start, "median attempts", _middle(attempts[name]), tried[name])
    pairs = [(name, mistake) for name, task in course.tasks.items() for mistake in task.mistakes]
    for name, mistake in ranked("misconception", pairs):
        start = ("misconception", course.tasks[name].lesson, name, mistake)
        met = total["misconception", name, mistake, "students"]
        yield from rows(*start, students=tried[name], times="", not_passed_yet=met)
    for _, mistake in ranked("other mistake", [("", mistake) for mistake in sorted(GENERAL)]):
        yield from rows("other mistake", "", "", mistake, students=students, times="")
    for part, asked in (("quiz", course.quizzes), ("prediction", course.predictions)):
        for key, question in asked.items():
            last, first = (
                [total[part, key, option, measure] for option in question.options]
                for measure in ("chose", "chose first")
            )
            for option in question.options:
                wholes = {"chose": sum(last), "chose first": sum(first)}
                yield from rows(part, question.lesson, key, option, **wholes)
            if question.right is not None:
                for measure, votes in (("right", last), ("right at first", first)):
                    right = votes[question.right]
                    yield Row(part, question.lesson, key, "", measure, right, sum(votes))
            raised = sum(total["vote", key, option, "hands"] for option in question.options)
            for option in question.options if raised else ():
                yield from rows("vote", question.lesson, key, option, hands=raised)
    whole = {bug: total["clinic", bug, "", "met"] for bug in course.bugs}
    wrong = [(bug, said) for bug in whole for said in whole if said != bug]
    for bug, said in [*((bug, bug) for bug in whole if whole[bug]), *ranked("clinic", wrong)]:
        yield from rows("clinic", _CLINIC, bug, said, students=whole[bug], times="")
    parts = list(dict.fromkeys(course.bugs.values()))
    for planted in parts:
        if of := total["clinic part", planted, "", "met"]:
            for named in parts:
                yield from rows("clinic part", _CLINIC, planted, named, students=of)


def count(records: Iterable[dict[str, Any]], course: Course) -> Table:
    """Count what the students of a class did.

    Args:
        records: progress records that `dqn_classroom.progress.fault` finds nothing wrong with.
        course: the names that are counted.

    Returns:
        (part, item, detail, measure) -> row, in the order of the lessons; it does not depend on
        the order of the records.
    """
    total: Counter[Key] = Counter()
    for record in records:
        for key, number in _facts(record, course):
            total[key] += number
    return {(row.part, row.item, row.detail, row.measure): row for row in _rows(total, course)}


def write_csv(path: Path, table: Table) -> None:
    """Write the rows, with the mark that tells spreadsheet programs the encoding."""
    with atomic_write(path) as file:
        file.write("\ufeff")
        csv.writer(file).writerows([Row._fields, *table.values()])
