"""Every wrong answer to every exercise is named, and the notebook runs on."""

import pytest

from dqn_classroom.exercises import check
from dqn_classroom.exercises.stages import Stage
from tests.notebooks import tools

EACH = pytest.mark.parametrize("path", tools.PATHS, ids=lambda path: path.stem)


def asked(name):
    """The mistakes to make; three of a stage, which take seconds: `test_lessons` has all."""
    task = check.find(name)
    return task.mistakes[:3] if isinstance(task, Stage) else task.mistakes


def wrong_answers(names, number):
    """Exercise -> its wrong answer of this number as an expression, and the hints to expect."""
    known = {name: asked(name)[number] for name in names if number < len(asked(name))}
    module = '__import__("dqn_classroom.exercises.check", fromlist=["find"])'
    wrong = {name: f'{module}.find("{name}").mistakes[{number}].wrong' for name in known}
    return wrong, [mistake.hint for mistake in known.values()]


def assert_named(executed, expected):
    text = tools.plain_text(executed)
    assert [hint for hint in expected if hint not in text] == []
    assert text.count("Until it passes, the course's own version is used below.") == len(expected)


def test_a_notebook_answered_wrongly_runs_on(tmp_path):
    notebook = tools.load(tools.NOTEBOOKS / "01_target_lag.ipynb")
    wrong, expected = wrong_answers(tools.exercise_functions(notebook), 0)
    executed = tools.execute(tools.spoiled(notebook, wrong), tmp_path / "progress.json")
    assert_named(executed, expected)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """All exercises with each of their wrong answers, in one kernel; and the hints to expect."""
    # A wrong answer is replaced by the course's own function, as a missing one is: how the rest of
    # the notebook runs is seen above for one, and by nbval for all.
    whole, hints = tools.load(tools.PATHS[0]), {path: [] for path in tools.PATHS}
    whole.cells = []
    for path in tools.PATHS:
        short = tools.exercises_only(tools.load(path))
        names = tools.exercise_functions(short)
        cells = short.cells[:1]
        for number in range(max(len(asked(name)) for name in names)):
            wrong, expected = wrong_answers(names, number)
            spoiled = tools.spoiled(short, wrong).cells[1:]
            cells += [cell for cell in spoiled if ".mistakes[" in cell.source]
            hints[path] += expected
        for number, cell in enumerate(cells):
            cell.id, cell.metadata["of"] = f"{path.stem}-{number}", path.stem
        whole.cells += cells
    return tools.execute(whole, tmp_path_factory.mktemp("wrong") / "progress.json"), hints


@EACH
def test_every_wrong_answer_is_named(path, answered):
    executed, hints = answered
    cells = [cell for cell in executed.cells if cell.metadata["of"] == path.stem]
    assert_named(tools.NotebookNode(cells=cells), hints[path])
