"""The command: what each word does, and what it says where that is not possible."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from pkgutil import resolve_name

import pytest

from dqn_classroom import __main__ as command
from dqn_classroom import doctor, work_folder
from dqn_classroom.instructor.class_summary import __main__ as class_summary
from dqn_classroom.instructor.slides import __main__ as slides

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("lab", "lecture", "doctor", "hand-in", "slides", "class-summary", "grade", "book", "test")


@pytest.fixture
def started(monkeypatch):
    """What JupyterLab would be started with, and the environment then."""
    labapp, calls = pytest.importorskip("jupyterlab.labapp"), []
    monkeypatch.setattr(labapp.LabApp, "launch_instance", lambda words: calls.append(words))
    monkeypatch.setenv("DQN_LESSONS_PROFILE", "full")
    return calls


def test_the_script_and_the_module_are_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert resolve_name(project["scripts"]["dqn-lessons"]) is command.main
    done = subprocess.run(
        [sys.executable, "-m", "dqn_classroom", "--help"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert all(re.search(rf"^ +{name}\s", done.stdout, re.MULTILINE) for name in NAMES)


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["doctor", "--nonsense"], ["hand-in", "a", "b"]]
)
def test_a_wrong_word_is_an_error_that_lists_the_right_ones(words, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert "usage: dqn-lessons" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "profile"), [("lab", "full"), ("lecture", "class")])
def test_lab_and_lecture_open_the_folder(name, profile, started, tmp_path, monkeypatch, capsys):
    folder, kept = tmp_path / "mine", tmp_path / "class.json"
    words = ["--folder", str(folder), "--progress", str(kept), "--no-browser", "--port=8890"]
    assert command.main([name, *words]) == 0
    ((first, *options),) = started
    assert Path(first) == folder / "00_start_here.ipynb"
    assert Path(first).is_file()
    assert {"--no-browser", "--port=8890", f"--ServerApp.root_dir={folder}"} <= set(options)
    assert not {"--folder", "--progress", str(kept)} & set(options)
    assert command.os.environ["DQN_LESSONS_PROFILE"] == profile
    said = capsys.readouterr().out
    assert f"Your notebooks: {folder}" in said
    assert f"Your progress: {kept}" in said


def test_without_an_option_the_folder_is_in_the_home_folder(started, tmp_path, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert command.main(["lab", "--copy-only"]) == 0
    assert (tmp_path / "dqn-lessons" / "00_start_here.ipynb").is_file()
    assert started == []


def test_a_folder_that_cannot_be_written_is_used_if_the_lessons_are_there(
    started, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "mine"
    words = ["lab", "--folder", str(folder)]
    assert command.main(words) == 0
    (folder / "01_target_lag.ipynb").unlink()

    def refuse(path, mode="w"):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(work_folder, "atomic_write", refuse)
    assert command.main(words) == 0
    assert "(Read-only file system). The lessons in it stay as they are." in capsys.readouterr().out
    assert len(started) == 2
    assert command.main(["lab", "--copy-only", *words[1:]]) == 1


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(started, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert command.main(["lab", "--folder", str(tmp_path / "file" / "mine")]) == 1
    said = capsys.readouterr().err
    assert "it cannot be written" in said
    assert "Remedy: name a folder" in said
    assert started == []


def test_without_jupyterlab_the_remedy_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    assert command.main(["lab", "--folder", str(tmp_path)]) == 1
    assert "pip install jupyterlab" in capsys.readouterr().err


@pytest.mark.parametrize(("remedy", "status"), [("", 0), ("run: pip", 1)])
def test_the_doctor_prints_its_report(remedy, status, own_progress, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "check_versions", lambda: [doctor.Finding("torch", "1.0", remedy)])
    monkeypatch.setattr(doctor, "_work", lambda: doctor.REFERENCE_WORK)
    assert command.main(["doctor"]) == status
    said = capsys.readouterr().out
    assert "torch" in said
    assert "01_target_lag: 0." in said
    assert str(own_progress) in said


@pytest.mark.parametrize(("name", "module"), [("slides", slides), ("class-summary", class_summary)])
def test_instructors_commands_get_the_words_that_follow(name, module, monkeypatch):
    calls = []
    monkeypatch.setattr(module, "main", lambda words: calls.append(words) or 3)
    assert command.main([name, "folder", "--out", "x", "y", "-h", "--o=z"]) == 3
    assert calls == [["folder", "--out", "x", "y", "-h", "--o=z"]]


def test_the_tests_run_in_a_clone_and_only_there(monkeypatch, capsys, tmp_path):
    calls = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pytest, "main", lambda words: calls.append((Path.cwd(), words)) or 5)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert command.main(["test", "-k", "x"]) == 5
    assert calls == [(ROOT, ["-n", "3", "-k", "x"])]
    assert command.os.environ["OMP_NUM_THREADS"] == "1"
    monkeypatch.setitem(sys.modules, "pytest", None)
    assert command.main(["test"]) == 1
    assert "setup.py test browser docs slides" in capsys.readouterr().err.replace("\\", "/")
    monkeypatch.setattr(work_folder, "clone", lambda: None)
    assert command.main(["test"]) == 1
    assert "in a clone of the repository" in capsys.readouterr().err


def test_installed_notebooks_are_found_without_a_clone(monkeypatch, tmp_path):
    class Installed(type(tmp_path)):
        def locate(self):
            return self

    names = ("b.ipynb", "a.ipynb", "remoteEntry.js")
    monkeypatch.setattr(work_folder, "clone", lambda: None)
    files = [Installed(tmp_path / name) for name in names]
    monkeypatch.setattr(work_folder.metadata, "files", lambda name: files)
    assert list(work_folder.course_notebooks()) == ["a.ipynb", "b.ipynb"]


def test_hand_in_writes_one_file(tmp_path, capsys):
    words = ["hand-in", "Anna K.", "--folder", str(tmp_path), "--out", str(tmp_path)]
    assert command.main(words) == 0
    record = json.loads((tmp_path / "dqn-lessons-Anna-K.json").read_text(encoding="utf-8"))
    assert record["student"] == "Anna K."
    assert command.main([*words[:-1], str(tmp_path / "no" / "folder")]) == 1
    assert "Remedy: name a folder" in capsys.readouterr().err
