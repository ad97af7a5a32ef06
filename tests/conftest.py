"""No test, and no notebook that a test runs, touches the progress of whoever runs it."""

import os
import tempfile
from pathlib import Path

import pytest

from dqn_lessons import progress


def pytest_configure():
    # nbval's kernels inherit this.
    folder = Path(tempfile.mkdtemp(prefix="dqn-lessons-"))
    os.environ["DQN_LESSONS_PROGRESS"] = str(folder / "progress.json")
    os.environ["DQN_LESSONS_PROFILE"] = "ci"


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Give each test an empty progress file, and return where it will be."""
    where = tmp_path / "progress.json"
    monkeypatch.setenv("DQN_LESSONS_PROGRESS", str(where))
    monkeypatch.setattr(progress, "_memory", None)
    monkeypatch.setattr(progress, "_said", set())
    return where
