"""Random programs against the exercises: a wrong one passes nowhere.

Each right answer is changed in one place, in all ways of `tests.classroom.mutants`, and in some
pairs of places. A changed one may pass the check only if it gives the same answers on random valid
input.

``python -m tests.classroom.test_mutants`` prints a table, ``... unnamed iqm`` the wrong mutants of
one exercise whose mistake has no name yet.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dqn_classroom.exercises import check, clues
from dqn_classroom.exercises.time_limit import Limit, TooLong
from tests.classroom import mutants, test_lessons
from tests.classroom.test_lessons import EXERCISES, OF_NUMBERS
from tests.classroom.valid_inputs import GENERATORS

TASKS = OF_NUMBERS
EACH = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
# Each of these mutants makes gradient steps, and all take minutes: the table has them.
SLOW = {"learn_step", "dqn_update"}
SECONDS = 0.2
INPUTS = 300
PAIRS = 30

# (exercise, change) -> why a mutant that is wrong on some valid input may pass. None does.
JUSTIFIED: dict[tuple[str, str], str] = {}

Source = tuple[str, dict[str, Any]]


@dataclass
class Report:
    """What became of the mutants of one exercise."""

    made: int = 0
    killed: int = 0
    named: int = 0
    unnamed: list[tuple[str, str]] = field(default_factory=list)
    equivalent: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)


def solution(task: check.Exercise) -> Source:
    return task.solution, inspect.unwrap(task.reference).__globals__


def students_ways(task: check.Exercise) -> Iterator[Source]:
    """The right answers of test_exercises_lessons, as functions of their own."""
    tree = ast.parse(Path(test_lessons.__file__).read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    table = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RIGHT"
    )
    assert isinstance(table, ast.Dict)
    for key, ways in zip(table.keys, table.values, strict=True):
        if ast.literal_eval(key) != task.name:  # type: ignore[arg-type]
            continue
        for way in ways.elts:  # type: ignore[attr-defined]
            if isinstance(way, ast.Lambda):
                body = f"def {task.name}({ast.unparse(way.args)}):\n    return "
                yield body + ast.unparse(way.body), vars(test_lessons)
            elif isinstance(way, ast.Name):
                yield ast.unparse(functions[way.id]), vars(test_lessons)


@functools.cache
def _cases(name: str) -> list[tuple[tuple[Any, ...], Any]]:
    """Random valid input of an exercise, each with the reference's answer."""
    task, rng = EXERCISES[name], np.random.default_rng(1)
    inputs = [GENERATORS[name](rng) for _ in range(INPUTS)]
    return [(given, check.array(check.call(task, task.reference, given))) for given in inputs]


def same_on_valid_input(task: check.Exercise, function: check.Function) -> bool:
    def same(given: tuple[Any, ...], wanted: Any) -> bool:
        answer = check.array(check.call(task, function, given))
        # Looser than the check: a right formula may round otherwise, in single precision by much.
        return answer.shape == wanted.shape and np.allclose(answer, wanted, 1e-3, 1e-5)

    try:
        return Limit(10).call(lambda: all(same(*case) for case in _cases(task.name)))
    except (Exception, TooLong):
        return False


def hunt(task: check.Exercise, sources: list[Source], pairs: int = 0) -> Report:
    """Check the mutants of some right answers, and look at each that passes."""
    report, rng = Report(), np.random.default_rng(0)
    for source, namespace in sources:
        single = mutants.single(source)
        for mutant in [*single, *_in_two_places(single, pairs, rng)]:
            function = mutants.compiled(mutant.source, namespace)
            if function is not None:
                _look_at(report, task, mutant, function)
    return report


def _in_two_places(
    single: list[mutants.Mutant], pairs: int, rng: np.random.Generator
) -> Iterator[mutants.Mutant]:
    """Some mutants of mutants: ten of each that is drawn, as all of one cost as much."""
    for pick in rng.integers(len(single), size=pairs // 10):
        further = mutants.single(single[pick].source)
        for then in rng.permutation(len(further))[:10]:
            change = f"{single[pick].change};  then  {further[then].change}"
            yield mutants.Mutant(further[then].source, change)


def _look_at(report: Report, task: Any, mutant: mutants.Mutant, function: Any) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        outcome = check.check(task, function, SECONDS)
        report.made += 1
        if outcome.status != "passes":
            report.killed += 1
            if outcome.mistake in {known.name for known in task.mistakes}:
                report.named += 1
            else:
                report.unnamed.append((outcome.mistake, mutant.change))
        elif same_on_valid_input(task, function):
            report.equivalent.append(mutant.change)
        elif (task.name, mutant.change) not in JUSTIFIED:
            report.differing.append(f"{mutant.change}\n{mutant.source}")


@EACH
def test_a_mutant_that_passes_is_right(task):
    report = hunt(task, [solution(task)], PAIRS)
    assert report.made >= 10
    assert not report.differing, "\n\n".join(report.differing)


@pytest.mark.parametrize(
    "task", [task for task in TASKS if task.name not in SLOW], ids=lambda task: task.name
)
def test_a_mutant_of_what_students_write_passes_only_if_it_is_right(task, monkeypatch):
    # What a wrong one is called is looked for above, and costs most of the time.
    for search in ("in_code", "in_numbers", "in_part"):
        monkeypatch.setattr(clues, search, lambda *_: ("", ""))
    report = hunt(replace(task, mistakes=()), list(students_ways(task)))
    assert report.made >= 10
    assert not report.differing, "\n\n".join(report.differing)


@EACH
def test_what_students_write_is_right_on_random_input(task):
    for source, namespace in students_ways(task):
        assert same_on_valid_input(task, mutants.compiled(source, namespace)), source


def test_every_exercise_has_its_random_input():
    assert set(GENERATORS) == {task.name for task in TASKS}


def test_a_planted_hole_is_found():
    task = EXERCISES["train_critic"]
    no_sync = [given for given in task.probes.inputs if given[3] > given[2]]
    one_probe = replace(task, probes=replace(task.probes, inputs=no_sync))
    assert "step % target_period" in "".join(hunt(one_probe, [solution(task)]).differing)
    assert not hunt(task, [solution(task)]).differing


def _row(name: str, *numbers: object) -> str:
    return f"{name:<20}" + "".join(f"{number!s:>12}" for number in numbers)


def table() -> None:
    """Print what became of the mutants of every exercise."""
    print(_row("exercise", "mutants", "killed", "named", "equivalent", "differing"))
    for task in TASKS:
        report = hunt(task, [solution(task), *students_ways(task)], 100)
        counts = (len(report.equivalent), len(report.differing))
        print(_row(task.name, report.made, report.killed, report.named, *counts))


def unnamed(name: str) -> None:
    """Print the single mutants of one exercise that are wrong in a way without a name."""
    task = EXERCISES[name]
    for mistake, change in hunt(task, [solution(task)]).unnamed:
        print(f"{mistake:<20} {change}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    unnamed(sys.argv[2]) if sys.argv[1:2] == ["unnamed"] else table()
