"""Lesson 1 needs no PyTorch; the layers are import-linter's contracts in pyproject.toml."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["dqn_lessons", "dqn_lessons.config", "dqn_lessons.target_lag"])
def test_lesson_one_does_not_wait_for_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_package_on_the_path_is_the_one_that_is_tested(pytestconfig):
    import dqn_lessons

    assert dqn_lessons.__file__.startswith(str(pytestconfig.rootpath))
