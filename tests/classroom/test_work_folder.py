"""The lessons come to a folder of one's own, and no file that was changed is ever lost."""

import json
import re
from pathlib import Path, PurePosixPath

import pytest

from dqn_classroom import work_folder
from dqn_classroom.work_folder import RECORD, update

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons; write a file into it for a new version."""
    folder = tmp_path / "course"
    folder.mkdir()
    for name in ("0", "1"):
        (folder / f"{name}.ipynb").write_text("first edition", encoding="utf-8")

    def notebooks():
        return {file.name: file for file in sorted(folder.glob("*.ipynb"))}

    monkeypatch.setattr(work_folder, "course_notebooks", notebooks)
    return folder


@pytest.fixture
def mine(tmp_path, course):
    folder = tmp_path / "home" / "dqn-lessons"
    assert update(folder) == [f"2 notebooks copied to {folder}"]
    return folder


def write(folder, text, name="1.ipynb"):
    (folder / name).write_text(text, encoding="utf-8")


def held(folder):
    return {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.ipynb")}


def stays(new):
    return f"1.ipynb was changed here and stays. The new one: {new}"


def test_the_lessons_of_the_course_are_copied(tmp_path):
    update(tmp_path / "mine")
    names = {file.name for file in (ROOT / "notebooks").glob("*.ipynb")}
    assert set(held(tmp_path / "mine")) == names
    assert next(iter(work_folder.course_notebooks())) == "00_start_here.ipynb"


def test_a_second_time_nothing_happens(mine):
    before = {file: file.stat().st_mtime_ns for file in mine.glob("*.ipynb")}
    assert update(mine) == []
    assert {file: file.stat().st_mtime_ns for file in mine.glob("*.ipynb")} == before


def test_what_was_not_changed_is_brought_up_to_date_and_back(course, mine):
    for text in ("second edition", "first edition"):
        write(course, text)
        assert update(mine) == [f"1 notebook copied to {mine}"]
        assert held(mine) == {"0.ipynb": "first edition", "1.ipynb": text}


def test_a_changed_file_stays_and_the_new_one_lies_beside_it_once(course, mine):
    write(mine, "my answers")
    assert update(mine) == []
    write(course, "second edition")
    assert update(mine)[1:] == [stays("1.new.ipynb")]
    assert update(mine) == []
    kept = {"0.ipynb": "first edition", "1.ipynb": "my answers", "1.new.ipynb": "second edition"}
    assert held(mine) == kept
    # Nobody wrote into the new one, so that a newer one takes its place ...
    write(course, "third edition")
    assert update(mine)[1:] == [stays("1.new.ipynb")]
    assert held(mine) == {**kept, "1.new.ipynb": "third edition"}
    # ... until somebody does.
    write(mine, "more answers", "1.new.ipynb")
    write(course, "fourth edition")
    assert update(mine)[1:] == [stays("1.new-2.ipynb")]
    answers = {"1.new.ipynb": "more answers", "1.new-2.ipynb": "fourth edition"}
    assert held(mine) == {**kept, **answers}


def test_the_new_one_may_be_deleted_or_take_the_place_of_the_changed_one(course, mine):
    write(mine, "my answers")
    write(course, "second edition")
    update(mine)
    (mine / "1.new.ipynb").unlink()
    assert update(mine) == []
    write(mine, "second edition")
    assert update(mine) == []
    assert "1.new.ipynb" not in held(mine)
    write(course, "third edition")
    update(mine)
    assert held(mine)["1.ipynb"] == "third edition"


def test_a_deleted_file_comes_back_and_a_renamed_one_stays(course, mine):
    write(mine, "my answers")
    (mine / "1.ipynb").rename(mine / "mine.ipynb")
    (mine / "0.ipynb").unlink()
    assert update(mine) == [f"2 notebooks copied to {mine}"]
    assert held(mine) == {
        **dict.fromkeys(("0.ipynb", "1.ipynb"), "first edition"),
        "mine.ipynb": "my answers",
    }


def test_a_lesson_that_the_course_renames_stays_under_its_old_name(course, mine):
    write(mine, "my answers")
    (course / "1.ipynb").rename(course / "2.ipynb")
    said = "1.ipynb is no longer a lesson of the course under this name. It stays."
    assert update(mine) == [f"1 notebook copied to {mine}", said]
    assert update(mine) == []
    assert held(mine) == {
        **dict.fromkeys(("0.ipynb", "2.ipynb"), "first edition"),
        "1.ipynb": "my answers",
    }


def test_what_cannot_be_read_counts_as_changed(course, mine, monkeypatch):
    real = Path.read_bytes

    def refuse(file):
        if file == mine / "1.ipynb":
            raise PermissionError(13, "Permission denied")
        return real(file)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    write(course, "second edition")
    assert update(mine)[1:] == [stays("1.new.ipynb")]
    assert held(mine)["1.ipynb"] == "first edition"
    (mine / "0.ipynb").unlink()
    (mine / "0.ipynb").mkdir()  # a folder in the way
    write(course, "second edition", "0.ipynb")
    update(mine)
    assert (mine / "0.new.ipynb").read_text(encoding="utf-8") == "second edition"


@pytest.mark.parametrize("text", ["", "[]", '{"1.ipynb": 3}', "[" * 100_000, "\udcff"])
def test_without_a_record_no_file_is_overwritten(text, course, mine):
    (mine / RECORD).write_bytes(text.encode("utf-8", "surrogatepass"))
    write(course, "second edition")
    assert update(mine)[1:] == [stays("1.new.ipynb")]
    assert held(mine)["1.ipynb"] == "first edition"
    assert set(json.loads((mine / RECORD).read_text(encoding="utf-8"))) == {"0.ipynb", "1.ipynb"}


def test_files_that_were_there_before_stay(course, tmp_path):
    write(tmp_path, "somebody's own")
    update(tmp_path)
    assert held(tmp_path) == {
        "0.ipynb": "first edition",
        "1.ipynb": "somebody's own",
        "1.new.ipynb": "first edition",
    }


def test_the_course_itself_is_left_alone(course):
    before = sorted(course.iterdir())
    assert update(course) == []
    assert sorted(course.iterdir()) == before


def test_a_disk_that_is_full_half_way_loses_nothing(course, mine, monkeypatch):
    write(course, "second edition", "0.ipynb")
    write(course, "second edition")
    real = work_folder.atomic_write

    def full(path, mode="w"):
        if path.name == "1.ipynb":
            raise OSError(28, "No space left on device")
        return real(path, mode)

    with monkeypatch.context() as patched:
        patched.setattr(work_folder, "atomic_write", full)
        with pytest.raises(OSError, match="No space left"):
            update(mine)
    assert held(mine) == {"0.ipynb": "second edition", "1.ipynb": "first edition"}
    assert update(mine) == [f"1 notebook copied to {mine}"]
    assert held(mine) == dict.fromkeys(("0.ipynb", "1.ipynb"), "second edition")


@pytest.mark.parametrize("file", work_folder.course_notebooks().values(), ids=lambda f: f.stem)
def test_what_a_lesson_points_to_is_beside_it_or_in_the_package(file):
    """Nothing but another lesson is named by a relative path, and no code opens one."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    names = set(work_folder.course_notebooks())
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            links = re.findall(r"\]\(([^)\s]+)|(?:src|href)=[\"']([^\"']+)", source)
            local = {a or b for a, b in links if not re.match(r"https?:|#", a or b)}
            assert local <= names
        else:
            quoted = re.findall(r"[\"']([\w./-]+\.\w{2,5})[\"']", source)
            kept = {
                word for word in quoted if PurePosixPath(word).suffix in (".csv", ".npz", ".png")
            }
            assert all("folder" in source.lower() for _ in kept), kept
            assert "../" not in source
