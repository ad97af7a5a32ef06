"""No test, and no notebook that a test runs, touches the progress of the person who runs it.

Here too is the order of the tests, and which of them must run in one process.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# What a developer has set changes no result. Lessons are read when dqn_classroom is imported, so
# this comes before, and nothing of the course is imported here.
for _name in [name for name in os.environ if name.startswith("DQN_LESSONS_")]:
    del os.environ[_name]

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
    # A list of fonts in the home folder may be another installation's. Workers share this one.
    os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))


# What takes long starts first, what changes a page comes last on it; small tests fill the gaps.
LONG = (
    "tests/browser",
    "notebooks/",
    "test_shipped",
    "test_mutants",
    "test_clinic",
    "test_examine",
)
SMALL = ("classroom/test_lessons.py", "classroom/test_check.py")
# Their tests share nothing, and together they would keep one worker busy for minutes.
SPREAD = (*LONG[2:], *SMALL, "test_notebooks.py", "test_sweep")


def work_unit(nodeid: str) -> str:
    """Name what runs in one process, in a row: a browser page, a notebook's cells, a file."""
    file, _, name = nodeid.partition("::")
    if page := file.startswith("tests/browser/") and re.search(r"\[(\d\d_\w+)\]$", name):
        return page[1]
    return nodeid if any(word in file for word in SPREAD) else file


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    first: dict[str, int] = {}

    def place(item: pytest.Item) -> tuple[int, int, bool]:
        long = next((i for i, word in enumerate(LONG) if word in item.nodeid), len(LONG))
        small = any(word in item.nodeid for word in SMALL)
        number = first.setdefault(work_unit(item.nodeid), len(first))
        return long + small, number, item.get_closest_marker("edits") is not None

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Units(LoadScopeScheduling):
        _split_scope = staticmethod(work_unit)

    config.option.loadscopereorder = False  # the order is that of the items
    return Units(config, log)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Give each test an empty progress file, and return where it will be."""
    from dqn_classroom import progress

    where = tmp_path / "progress.json"
    monkeypatch.setenv("DQN_LESSONS_PROGRESS", str(where))
    monkeypatch.setattr(progress, "_unsaved", [])
    progress._say_once.cache_clear()
    return where
