"""Handed-in exercises run again: right ones pass, wrong ones are named, none does harm."""

import csv
import json
import os
import socket
import sys

import pytest

from dqn_classroom.exercises import check
from dqn_classroom.instructor.grade import judge, sandbox
from dqn_classroom.instructor.grade.__main__ import COLUMNS, grade, main
from dqn_classroom.lessons import LESSONS

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit or call.")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux keeps this by the system.")
SECONDS = 120
WHERE = "tests.classroom.hostile"
HEAD = "@exercise\ndef td_target(reward, terminated, q_next, gamma):\n"
RETURN = "    return reward + gamma * ~terminated * q_next.amax(-1)\n"
SOLVED = HEAD + RETURN


def notebook(path, *cells):
    """Write a notebook of code cells; a pair is (id, source)."""
    pairs = [cell if isinstance(cell, tuple) else ("", cell) for cell in cells]
    made = [{"id": name, "cell_type": "code", "source": text} for name, text in pairs]
    path.write_text(json.dumps({"cells": made}), encoding="utf-8")


@pytest.fixture
def treasure(tmp_path):
    """A file of the lecturer's."""
    path = tmp_path / "treasure.txt"
    path.write_text("kept", encoding="utf-8")
    return path


def test_the_sandbox_returns_what_a_function_returns():
    told = sandbox.run(f"{WHERE}:answer", "yes", seconds=SECONDS)
    assert told.pop("held")["time"] == "the system"
    assert told == {"word": "yes"}


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("writes", "tried to write a file"),
        ("removes", "tried os.remove"),
        ("renames", "tried os.rename"),
        ("catches", "tried os.remove"),
        ("connects", "tried socket."),
        ("starts_a_process", "tried subprocess.Popen"),
        pytest.param("forks", "tried os.fork", marks=POSIX),
        ("kills_its_parent", "tried os.kill"),
        ("leaves", "ended its process (status 0)"),
        pytest.param("crashes", "ended its process (status", marks=POSIX),
        ("answers_at_length", "ended its process (status"),
        ("forges", "wrote a result of its own"),
        pytest.param("asks_for_memory", "needs more than 2 GiB of memory", marks=LINUX),
    ],
)
def test_what_is_hostile_is_named_and_harms_nothing(job, reason, treasure):
    before = sorted(treasure.parent.iterdir())
    told = sandbox.run(f"{WHERE}:{job}", str(treasure), seconds=SECONDS)
    assert told["reason"].startswith(reason)
    assert treasure.read_text(encoding="utf-8") == "kept"
    assert sorted(treasure.parent.iterdir()) == before


def test_a_loop_is_ended_and_much_output_goes_nowhere(capfd):
    told = sandbox.run(f"{WHERE}:loops", "", seconds=0.5)
    assert told["reason"] == "took more than 0.5 seconds"
    assert sandbox.run(f"{WHERE}:prints_without_end", "", seconds=SECONDS)["word"] == "printed"
    assert "xxx" not in capfd.readouterr().out


@LINUX
def test_machine_code_is_refused_by_the_system(treasure):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        told = sandbox.run(f"{WHERE}:past_the_hook", str(treasure), port, seconds=SECONDS)
    held = told["held"]
    if held["files"] == "the system":
        assert [told[what] for what in ("made", "opened", "removed", "truncated")] == [-1] * 4
        assert treasure.read_text(encoding="utf-8") == "kept"
    if held["network"] == "the system":
        assert told["connected"] == -1
    if "Python alone" in held.values():
        pytest.skip(f"This Linux keeps not all of it by the system: {held}.")


# What a student hands in -> outcome, the beginning of the mistake.
HANDED_IN = {
    "right": (SOLVED, "passes", ""),
    "helper": (f"import math\ndef best(q):\n    return q.amax(-1)\n{SOLVED}", "passes", ""),
    "wrong": (SOLVED.replace(" * ~terminated", ""), "wrong", "no terminal mask"),
    "elsewhere": (SOLVED.replace("reward +", "my_reward +"), "raised", "NameError"),
    "unreadable": (f"{HEAD}    return (", "raised", "SyntaxError"),
    "endless": (f"{HEAD}    while True:\n        pass\n", "raised", "too long"),
    "stubborn": (
        f"{HEAD}    while True:\n        try:\n            1\n        except: pass\n", "raised",
        "too long",
    ),
    "large": (f"{HEAD}    return torch.zeros(10**13)\n", "raised", "RuntimeError"),
    "exits": (f"raise SystemExit\n{SOLVED}", "raised", "SystemExit"),
    "saves": (f"np.save('mine.npy', np.ones(3))\n{SOLVED}", "not run", "tried to write a file"),
    "dumps": (f"torch.save(1, '/tmp/mine.pt')\n{SOLVED}", "raised", "RuntimeError"),
    "imports": (f"import os\n{SOLVED}", "not run", "uses os"),
    "digs": (f"torch.sys.modules\n{SOLVED}", "not run", "uses "),
    "edits": (
        f"import dqn_classroom.exercises.check as c\nc.check = print\n{SOLVED}", "not run",
        "uses dqn_classroom",
    ),
    "looks": (f"exercise.__globals__\n{SOLVED}", "not run", "uses __globals__"),
    "prints": (f"print('x' * 10**8)\n{SOLVED}", "passes", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed in")
    for name, (source, _, _) in HANDED_IN.items():
        notebook(folder / f"{name}.ipynb", "raise RuntimeError('no exercise, not run')", source)
    (folder / "no.ipynb").write_text("not JSON", encoding="utf-8")
    (folder / "deep.ipynb").write_text("[" * 100_000, encoding="utf-8")
    with open(folder / "huge.ipynb", "wb") as file:
        file.truncate(200_000_000)
    notebook(folder / "empty.ipynb", "x = 1")
    notebook(folder / "page.ipynb", ("open-task", "my_sentences = '<script>five</script>'"))
    progress = {"exercises": {"td_target": {"status": "passes"}}, "student": "=HYPERLINK(1)"}
    answers = {"td_target": HANDED_IN["wrong"][0], "rm": "@exercise\ndef rm(): 1"}
    (folder / "file.json").write_text(
        json.dumps({**progress, "answers": answers}), encoding="utf-8"
    )
    return folder, grade(folder, SECONDS)


def rows_of(found, name):
    lines = [dict(zip(COLUMNS, row, strict=True)) for row in found["rows"]]
    return {line["exercise"]: line for line in lines if line["file"].startswith(f"{name}.")}


@pytest.mark.parametrize("name", HANDED_IN)
def test_an_exercise_is_judged_again(name, graded):
    _, outcome, mistake = HANDED_IN[name]
    if name in ("large", "dumps") and sys.platform != "linux":
        pytest.skip("Memory, and files that machine code writes, are kept by Linux alone.")
    rows = rows_of(graded[1], name)
    assert rows["td_target"]["outcome"] == outcome
    assert rows["td_target"]["mistake"].startswith(mistake)
    assert set(rows) == set(LESSONS["vanilla_dqn"].exercises)
    assert rows["learn_step"]["outcome"] == "not attempted"
    assert not os.path.exists("/tmp/mine.pt")


def test_a_progress_file_is_not_believed(graded):
    row = rows_of(graded[1], "file")["td_target"]
    assert (row["outcome"], row["mistake"]) == ("wrong", "no terminal mask")


def test_what_holds_no_answer_is_named(graded):
    left_out = dict(graded[1]["left_out"])
    assert set(left_out) == {"no.ipynb", "deep.ipynb", "huge.ipynb", "empty.ipynb"}
    assert "100,000,000" in left_out["huge.ipynb"]
    assert left_out["empty.ipynb"] == "holds no answer"
    assert left_out["no.ipynb"] == "cannot be read (JSONDecodeError)"
    assert left_out["deep.ipynb"] == "cannot be read (RecursionError)"


def test_an_open_task_is_there_to_read(graded):
    ((file, task, look_for, text),) = graded[1]["open"]
    assert (file, task) == ("page.ipynb", "open-task")
    assert look_for == LESSONS["write_it_yourself"].teaching["open_tasks"][task]
    assert "five" in text


def test_the_page_and_the_table(graded, tmp_path, monkeypatch, capsys):
    module = "dqn_classroom.instructor.grade.__main__"
    monkeypatch.setattr(f"{module}.grade", lambda folder, seconds: graded[1])
    assert main([str(graded[0]), "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "grades.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;five" in page
    assert all(f"<td>{name}.ipynb</td>" in page for name in HANDED_IN)
    assert "network: kept by" in page
    with open(tmp_path / "out" / "grades.csv", encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == list(COLUMNS)
    assert next(row[1] for row in rows if row[0] == "file.json") == "'=HYPERLINK(1)"
    assert "left out 'no.ipynb'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["nowhere"], ["."]])
def test_a_folder_with_nothing_in_it_gets_a_remedy(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    assert "Remedy: " in capsys.readouterr().err


def test_a_check_that_was_edited_is_noticed(monkeypatch):
    assert judge.judge("vanilla_dqn", "td_target", SOLVED)["status"] == "passes"
    monkeypatch.setattr(check, "_compare", lambda *_: check.Outcome("passes", ("",)))
    told = judge.judge("vanilla_dqn", "td_target", HANDED_IN["wrong"][0])
    assert told["reason"].startswith("edits the check")


SLOW = {"train", "update", "ReplayBuffer", "QNetwork"}


@pytest.mark.parametrize("topic", LESSONS)
def test_every_solution_passes_within_the_limits(topic):
    for name in LESSONS[topic].exercises:
        solution = f"@exercise\n{check.find(name).solution}"
        assert judge.reaches(solution) == ""
        if name not in SLOW:
            told = sandbox.run(f"{judge.__name__}:judge", topic, name, solution, seconds=SECONDS)
            assert (name, told.get("status")) == (name, "passes"), told
