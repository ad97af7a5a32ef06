"""Counts of a class. One progress file stands for one student; nothing else of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from dqn_classroom.instructor.class_summary.catalogue import (
    GENERAL,
    Asked,
    Course,
    current_diagnoses,
)


@dataclass
class Tally:
    """How many students did something, how often in all, and how many have not passed yet."""

    students: int = 0
    times: int = 0
    not_passed: int = 0

    def add(self, times: int, not_passed: bool = False) -> None:
        """Count one student."""
        self.students += 1
        self.times += times
        self.not_passed += not_passed


@dataclass
class TaskCount:
    """What became of one exercise.

    Args:
        tried: students who ran it filled in.
        passed: students who passed it.
        hinted: students who took a hint.
        attempts: number of attempts -> students who tried so often; only the median is shown.
        mistakes: misconception -> tally.
    """

    tried: int = 0
    passed: int = 0
    hinted: int = 0
    attempts: Counter[int] = field(default_factory=Counter)
    mistakes: dict[str, Tally] = field(default_factory=dict)

    @property
    def median_attempts(self) -> float | None:
        """The median over those who tried, None where nobody did."""
        if not self.attempts:
            return None
        middle = median(self.attempts.elements())
        return int(middle) if middle == int(middle) else middle


@dataclass
class Counts:
    """All counts of a class.

    Args:
        students: number of progress files.
        tasks: exercise -> count, in the order of the lessons.
        general: mistake that belongs to no lesson -> tally over all exercises.
        quizzes: question -> option -> students.
        predictions: question -> option -> students.
        met: planted bug -> students who gave it a diagnosis.
        taken_for: (planted bug, diagnosis) -> tally.
        parts: (part of the planted bug, part of the diagnosis) -> students.
        unknown: entries with names that this version of the course does not have.
    """

    students: int = 0
    tasks: dict[str, TaskCount] = field(default_factory=dict)
    general: dict[str, Tally] = field(default_factory=dict)
    quizzes: dict[str, Counter[int]] = field(default_factory=dict)
    predictions: dict[str, Counter[int]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    taken_for: dict[tuple[str, str], Tally] = field(default_factory=dict)
    parts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: int = 0


def _add_exercises(counts: Counts, entries: dict[str, Any], course: Course) -> None:
    general: Counter[str] = Counter()
    for name, entry in entries.items():
        if name not in course.tasks:
            counts.unknown += 1
            continue
        task = counts.tasks[name]
        made = {mistake: times for mistake, times in entry["mistakes"].items() if times}
        passed = entry["status"] == "passes"
        task.hinted += entry["hints"] > 0
        # Files edited by hand may pass in no attempt; no part must exceed its whole.
        if entry["attempts"] or passed or made:
            task.tried += 1
            task.passed += passed
            task.attempts[entry["attempts"]] += 1
        for mistake, times in made.items():
            if mistake in course.tasks[name].mistakes:
                task.mistakes.setdefault(mistake, Tally()).add(times, not passed)
            elif mistake in GENERAL:
                general[mistake] += times
            else:
                counts.unknown += 1
    for mistake, times in general.items():
        counts.general.setdefault(mistake, Tally()).add(times)


def _add_answers(
    into: dict[str, Counter[int]], answers: dict[str, int], asked: Mapping[str, Asked]
) -> int:
    """Count known answers and return how many are not known."""
    unknown = 0
    for key, option in answers.items():
        if key in asked and 0 <= option < len(asked[key].options):
            into[key][option] += 1
        else:
            unknown += 1
    return unknown


def _add_clinic(counts: Counts, diagnoses: dict[str, Any], course: Course) -> None:
    parts = set()
    for truth, said in diagnoses.items():
        known = {name: times for name, times in said.items() if name in course.bugs and times}
        if truth not in course.bugs:
            counts.unknown += 1
            continue
        counts.unknown += sum(name not in course.bugs for name in said)
        if known:
            counts.met[truth] += 1
        for name, times in known.items():
            counts.taken_for.setdefault((truth, name), Tally()).add(times)
            parts.add((course.bugs[truth], course.bugs[name]))
    counts.parts.update(parts)


def count(records: Iterable[dict[str, Any]], course: Course) -> Counts:
    """Count what the students of a class did.

    Args:
        records: progress records that `dqn_classroom.progress.fault` finds nothing wrong with.
        course: the names that are counted.

    Returns:
        Counts that do not depend on the order of the records.
    """
    counts = Counts(
        tasks={name: TaskCount() for name in course.tasks},
        quizzes={key: Counter() for key in course.quizzes},
        predictions={key: Counter() for key in course.predictions},
    )
    for record in records:
        counts.students += 1
        _add_exercises(counts, record["exercises"], course)
        counts.unknown += _add_answers(counts.quizzes, record["quizzes"], course.quizzes)
        counts.unknown += _add_answers(
            counts.predictions, record["predictions"], course.predictions
        )
        _add_clinic(counts, current_diagnoses(record.get("clinic", {})), course)
    return counts


@dataclass(frozen=True)
class Mistake:
    """One misconception of one exercise, with how many students met it."""

    lesson: str
    task: str
    name: str
    said: str
    tally: Tally
    tried: int


def ranked_mistakes(counts: Counts, course: Course) -> list[Mistake]:
    """Return the misconceptions that were met, the most common first.

    Students count before times: one student who repeats a mistake a thousand times is one.
    Equal ones keep the order of the lessons.
    """
    found = [
        Mistake(task.lesson, name, mistake, said, tally, counts.tasks[name].tried)
        for name, task in course.tasks.items()
        for mistake, said in task.mistakes.items()
        if (tally := counts.tasks[name].mistakes.get(mistake))
    ]
    return sorted(found, key=lambda m: (-m.tally.students, -m.tally.times))


def ranked_confusions(counts: Counts, course: Course) -> list[tuple[str, str, Tally]]:
    """Return (planted bug, wrong diagnosis, tally), the most common first."""
    place = {name: i for i, name in enumerate(course.bugs)}
    found = [(*pair, tally) for pair, tally in counts.taken_for.items() if pair[0] != pair[1]]
    return sorted(
        found, key=lambda row: (-row[2].students, -row[2].times, place[row[0]], place[row[1]])
    )
