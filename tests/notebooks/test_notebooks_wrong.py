"""Every wrong answer to every exercise is named, and the notebook runs on."""

import pytest

from dqn_classroom.exercises import check
from tests.notebooks import tools

EACH = pytest.mark.parametrize("path", tools.PATHS, ids=lambda path: path.stem)


def wrong_answers(names, number):
    """Exercise -> its wrong answer of this number as an expression, and the hints to expect."""
    tasks = [check.find(name) for name in names]
    known = {task.name: task.mistakes[number] for task in tasks if number < len(task.mistakes)}
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


@EACH
def test_every_wrong_answer_is_named(path, tmp_path):
    # A wrong answer is replaced by the course's own function, as a missing one is: how the rest of
    # the notebook runs is seen above for one, and by nbval for all.
    short = tools.exercises_only(tools.load(path))
    names = tools.exercise_functions(short)
    cells, hints = short.cells[:1], []
    for number in range(max(len(check.find(name).mistakes) for name in names)):
        wrong, expected = wrong_answers(names, number)
        for cell in tools.spoiled(short, wrong).cells[1:]:
            if ".mistakes[" in cell.source:
                cell.id = f"wrong-{len(cells)}"
                cells.append(cell)
        hints += expected
    short.cells = cells
    assert_named(tools.execute(short, tmp_path / "progress.json"), hints)
