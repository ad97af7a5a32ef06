"""A lesson is a notebook, a TOML file and a probes module: no line of the course is touched."""

import tomllib

import nbformat
import pytest

from dqn_classroom import lessons
from tests.notebooks import tools

TOML = """
title = "Three times"
notebook = "three_times"
order = 22
minutes = 5
seconds = 1

[[predictions]]
key = "three-six"
prompt = "What is three times two?"
options = ["five", "six"]
measured = "{product}."

[[exercises]]
reference = "dqn_classroom.lessons.three_times_probes.three_times"
hints = ["Where?", "Which case?", "return 3 * number"]
insight = "A product is a short sum."
difficulty = 1
minutes = 1
[exercises.mistakes."plus"]
code = "3 + number"
hint = "Three is added."
[exercises.mistakes."no discount"]
bug = true
code = '''
total = 0
for _ in range(TWICE):
    total += number
return total
'''
hint = "That is twice."

[[quiz]]
prompt = "Three times three?"
right = "nine"
[quiz.options]
"six" = "That is a sum."
"nine" = "So it is."
"""

PROBES = '''"""The probes of a lesson on products."""

from dqn_classroom.exercises.check import Probes

TWICE = 2


def three_times(number):
    """Return three times a number."""
    return 3 * number


THREE_TIMES = Probes([(1,), (2.5,)], lambda number: f"3 × {number}")
'''

CELLS = [
    "from dqn_classroom import exercise, predict, progress_report, quiz, recall\n"
    'predict("three-six")',
    "@exercise\ndef three_times(number):\n    return 3 + number",
    'quiz("three_times")',
]
AFTERWARDS = [
    "@exercise\ndef three_times(number):\n    return number + number",
    "@exercise\ndef three_times(number):\n    return number + number + number",
    'recall("three-six", product=three_times(2))',
    "progress_report()",
    "from dqn_classroom.doctor import REFERENCE_SECONDS\nlist(REFERENCE_SECONDS)",
    'from dqn_classroom.lessons import LESSONS\nLESSONS["vanilla_dqn"].key',
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of lessons, which every kernel that is started looks into."""
    (tmp_path / "three_times.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "three_times_probes.py").write_text(PROBES, encoding="utf-8")
    monkeypatch.setenv("DQN_LESSONS_FOLDERS", str(tmp_path))
    return tmp_path


def test_a_lesson_is_added_by_three_files(folder):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in [*CELLS, *AFTERWARDS]]
    )
    said = tools.plain_text(tools.execute(notebook, folder / "progress.json"))
    assert "What is three times two?\n  1. five\n  2. six" in said
    assert "✗ three_times: wrong\nThree is added." in said
    assert "1. Three times three?\n  1. six\n  2. nine" in said
    assert "✗ three_times: wrong\nThat is twice." in said
    assert "✓ three_times: passes\nA product is a short sum." in said
    assert "Measured: 6." in said
    # It is the third of the course now, and only the names of later notebooks change.
    assert "02_three_times', '03_from_rewards_to_q', '04_vanilla_dqn" in said.replace("\n", "")
    assert "'lesson 2'" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("minutes = 5", "minuets = 5", r"three_times\.toml: .*minuets"),
        ('right = "nine"', 'right = "ten"', r"three_times\.toml: right = 'ten'"),
    ],
)
def test_a_file_that_does_not_fit_is_named(old, new, words):
    with pytest.raises(ValueError, match=words):
        lessons.Lesson.of("three_times", 2, tomllib.loads(TOML.replace(old, new)))


def test_code_that_is_no_python_is_named_with_its_exercise(folder, monkeypatch):
    monkeypatch.setattr(lessons, "__path__", [*lessons.__path__, str(folder)])
    table = tomllib.loads(TOML.replace("3 + number", "3 +"))
    with pytest.raises(ValueError, match=r"three_times\.toml, exercise 'three_times': invalid"):
        lessons.Lesson.of("three_times", 2, table).exercise("three_times")
