"""The dependency direction of the package, read from its imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "dqn_lessons"

# room -> the rooms it may import. What is not listed may import nothing of the package.
ALLOWED = {
    "_validate": set(),
    "types": {"_validate"},
    "target_lag": {"types", "_validate"},
    "td": {"types", "_validate"},
    "streams": {"types"},
    "nets": {"types", "_validate"},
    "replay": {"types", "_validate"},
    "vector": {"types", "envs", "_validate"},
    "records": {"types"},
    "train": {"types", "td", "nets", "replay", "streams", "vector", "records", "_validate"},
    "checkpoint": {"types", "train", "streams", "vector", "records", "recorder", "_validate"},
    "sweep": {"types", "td", "train", "checkpoint", "_validate"},
    "profiles": set(),
    "reference": {
        "types",
        "presets",
        "records",
        "train",
        "recorder",
        "checkpoint",
        "sweep",
        "profiles",
        "_validate",
    },
    "presets": {"types"},
    "stats": {"types", "_validate"},
    "envs": {"types", "_validate"},
    "video": {"_validate", "envs"},
    "recorder": {"types", "video"},
    "plots": {"types"},
    "cards": set(),
    "progress": set(),
    "operable": set(),
    "clinic": {
        "types",
        "envs",
        "nets",
        "replay",
        "td",
        "train",
        "stats",
        "plots",
        "cards",
        "_validate",
    },
    "widgets": {
        "types",
        "target_lag",
        "stats",
        "plots",
        "video",
        "recorder",
        "clinic",
        "cards",
        "operable",
        "progress",
    },
    "lecture": set(),
    "slides": set(),
    "class_summary": {"exercises", "clinic", "progress", "plots"},
    "doctor": set(),
    "data": {"types", "train"},
    "exercises": {
        "types",
        "target_lag",
        "td",
        "replay",
        "stats",
        "clinic",
        "cards",
        "operable",
        "progress",
        "_validate",
    },
}


def room(path: Path) -> str:
    """Return the module or subpackage that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    """Return the rooms of the package that a module imports, wherever in it."""
    rooms = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("dqn_lessons.")}
    return rooms


FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.parent != PACKAGE or path.stem != "__init__"
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_direction(path):
    here = room(path)
    allowed = ALLOWED.get(here, set()) | {here}
    assert imported_rooms(path.read_text(encoding="utf-8")) <= allowed


def test_every_room_has_its_rule():
    assert {room(path) for path in FILES} == set(ALLOWED)


def test_the_direction_has_no_cycle():
    order: list[str] = []
    while len(order) < len(ALLOWED):
        free = [r for r in ALLOWED if r not in order and ALLOWED[r] <= set(order)]
        assert free, f"a cycle among {set(ALLOWED) - set(order)}"
        order += free


def test_a_planted_wrong_import_is_seen():
    assert imported_rooms("from dqn_lessons import widgets") == {"widgets"}
    assert imported_rooms("import dqn_lessons.plots as p") == {"plots"}
    assert imported_rooms("def f():\n    from dqn_lessons.exercises import hint") == {"exercises"}


@pytest.mark.parametrize("module", ["dqn_lessons", "dqn_lessons.types", "dqn_lessons.target_lag"])
def test_lesson_one_does_not_wait_for_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
