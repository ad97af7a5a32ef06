"""Progress leaves the machine whole, is read again, and comes back."""

import base64
import json
import os
import re
from datetime import UTC, datetime
from html import unescape
from types import SimpleNamespace

import pytest

from dqn_classroom import predict, progress
from dqn_classroom.figures import line_plot
from dqn_classroom.hand_in import answers, hand_in, keep_progress, write_page
from dqn_classroom.instructor.class_summary.reading import parse

SOLVED = "@exercise\ndef td_target(reward):\n    return reward\n"
OPEN = "@exercise\ndef td_loss(q):\n    ...\n"


def notebook(path, *sources):
    cells = [{"cell_type": "code", "source": source.splitlines(True)} for source in sources]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    notebook(tmp_path / "1.ipynb", "import numpy", SOLVED, OPEN, "@exercise\nx = 1")
    notebook(tmp_path / "2.ipynb", OPEN.replace("...", "return q"), SOLVED.replace("re", "xx"))
    return tmp_path


def test_answers_are_the_cells_that_fill_in_an_exercise(folder, capsys):
    (folder / "3.ipynb").write_text("not a notebook", encoding="utf-8")
    notebook(folder / "4.ipynb", "@exercise\ndef long_one():\n" + "    x = 1\n" * 2_000)
    assert answers(folder) == {"td_target": SOLVED, "td_loss": OPEN.replace("...", "return q")}
    os.mkfifo(folder / "5.ipynb")
    assert answers(folder)
    said = capsys.readouterr().out
    assert "3.ipynb cannot be read" in said
    assert "5.ipynb cannot be read" in said


@pytest.mark.parametrize(
    ("name", "file"),
    [("", "dqn-lessons.json"), ("Zoë / ../O'Neill", "dqn-lessons-Zoë-O-Neill.json"),
     ("x" * 500, f"dqn-lessons-{'x' * 88}.json")],
)  # fmt: skip
def test_the_file_holds_what_it_says_and_the_class_summary_reads_it(name, file, folder, capsys):
    progress.note_answer("quizzes", "lesson 2-1", 1)
    written = hand_in(name, folder, folder)
    assert written == folder / file
    record = parse(written.read_bytes())
    assert record["quizzes"] == {"lesson 2-1": 1}
    assert record["student"] == name
    assert set(record["answers"]) == {"td_target", "td_loss"}
    said = capsys.readouterr().out
    assert str(written) in said
    assert "the code of 2 answers" in said
    assert (f"({name})" if name else "no name") in said


@pytest.fixture
def offer(monkeypatch):
    """The offer's button, its upload, and where it answers."""
    monkeypatch.setenv("BINDER_SERVICE_HOST", "x")
    _, buttons, said = keep_progress().children
    return SimpleNamespace(make=buttons.children[0], upload=buttons.children[1], said=said)


def test_a_click_keeps_the_first_answer_and_the_last():
    question = predict("00-random-return")
    for number in (3, 1, 2):
        question.answer(number)
    record = progress.load()
    assert record["predictions"] == {"00-random-return": 1}
    assert record["first_predictions"] == {"00-random-return": 2}


def choose(offer, data):
    """Do what the browser does when a file was chosen."""
    file = {"name": "a", "type": "", "size": len(data), "content": memoryview(data)}
    offer.upload.value = ({**file, "last_modified": datetime(2026, 1, 1, tzinfo=UTC)},)


@pytest.mark.parametrize("sign", ["BINDER_SERVICE_HOST", "COLAB_RELEASE_TAG"])
def test_the_offer_is_made_only_where_the_machine_is_forgotten(sign, monkeypatch):
    for name in ("BINDER_SERVICE_HOST", "BINDER_LAUNCH_HOST", "COLAB_RELEASE_TAG"):
        monkeypatch.delenv(name, raising=False)
    assert keep_progress() is None
    monkeypatch.setenv(sign, "x")
    assert "forgotten" in keep_progress().children[0].value


def test_what_is_downloaded_can_be_uploaded_on_the_next_machine(own_progress, offer):
    progress.note_answer("predictions", "p", 2)
    offer.make.click()
    data = base64.b64decode(re.search(r"base64,([^\"]+)", offer.said.value)[1])
    assert 'download="progress.json"' in offer.said.value
    own_progress.unlink()
    choose(offer, data)
    assert progress.load()["predictions"] == {"p": 2}
    assert "taken over" in offer.said.value


def test_a_wrong_upload_is_said_and_changes_nothing(own_progress, offer):
    progress.note_answer("predictions", "p", 2)
    before = own_progress.read_bytes()
    for data in (b"", b"\xff", b"[]", b'{"version": 99}', b"[" * 100_000):
        choose(offer, data)
        assert "no progress file" in unescape(offer.said.value)
    assert own_progress.read_bytes() == before
    assert [file.name for file in own_progress.parent.glob("*.json")] == ["progress.json"]


def test_an_experiment_is_one_page(tmp_path):
    figure = line_plot([0, 1], {"a <b>": [1.0, 2.0]}, "steps", "return")
    page = {"prediction": "more & more", "figure": figure, "out": tmp_path / "page.html"}
    written = write_page("C = 50", sentences=list("12<45"), **page).read_text("utf-8")
    assert "<h1>C = 50</h1>" in written
    assert "more &amp; more" in written
    assert written.count("<li>") == 5
    assert "<li>&lt;</li>" in written
    assert 'src="data:image/png;base64,' in written
    assert "Text alternative" in written
    assert "http" not in re.sub(r"data:image[^\"]*", "", written)


@pytest.mark.parametrize("sentences", [["one"] * 4, ["one"] * 4 + [" . "], []])
def test_a_page_without_its_sentences_is_refused(tmp_path, sentences):
    figure = line_plot([0, 1], {"a": [1.0, 2.0]}, "steps", "return")
    page = {"prediction": "x", "figure": figure, "out": tmp_path / "page.html"}
    with pytest.raises(ValueError, match="five sentences"):
        write_page("C = 50", sentences=sentences, **page)
    assert not list(tmp_path.iterdir())
