"""No test, and no notebook that a test runs, touches the progress of whoever runs it."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from dqn_classroom import progress

# `make test` gives the same result every time: the same examples, none kept from an earlier run,
# no limit on time. `make soak` searches with fresh seeds, by --hypothesis-profile=search.
_same: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("test", derandomize=True, **_same)
settings.register_profile("search", derandomize=False, max_examples=2_000, **_same)
settings.load_profile("test")


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
