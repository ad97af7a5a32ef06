"""Everything the course has a name for; only these names are ever shown."""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dqn_classroom.clinic import BUGS, HEALTHY, current_name
from dqn_classroom.lessons import LESSONS

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"

# What a check says of any exercise, beside the misconceptions of its lesson.
GENERAL = {
    "no function": "something other than a function was decorated",
    "signature": "the first line was changed",
    "none": "nothing was returned",
    "type": "something other than numbers was returned",
    "shape": "the result had another shape",
    "dtype": "the result had another dtype",
    "no tensor": "the result was no tensor",
    "no gradient": "the result had lost its gradient",
    "too long": "the function did not come to an end",
} | {
    name: "Python raised this error"
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}


@dataclass(frozen=True)
class Task:
    """An exercise: its lesson, and misconception -> the sentence that the course answers with."""

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
        predictions: key in a progress file -> question; empty without the notebooks.
        bugs: planted bug -> the part of the loop it breaks; the healthy loop is one too.
    """

    tasks: Mapping[str, Task]
    quizzes: Mapping[str, Asked]
    predictions: Mapping[str, Asked]
    bugs: Mapping[str, str]


def _predict_calls(source: str) -> Iterator[tuple[str, str, list[str]]]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic command
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "predict":
            key, prompt, options = map(ast.literal_eval, node.args)
            yield key, prompt, options


def predictions_in(folder: Path) -> dict[str, Asked]:
    """Return the predictions that the notebooks of a folder ask for; none where there are none.

    The notebooks are read, not run. Their words stand nowhere else.
    """
    asked = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
            calls = [call for source in sources for call in _predict_calls(source)]
        except (OSError, ValueError, KeyError, TypeError):  # a notebook that is being changed
            continue
        for key, prompt, options in calls:
            asked[key] = Asked(str(int(path.name[:2])), prompt, tuple(options))
    return asked


def current_diagnoses(diagnoses: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return the clinic's part of a progress file, bug -> taken for -> times, in today's names."""
    renamed: dict[str, dict[str, int]] = {}
    for truth, said in diagnoses.items():
        counts = renamed.setdefault(current_name(truth), {})
        for name, times in said.items():
            counts[current_name(name)] = counts.get(current_name(name), 0) + times
    return renamed


def course(notebooks: Path = NOTEBOOKS) -> Course:
    """Return the names of this version of the course.

    Args:
        notebooks: where the predictions are asked.
    """
    tasks, quizzes = {}, {}
    for number, lesson in LESSONS.items():
        for task in lesson.EXERCISES:
            tasks[task.name] = Task(number, {m.name: m.hint for m in task.misconceptions})
        for i, question in enumerate(lesson.QUIZ, 1):
            options = tuple(question.options)
            right = options.index(question.right)
            quizzes[f"lesson {number}-{i}"] = Asked(number, question.prompt, options, right)
    bugs = {HEALTHY: HEALTHY} | {bug.name: bug.part for bug in BUGS.values()}
    return Course(tasks, quizzes, predictions_in(notebooks), bugs)
