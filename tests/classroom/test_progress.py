"""Progress is kept: through damage, through two notebooks at once, and without a disk."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dqn_classroom import progress, progress_report, reset_progress


def solve(name):
    def change(record):
        progress.exercise_entry(record, name)["status"] = "passes"

    progress.update(change)


def test_absent_is_empty_and_nothing_is_written_by_looking(own_progress):
    assert progress.load() == progress.empty()
    assert not own_progress.exists()


def test_what_is_written_is_read(own_progress):
    solve("bias_td_target")
    assert progress.load()["exercises"]["bias_td_target"]["status"] == "passes"
    assert json.loads(own_progress.read_text(encoding="utf-8"))["version"] == progress.VERSION
    assert not list(own_progress.parent.glob("*.unfinished"))


DAMAGED = [
    "", "not json", "[]", "null", "{}", '{"version": -1}', '{"version": 1, "exercises": []}',
    '{"version": 1, "exercises": {"a": {}}, "predictions": {}, "quizzes": {}}',
    '{"version": 1, "exercises": {}, "predictions": {"a": "b"}, "quizzes": {}}',
    "[" * 100_000, "\x00", '{"version": 1, "exercises": {}',
]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_set_aside_and_said_once(text, own_progress, capsys):
    own_progress.write_text(text, encoding="utf-8")
    assert progress.load() == progress.empty()
    aside = own_progress.with_name("progress.damaged-1.json")
    assert aside.read_text(encoding="utf-8") == text
    solve("soft_update")
    assert list(progress.load()["exercises"]) == ["soft_update"]
    assert capsys.readouterr().out.count("damaged") == 2  # one sentence, naming the file


def test_damaged_files_do_not_replace_each_other(own_progress):
    for text in ("first", "second"):
        own_progress.write_text(text, encoding="utf-8")
        progress.load()
    kept = {
        path.read_text(encoding="utf-8") for path in own_progress.parent.glob("*.damaged-*.json")
    }
    assert kept == {"first", "second"}


def test_a_file_that_another_notebook_mended_meanwhile_is_read_and_left(own_progress, monkeypatch):
    solve("soft_update")
    read, looks = progress._read, []

    def damaged_at_first(where):
        looks.append(where)
        return None if len(looks) == 1 else read(where)

    monkeypatch.setattr(progress, "_read", damaged_at_first)
    assert list(progress.load()["exercises"]) == ["soft_update"]
    assert own_progress.exists()
    assert not list(own_progress.parent.glob("*.damaged-*"))


def test_a_home_folder_in_the_name_is_meant(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DQN_LESSONS_PROGRESS", "~/mine.json")
    assert progress.path() == tmp_path / "mine.json"


def test_bytes_that_are_no_text_are_damage(own_progress):
    own_progress.write_bytes(b"\xff\xfe\x00")
    assert progress.load() == progress.empty()


GOOD = {
    "version": 1,
    "exercises": {"a": {"status": "wrong", "attempts": 2, "hints": 1, "mistakes": {"minus": 2}}},
    "predictions": {"p": 0},
    "quizzes": {"q": 2},
    "clinic": {"no discount": {"healthy": 1}},
}
ENTRY = GOOD["exercises"]["a"]


def test_what_the_course_writes_has_no_fault():
    assert progress.fault(GOOD) == ""
    assert progress.fault({key: part for key, part in GOOD.items() if key != "clinic"}) == ""
    assert progress.fault({**GOOD, "a part of a later version": None}) == ""


@pytest.mark.parametrize("count", [-1, True, 1.0, 10**6 + 1, 10**400, None, "1"])
@pytest.mark.parametrize("place", ["attempts", "hints", "mistakes", "clinic"])
def test_a_count_is_a_whole_number_within_limits(place, count):
    entry = {**ENTRY, place: {"minus": count} if place == "mistakes" else count}
    change = {"exercises": {"a": entry}}
    if place == "clinic":
        change = {"clinic": {"no discount": {"healthy": count}}}
    said = progress.fault({**GOOD, **change})
    assert said.startswith("an entry of ")
    assert "from 0 to 1,000,000" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "its version is not 1"),
        ({"version": True}, "its version is not 1"),
        ({"version": 1.0}, "its version is not 1"),
        ({"quizzes": []}, "its part quizzes is no JSON object"),
        ({"clinic": None}, "its part clinic is no JSON object"),
        ({"predictions": {"p": True}}, "an entry of predictions is malformed"),
        ({"first_quizzes": {"p": "1"}}, "an entry of first_quizzes is malformed"),
        ({"exercises": {"a": {**ENTRY, "status": 1}}}, "an entry of exercises is malformed"),
        ({"exercises": {"a": {**ENTRY, "mistakes": []}}}, "an entry of exercises is malformed"),
    ],
)
def test_the_fault_is_named(change, said):
    assert progress.fault({**GOOD, **change}).startswith(said)


def test_the_largest_count_and_an_answer_below_zero_are_no_fault():
    entry = {**ENTRY, "attempts": 10**6}
    assert progress.fault({**GOOD, "exercises": {"a": entry}, "quizzes": {"q": -1}}) == ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_set_aside(own_progress, value):
    own_progress.write_text(json.dumps(value), encoding="utf-8")
    assert progress.load() == progress.empty()


def test_a_file_that_cannot_be_written_is_said_and_the_session_goes_on(
    tmp_path, monkeypatch, capsys
):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("DQN_LESSONS_PROGRESS", str(in_the_way / "progress.json"))
    solve("train_critic")
    solve("soft_update")
    assert set(progress.load()["exercises"]) == {"train_critic", "soft_update"}
    assert capsys.readouterr().out.count("cannot be saved") == 1


def test_a_full_disk_keeps_the_old_file(own_progress, monkeypatch):
    solve("train_critic")
    before = own_progress.read_text(encoding="utf-8")

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress.json, "dump", full)
    solve("soft_update")
    assert own_progress.read_text(encoding="utf-8") == before
    assert set(progress.load()["exercises"]) == {"train_critic", "soft_update"}
    assert not list(own_progress.parent.glob(".*.unfinished"))


def full_disk(*_args, **_kwargs):
    raise OSError(28, "No space left on device")


def attempt(name):
    progress.update(
        lambda record: progress.count_up(progress.exercise_entry(record, name), "hints")
    )


def test_when_space_is_free_again_everything_is_in_the_file(own_progress, monkeypatch, capsys):
    attempt("train_critic")
    with monkeypatch.context() as patch:
        patch.setattr(progress.json, "dump", full_disk)
        reset_progress()  # what is put in place whole is not changed by what comes after it
        for _ in range(3):
            attempt("soft_update")
            progress.load()
    other = json.loads(own_progress.read_text(encoding="utf-8"))
    assert list(other["exercises"]) == ["train_critic"]
    attempt("soft_update")
    kept = json.loads(own_progress.read_text(encoding="utf-8"))["exercises"]
    assert {name: entry["hints"] for name, entry in kept.items()} == {"soft_update": 4}
    attempt("soft_update")
    assert progress.load()["exercises"]["soft_update"]["hints"] == 5
    assert capsys.readouterr().out.count("is saved in progress.json again") == 1


def test_what_another_notebook_wrote_meanwhile_stays(own_progress, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(progress.json, "dump", full_disk)
        attempt("soft_update")
    own_progress.write_text(json.dumps(GOOD), encoding="utf-8")
    attempt("soft_update")
    assert set(progress.load()["exercises"]) == {"a", "soft_update"}
    assert progress.load()["clinic"] == GOOD["clinic"]


def refuse(*_args, **_kwargs):
    raise PermissionError(13, "Permission denied")


def identity(file):
    """Which file it is and when it was written; not when it was read, which is no harm."""
    found = os.lstat(file)
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


UNREADABLE = {
    "no permission": lambda file, patch: patch.setattr(progress.Path, "read_text", refuse),
    "a newer version": lambda file, patch: file.write_text('{"version": 2, "new": [1]}', "utf-8"),
    "a FIFO": lambda file, patch: (file.unlink(), os.mkfifo(file)),
    "a folder": lambda file, patch: (file.unlink(), file.mkdir()),
    "a link to itself": lambda file, patch: (file.unlink(), file.symlink_to(file)),
    "damaged and fixed in place": lambda file, patch: (
        file.write_text("{", "utf-8"),
        patch.setattr(progress.os, "replace", refuse),
    ),
}


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_never_replaced(make, own_progress, monkeypatch, capsys):
    attempt("train_critic")
    with monkeypatch.context() as patch:
        make(own_progress, patch)
        before = identity(own_progress)
        assert progress.load() == progress.empty()
        assert "cannot be read" in capsys.readouterr().out
        attempt("soft_update")
        attempt("soft_update")
        assert progress.load()["exercises"]["soft_update"]["hints"] == 2
        said = capsys.readouterr().out
        assert said.count("cannot be saved in progress.json") == 1
        assert "damaged" not in said
        assert "Nothing was changed" in progress.restore(json.dumps(GOOD).encode())
    assert identity(own_progress) == before
    assert [p.name for p in own_progress.parent.glob("*.json")] == [own_progress.name]


def test_a_file_of_a_newer_version_says_what_to_do(own_progress, capsys):
    own_progress.write_text('{"version": 2}', encoding="utf-8")
    progress.load()
    assert "a newer version of the course wrote it: update the course" in capsys.readouterr().out


@pytest.mark.parametrize("text", [json.dumps({"version": 1}), None], ids=["damaged", "dangling"])
def test_a_link_stays_a_link(own_progress, tmp_path, text):
    cloud = tmp_path / "cloud" / "mine.json"
    cloud.parent.mkdir()
    if text:
        cloud.write_text(text, encoding="utf-8")
    own_progress.symlink_to(cloud)
    attempt("soft_update")
    assert own_progress.is_symlink()
    assert "soft_update" in json.loads(cloud.read_text(encoding="utf-8"))["exercises"]
    assert len(list(cloud.parent.glob("*.damaged-1.json"))) == bool(text)


def test_a_count_at_its_limit_stays_there(own_progress):
    entry = {**ENTRY, "hints": progress.MOST}
    own_progress.write_text(json.dumps({**GOOD, "exercises": {"a": entry}}), encoding="utf-8")
    attempt("a")
    assert progress.load()["exercises"]["a"]["hints"] == progress.MOST


COUNT = """
from dqn_classroom import progress

def change(record):
    entry = progress.exercise_entry(record, "shared")
    entry["attempts"] += 1

for _ in range(100):
    progress.update(change)
"""


def test_two_notebooks_at_once_lose_nothing(own_progress):
    workers = [subprocess.Popen([sys.executable, "-c", COUNT]) for _ in range(2)]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    assert progress.load()["exercises"]["shared"]["attempts"] == 200


def test_the_default_is_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("DQN_LESSONS_PROGRESS")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert progress.path() == tmp_path / ".dqn-lessons" / "progress.json"


def test_the_first_answer_is_kept_beside_the_last(own_progress):
    for option in (2, 0, 1):
        progress.note_answer("quizzes", "lesson 1-1", option)
    record = progress.load()
    assert record["quizzes"] == {"lesson 1-1": 1}
    assert record["first_quizzes"] == {"lesson 1-1": 2}
    assert progress.fault(record) == ""


def test_an_answer_of_an_older_file_counts_as_the_first(own_progress):
    own_progress.write_text(json.dumps(GOOD), encoding="utf-8")
    progress.note_answer("predictions", "p", 3)
    assert progress.load()["predictions"] == {"p": 3}
    assert progress.load()["first_predictions"] == {"p": 0}


def test_a_restored_file_takes_the_place_of_the_present_one_which_is_kept(own_progress):
    solve("train_critic")
    before = own_progress.read_bytes()
    handed_in = {**GOOD, "student": "Anna", "answers": {"a": "code"}, "later part": [1]}
    said = progress.restore(json.dumps(handed_in).encode())
    assert progress.load() == {**GOOD, "later part": [1]}
    (kept,) = own_progress.parent.glob("*.before-*.json")
    assert kept.name in said
    assert kept.read_bytes() == before


def test_to_restore_where_nothing_is_leaves_nothing_beside_it(own_progress):
    progress.restore(json.dumps(GOOD).encode())
    assert progress.load() == GOOD
    assert not list(own_progress.parent.glob("*.before-*"))


def test_what_cannot_be_kept_is_not_replaced(own_progress, monkeypatch):
    solve("train_critic")
    before = own_progress.read_bytes()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(progress.os, "replace", refuse)
    assert "cannot be written (Permission denied)" in progress.restore(json.dumps(GOOD).encode())
    assert own_progress.read_bytes() == before


def test_the_report_says_where_the_file_is(own_progress):
    assert str(own_progress) in repr(progress_report())


def test_the_report_shows_and_reset_forgets(capsys):
    solve("bias_td_target")
    solve("ring_row")  # the first edition's name
    rows = {row[1]: row[2] for row in progress_report().table}
    assert rows["bias_td_target"] == "passes"
    assert rows["store_"] == "passes"
    assert rows["train_critic"] == "not attempted"
    progress.note_answer("quizzes", "lesson 1-1", 0)  # its first answer is forgotten, too
    reset_progress()
    assert progress.load() == progress.empty()
