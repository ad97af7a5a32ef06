"""A student can read the package: lines are counted, docstrings and blank ones too."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ["dqn_lessons/*.py"]
SCIENCE = [*CORE, "dqn_lessons/target_lag/*.py", "dqn_lessons/stats/*.py"]
BUDGETS = [
    (CORE, 1_900),
    (["dqn_lessons/tabular/*.py"], 150),
    (SCIENCE, 2_850),
    ([*SCIENCE, "dqn_lessons/experiments/**/*.py"], 3_650),
    (["dqn_lessons/**/*.py", "dqn_classroom/**/*.py"], 16_107),
]


@pytest.mark.parametrize(("patterns", "most"), BUDGETS, ids=lambda part: str(part))
def test_the_packages_stay_small(patterns, most):
    files = {file for pattern in patterns for file in ROOT.glob(pattern)}
    lines = sum(len(file.read_text("utf-8").splitlines()) for file in files)
    assert lines <= most, f"{lines} lines of {patterns}: at most {most}. Cut, or move to the tests."
