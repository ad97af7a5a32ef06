"""Lesson 1 needs no PyTorch; the layers are import-linter's contracts in pyproject.toml."""

import subprocess
import sys

import pytest

MODULES = ["dqn_lessons", "dqn_lessons.config", "dqn_lessons.target_lag", "dqn_classroom"]


def loads_torch(code):
    code = f"import sys\n{code}\nsys.exit('torch' in sys.modules)"
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode


@pytest.mark.parametrize("module", [*MODULES, "dqn_classroom.__main__", "dqn_classroom.hand_in"])
def test_lesson_one_does_not_wait_for_torch(module):
    assert loads_torch(f"import {module}") == 0


def test_the_exercises_of_lesson_one_do_not_wait_for_torch():
    checked = """
from dqn_classroom import exercise, quiz
from dqn_classroom.exercises.check import find
from dqn_classroom.lessons import LESSONS

for name in LESSONS["target_lag"].exercises:
    exercise(find(name).reference)
quiz("target_lag")
"""
    assert loads_torch(checked) == 0


def test_torch_is_seen_where_it_is_loaded():
    assert loads_torch("import dqn_lessons.nets") == 1


def test_the_package_on_the_path_is_the_one_that_is_tested(pytestconfig):
    import dqn_lessons

    assert dqn_lessons.__file__.startswith(str(pytestconfig.rootpath))
