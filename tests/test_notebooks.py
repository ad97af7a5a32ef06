"""The notebooks as files, and the notebooks solved and answered wrongly.

That each runs unsolved, with equal text, is nbval's part (`--nbval notebooks`).
"""

import re

import pytest

from dqn_lessons.exercises.engine import EXERCISES
from tests import notebook_tools as tools

ALL = pytest.mark.parametrize("path", tools.PATHS, ids=lambda path: path.stem)
LESSONS = pytest.mark.parametrize("path", tools.PATHS[1:], ids=lambda path: path.stem)
BADGE = re.compile(r"`[★☆]{3} · \d+ min`")


def prose_words(notebook):
    """Count words a reader reads: no formulas, no inline code, no table rules."""
    text = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$|`[^`]*`", " ", text, flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’-]*", text))


@ALL
def test_the_committed_notebook_is_clean(path):
    notebook = tools.load(path)
    assert notebook == tools.clean(notebook), "run `make notebooks`"
    assert path.stat().st_size < 500_000


@ALL
def test_cell_ids_are_words_and_distinct(path):
    ids = [cell.id for cell in tools.load(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in ids)


@ALL
def test_no_path_or_address_of_a_machine(path):
    text = path.read_text()
    assert not re.search(r"/(home|root|work|Users|tmp)/", text)
    assert not re.search(r"https?://", text), "a notebook works offline"


@LESSONS
def test_a_lesson_has_the_parts_of_a_lesson(path):
    notebook = tools.load(path)
    ids = {cell.id for cell in notebook.cells}
    assert {"title", "claims", "quiz", "next"} <= ids
    assert 30 <= len(notebook.cells) <= 50
    assert prose_words(notebook) <= 1_200
    sources = "\n".join(cell.source for cell in notebook.cells)
    assert sources.count("predict(") >= 1
    assert sources.count("predict(") == sources.count("recall(")
    exercises = tools.exercise_functions(notebook)
    assert 3 <= len(exercises) <= 5
    badges = BADGE.findall(sources)
    assert len(badges) == len(exercises)


@ALL
def test_every_exercise_starts_unsolved(path):
    for name, (_, node) in tools.exercise_functions(tools.load(path)).items():
        assert name in EXERCISES
        assert "..." in {
            getattr(n, "value", None) is ... and "..."
            for n in node.body[-1:]
            for n in [getattr(n, "value", None)]
            if n is not None
        }


@ALL
def test_solved_notebook_runs_and_every_exercise_passes(path, tmp_path):
    notebook = tools.load(path)
    names = set(tools.exercise_functions(notebook))
    references = {name: EXERCISES[name].reference for name in names}
    executed = tools.execute(tools.solved(notebook, references), tmp_path / "progress.json")
    passed = {cell.id for cell, mime, text in tools.outputs(executed) if "passes" in text}
    assert len(passed) >= len(names)


def wrong_rounds():
    """Yield (path, round): in round i every exercise gets its i-th wrong answer."""
    for path in tools.PATHS:
        names = tools.exercise_functions(tools.load(path))
        most = max((len(EXERCISES[name].misconceptions) for name in names), default=0)
        for number in range(most):
            yield pytest.param(path, number, id=f"{path.stem}-{number}")
