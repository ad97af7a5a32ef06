"""Every wrong answer to every exercise is named, and the notebook runs on."""

import pytest

from dqn_lessons.exercises.engine import EXERCISES
from tests import notebook_tools as tools


def wrong_rounds():
    """Yield (path, round): in round i every exercise of the notebook gets its i-th wrong answer."""
    for path in tools.PATHS:
        names = tools.exercise_functions(tools.load(path))
        most = max((len(EXERCISES[name].misconceptions) for name in names), default=0)
        for number in range(most):
            yield pytest.param(path, number, id=f"{path.stem}-{number}")


@pytest.mark.parametrize(("path", "number"), list(wrong_rounds()))
def test_wrong_answers_are_named_and_the_notebook_runs_on(path, number, tmp_path):
    notebook = tools.load(path)
    wrong, expected = {}, []
    for name in tools.exercise_functions(notebook):
        known = EXERCISES[name].misconceptions
        if number < len(known):
            engine = '__import__("dqn_lessons.exercises.engine", fromlist=["engine"])'
            wrong[name] = f'{engine}.EXERCISES["{name}"].misconceptions[{number}].wrong'
            expected.append(known[number].hint)
    if number:
        # A wrong answer is replaced by the course's own function, whichever it is: that the rest
        # of the notebook runs on is seen once, in round 0.
        notebook = tools.exercises_only(notebook)
    executed = tools.execute(tools.spoiled(notebook, wrong), tmp_path / "progress.json")
    text = tools.plain_text(executed)
    assert [hint for hint in expected if hint not in text] == []
    assert text.count("Until it passes, the course's own version is used below.") == len(wrong)
