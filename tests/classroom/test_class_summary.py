"""The class summary: counted by hand, fed with rubbish, and without a name in what it writes."""

import ast
import csv
import errno
import inspect
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dqn_classroom import progress
from dqn_classroom.exercises import check, clues, stages
from dqn_classroom.instructor.class_summary import catalogue, reading
from dqn_classroom.instructor.class_summary.__main__ import main
from dqn_classroom.instructor.class_summary.catalogue import (
    GENERAL,
    Asked,
    Course,
    Task,
)
from dqn_classroom.instructor.class_summary.counting import FILES, LECTURES, UNKNOWN, count
from dqn_classroom.instructor.class_summary.page import lines, render
from dqn_classroom.instructor.class_summary.reading import LIMIT, UnusableError, parse, read_folder
from dqn_classroom.lessons import LESSONS
from dqn_classroom.lessons.lesson import former

NUMBERS = {topic: str(lesson.number) for topic, lesson in LESSONS.items()}
CLINIC = NUMBERS["bug_clinic"]
VANILLA = NUMBERS["vanilla_dqn"]


def student(**parts):
    return {**progress.empty(), **parts}


def entry(status, attempts, hints=0, **mistakes):
    made = {name.replace("_", " "): times for name, times in mistakes.items()}
    return {"status": status, "attempts": attempts, "hints": hints, "mistakes": made}


ANNA = student(
    exercises={"td_target": entry("passes", 3, 1, no_terminal_mask=2)},
    quizzes={"lesson 2-1": 1},
    first_quizzes={"lesson 2-1": 0},
    predictions={"02-clock": 0},
    first_predictions={"02-clock": 2},
    clinic={"no discount": {"no discount": 1, "epsilon for gamma": 2}},
)
BEN = student(
    exercises={
        "td_target": entry("wrong", 2, 0, no_terminal_mask=1, shape=1),
        "train_critic": entry("passes", 1),
    },
    quizzes={"lesson 2-1": 0},
    predictions={"02-clock": 2},
)
CLEO = student(
    exercises={
        "td_target": entry("passes", 6, 3, no_discount=5),
        "train_critic": entry("not attempted", 0, 1),
    },
    quizzes={"lesson 2-1": 1},
    predictions={"02-clock": 2},
    clinic={"no discount": {"epsilon for gamma": 1}, "healthy": {"healthy": 1}},
)
DORA = student()
CLASS = {"anna-k": ANNA, "sub/ben-m": BEN, "sub/deeper.json/cleo-p": CLEO, "dora-z": DORA}


def hand_in(folder, files):
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


@pytest.fixture(scope="module")
def course():
    return catalogue.course()


@pytest.fixture
def counts(course):
    return count(CLASS.values(), course)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the page and the table of the class, written by the command."""
    base = tmp_path_factory.mktemp("class")
    bad = {"eve-x": b"\xff", "sub/copy-of-it": CLASS["anna-k"]}
    folder = hand_in(base / "in", {**CLASS, **bad})
    assert main([str(folder), "--out", str(base / "out")]) == 0
    table = (base / "out" / "summary.csv").read_text(encoding="utf-8-sig")
    return (base / "out" / "summary.html").read_text(encoding="utf-8"), table


def numbers(table, part, item, detail=""):
    """Return what one item of the table says: measure -> (value, of)."""
    rows = [
        row for row in table.values() if (row.part, row.item, row.detail) == (part, item, detail)
    ]
    return {row.measure: (row.value, row.of) for row in rows}


def named(table, part):
    return [(line["lesson"], line["item"], line["detail"]) for line in lines(table, part)]


def tally(students, times, not_passed=None, *, of):
    """Return the numbers of something that students met."""
    kept = {"students": (students, of), "times": (times, "")}
    return kept if not_passed is None else {**kept, "not passed yet": (not_passed, students)}


def test_exercises_are_counted(counts):
    assert counts[FILES].value == 4
    assert numbers(counts, "exercise", "td_target") == {
        "tried": (3, 4),
        "passed": (2, 3),
        "not passed yet": (1, 3),
        "took a hint": (2, 4),
        "median attempts": (3, 3),
    }
    other = numbers(counts, "exercise", "train_critic")
    assert [value for value, _ in other.values()] == [1, 1, 0, 1, 1]
    assert numbers(counts, "exercise", "iqm")["median attempts"] == ("", 0)


def test_misconceptions_are_counted_and_ranked_by_students(counts):
    assert named(counts, "misconception") == [
        (VANILLA, "td_target", "no terminal mask"),
        (VANILLA, "td_target", "no discount"),
    ]
    met = numbers(counts, "misconception", "td_target", "no terminal mask")
    assert met == tally(2, 3, 1, of=3)
    # five times, but one student
    assert numbers(counts, "misconception", "td_target", "no discount") == tally(1, 5, 0, of=3)
    assert named(counts, "other mistake") == [("", "", "shape")]
    assert numbers(counts, "other mistake", "", "shape") == tally(1, 1, of=4)


def chosen(table, part, key, measure="chose"):
    wanted = (part, key, measure)
    return [row.value for row in table.values() if (row.part, row.item, row.measure) == wanted]


def test_answers_are_counted(counts):
    assert chosen(counts, "quiz", "lesson 2-1")[:2] == [1, 2]
    assert sum(chosen(counts, "quiz", "lesson 2-1")) == 3
    assert chosen(counts, "prediction", "02-clock") == [1, 0, 2, 0]
    assert counts[UNKNOWN].value == 0


def test_first_answers_are_counted_where_they_were_kept(counts, course):
    assert chosen(counts, "quiz", "lesson 2-1", "chose first")[:2] == [1, 0]
    quiz = numbers(counts, "quiz", "lesson 2-1")
    assert quiz == {"right": (2, 3), "right at first": (0, 1)}
    assert chosen(counts, "prediction", "02-clock", "chose first") == [0, 0, 1, 0]
    text = " ".join("".join(Page(render(counts, course)).words).split())
    assert "1 (at first 0) · about" in text
    assert "2 (at first 1) · about" in text
    old = render(count([BEN], course), course)
    assert "at first 0" not in old
    assert "not kept" in old


def test_votes_by_hand_are_counted_apart_from_students(counts, course):
    room = {"02-clock": {"0": 12, "2": 3}, "lesson 2-1": {"1": 9}}
    lecture = student(predictions={"02-clock": 0}, votes=room)
    another = student(votes={"02-clock": {"2": 5, "9": 1}, ALERT: {"0": 1}})
    both = count([*CLASS.values(), lecture, another], course)
    assert (both[FILES].value, both[LECTURES].value, both[UNKNOWN].value) == (4, 2, 2)
    assert chosen(both, "vote", "02-clock", "hands") == [12, 0, 8, 0]
    assert sum(chosen(both, "vote", "lesson 2-1", "hands")) == 9
    apart = {k: r for k, r in both.items() if r.part != "vote" and k not in (LECTURES, UNKNOWN)}
    assert apart == {k: r for k, r in counts.items() if k not in (LECTURES, UNKNOWN)}
    text = " ".join("".join(Page(render(both, course)).words).split())
    assert "Of lectures: 2 files" in text
    assert re.search(r"12 · about 10: .* 0 · about 9: .* 8 · about 5 0 · about 1", text)
    assert "Votes in class" not in render(counts, course)


def test_a_folder_with_the_file_of_a_lecture_alone_is_shown(tmp_path):
    lecture = student(votes={"lesson 2-1": {"1": 9}})
    assert main([str(hand_in(tmp_path, {"a": lecture})), "--out", str(tmp_path / "out")]) == 0
    assert "Votes in class" in (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")


def test_how_far_each_got_is_counted(counts):
    reached = {line["lesson"]: line for line in lines(counts, "lesson")}
    assert list(reached) == list(NUMBERS.values())
    began = {number: line["began"].value for number, line in reached.items()}
    none = dict.fromkeys(reached, 0)
    assert began == none | {NUMBERS["target_lag"]: 2, NUMBERS["vanilla_dqn"]: 3, CLINIC: 2}
    furthest = {number: line["furthest"].value for number, line in reached.items()}
    assert furthest == none | {NUMBERS["vanilla_dqn"]: 1, CLINIC: 2}
    assert {line["furthest"].of for line in reached.values()} == {4}


def test_the_clinic_is_counted(counts):
    assert named(counts, "clinic") == [
        (CLINIC, "healthy", "healthy"),
        (CLINIC, "no discount", "no discount"),
        (CLINIC, "no discount", "epsilon for gamma"),
    ]
    assert numbers(counts, "clinic", "no discount", "no discount") == tally(1, 1, of=2)
    assert numbers(counts, "clinic", "no discount", "epsilon for gamma") == tally(2, 3, of=2)
    assert numbers(counts, "clinic", "healthy", "healthy") == tally(1, 1, of=1)
    rows = [row for row in counts.values() if row.part == "clinic part"]
    assert {(row.item, row.detail): (row.value, row.of) for row in rows if row.value} == {
        ("target", "target"): (2, 2),
        ("healthy", "healthy"): (1, 1),
    }
    assert {row.item for row in rows} == {"target", "healthy"}


def test_the_table_says_the_same(written):
    found = {tuple(r[:5]): tuple(r[5:]) for r in csv.reader(written[1].splitlines())}
    td = ("exercise", VANILLA, "td_target", "")
    mask = ("misconception", VANILLA, "td_target", "no terminal mask")
    assert found["class", "", "", "", "progress files"] == ("4", "")
    assert found[(*td, "tried")] == ("3", "4")
    assert found[(*td, "passed")] == ("2", "3")
    assert found[(*td, "took a hint")] == ("2", "4")
    assert found[(*td, "median attempts")] == ("3", "3")
    assert found[(*mask, "students")] == ("2", "3")
    assert found[(*mask, "times")] == ("3", "")
    assert found[(*mask, "not passed yet")] == ("1", "2")
    assert found["other mistake", "", "", "shape", "students"] == ("1", "4")
    assert found["quiz", VANILLA, "lesson 2-1", "", "right"] == ("2", "3")
    assert found["prediction", VANILLA, "02-clock", "about 5", "chose"] == ("2", "3")
    assert found["clinic", CLINIC, "no discount", "no discount", "students"] == ("1", "2")
    assert found["clinic", CLINIC, "no discount", "epsilon for gamma", "times"] == ("3", "")
    assert found["clinic part", CLINIC, "target", "target", "students"] == ("2", "2")


class Page(HTMLParser):
    """Tags, attributes and headings of a page; the tags must be closed in order."""

    VOID = ("meta", "br")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_is_one_file_that_anyone_can_read(written):
    page = Page(written[0])
    assert page.named("html") == [{"lang": "en"}]
    headings = [tag for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
    assert headings == ["h1"] + 7 * ["h2"]
    assert len(page.named("table")) >= 8
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "img", "iframe", "a", "form", "object"}
    assert all("href" not in a and not any(k.startswith("on") for k in a) for _, a in page.tags)


def test_a_count_stands_on_a_bar_as_long_as_its_share(written):
    bars = re.findall(r'--part:(\d+)%">(\d+) of (\d+)</td>', written[0])
    assert ("67", "2", "3") in bars
    assert all(int(end) == round(100 * int(some) / int(whole)) for end, some, whole in bars)


def test_the_page_leads_with_what_most_students_met(written):
    text = " ".join("".join(Page(written[0]).words).split())
    lead = text[text.index("What to talk about") : text.index("Exercises")]
    assert lead.index("no terminal mask") < lead.index("no discount")
    assert "2 of 3 students who tried it, 3 times in all; not passed yet by 1 of the 2." in lead
    assert "From 4 progress files" in text
    assert "Left out because they could not be used: 1 file." in text
    assert "Equal to another and not counted again: 1 file." in text


NAMES = ("anna", "ben-m", "cleo-p", "dora", "eve-x", "copy-of", "deeper", "sub/")


def test_no_file_name_is_in_what_is_written(written):
    for output in written:
        assert [name for name in NAMES if name in output.lower()] == []


def test_counts_do_not_depend_on_the_order(counts, course):
    assert [*count(reversed(CLASS.values()), course).items()] == [*counts.items()]


def test_what_is_written_does_not_depend_on_names_and_order(written, tmp_path):
    renamed = dict(zip("dcba", CLASS.values(), strict=True))
    bad = {"x": b"\xff", "y": DORA}
    assert main([str(hand_in(tmp_path / "in", {**renamed, **bad})), "--out", str(tmp_path)]) == 0
    assert (tmp_path / "summary.html").read_text(encoding="utf-8") == written[0]
    assert (tmp_path / "summary.csv").read_text(encoding="utf-8-sig") == written[1]


def test_a_full_disk_keeps_the_old_page(written, tmp_path, monkeypatch, capsys):
    for name in ("summary.html", "summary.csv"):
        (tmp_path / name).write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dqn_lessons.experiments.files.os.fsync", full)
    folder = hand_in(tmp_path / "in", CLASS)
    assert main([str(folder), "--out", str(tmp_path)]) == 1
    assert "it cannot be written (No space left on device)" in capsys.readouterr().err
    for name in ("summary.html", "summary.csv"):
        assert (tmp_path / name).read_text(encoding="utf-8") == "old"


def text_of(record):
    return json.dumps(record)


def with_count(count_text):
    return text_of(ANNA).replace('"attempts": 3', f'"attempts": {count_text}')


HOSTILE = {
    "empty": (b"", "it is not JSON"),
    "words": (b"print('hello')", "it is not JSON"),
    "cut off": (text_of(ANNA)[:-1], "it is not JSON"),
    "pickle": (b"\x80\x04\x95\x05\x00", "it is not UTF-8 text"),
    "UTF-16": (text_of(ANNA).encode("utf-16"), "it is not UTF-8 text"),
    "list": (b"[]", "it is no JSON object"),
    "null": (b"null", "it is no JSON object"),
    "another object": (b'{"a": 1}', "its version is not 1"),
    "wrong version": (text_of({**ANNA, "version": 2}), "its version is not 1"),
    "true version": (text_of({**ANNA, "version": True}), "its version is not 1"),
    "wrong structure": (text_of({**ANNA, "exercises": []}), "its part exercises is no JSON object"),
    "negative count": (with_count(-1), "an entry of exercises is malformed"),
    "true for a count": (with_count("true"), "an entry of exercises is malformed"),
    "fraction": (with_count(1.5), "an entry of exercises is malformed"),
    "large count": (with_count(10**7), "an entry of exercises is malformed"),
    "1e999": (with_count("1e999"), "an entry of exercises is malformed"),
    "many digits": (with_count("9" * 5000), "it holds a number of too many digits"),
    "NaN": (with_count("NaN"), "NaN is no JSON number"),
    "Infinity": (with_count("-Infinity"), "-Infinity is no JSON number"),
    "twice": ('{"version": 1,' + text_of(ANNA)[1:], "a name stands twice in one JSON object"),
    "deep": ('{"a":' * 100_000, "it is nested too deeply"),
    "deep list": ("[" * 100_000, "it is nested too deeply"),
    "large": (text_of(ANNA) + " " * LIMIT, "it is larger than 1,000,000 bytes"),
    "clinic": (text_of({**ANNA, "clinic": {"a": {"b": -1}}}), "an entry of clinic is malformed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_left_out_with_its_reason(name, tmp_path):
    content, reason = HOSTILE[name]
    content = content.encode() if isinstance(content, str) else content
    found = read_folder(hand_in(tmp_path, {"good": BEN, "bad": content}))
    assert found.records == [BEN]
    ((file, said),) = found.skipped
    assert file == "bad.json"
    assert said.startswith(reason)


def test_a_file_of_the_largest_size_is_read():
    text = text_of(ANNA)
    assert parse((text + " " * (LIMIT - len(text))).encode()) == ANNA


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and links")
def test_links_and_fifos_are_neither_followed_nor_waited_for(tmp_path):
    outside = hand_in(tmp_path / "outside", {"secret": ANNA})
    folder = hand_in(tmp_path / "in", {"good": BEN})
    os.mkfifo(folder / "fifo.json")
    (folder / "link.json").symlink_to(outside / "secret.json")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    (folder / "folder").symlink_to(outside)
    (folder / "round").symlink_to(folder)
    (folder / "notes.txt").symlink_to(outside / "secret.json")
    (folder / "DEVICE.JSON").symlink_to("/dev/zero")
    found = read_folder(folder)
    assert found.records == [BEN]
    link = "it is a link, and links are not followed"
    assert dict(found.skipped) == {
        "fifo.json": "it is not an ordinary file",
        **dict.fromkeys(["link.json", "loop.json", "folder", "round", "DEVICE.JSON"], link),
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and links")
@pytest.mark.parametrize(("kind", "said"), [("fifo", "not JSON"), ("link", "cannot be read")])
def test_a_file_that_changes_its_kind_meanwhile_does_no_harm(kind, said, tmp_path):
    path = tmp_path / "a.json"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(UnusableError, match=said):
        parse(reading._read(path))


def test_what_may_not_be_read_is_left_out(tmp_path, monkeypatch):
    folder = hand_in(tmp_path, {"good": BEN, "locked": ANNA, "room/file": CLEO})
    real_open, real_list = reading._open, os.listdir

    def refuse(path):
        if path.name == "locked.json":
            raise PermissionError(13, "Permission denied")
        return real_open(path)

    def refuse_list(path):
        if Path(path).name == "room":
            raise PermissionError(13, "Permission denied")
        return real_list(path)

    monkeypatch.setattr(reading, "_open", refuse)
    monkeypatch.setattr(reading.os, "listdir", refuse_list)
    found = read_folder(folder)
    assert found.records == [BEN]
    assert dict(found.skipped) == {
        "locked.json": "it cannot be read (Permission denied)",
        "room": "this folder cannot be opened (Permission denied)",
    }


@pytest.mark.skipif(os.name == "nt", reason="paths are short there")
def test_many_folders_within_folders_are_walked(tmp_path):
    deep = tmp_path
    for _ in range(sys.getrecursionlimit() + 50):
        deep = deep / "a"
        deep.mkdir()
    hand_in(deep, {"good": BEN})
    try:
        assert read_folder(tmp_path).records == [BEN]
    finally:
        (deep / "good.json").unlink()
        os.removedirs(deep)


def test_copies_count_once_and_this_is_said(tmp_path, capsys):
    folder = hand_in(tmp_path, {"a": ANNA, "b": ANNA, "c/d": ANNA, "e": BEN})
    assert read_folder(folder).records == [ANNA, BEN]
    assert read_folder(folder).copies == 2
    kept = read_folder(folder, keep_copies=True)
    assert (len(kept.records), kept.copies) == (4, 0)
    assert main([str(folder), "--out", str(tmp_path / "out")]) == 0
    assert "2 files equal to another, byte for byte: counted once." in capsys.readouterr().out


def test_a_name_cannot_speak_to_the_terminal(tmp_path, capsys):
    name = os.fsdecode("\x1b[31mred\n\u202efdp".encode())  # also where file names are ASCII
    hand_in(tmp_path, {name: b"", "good": DORA})
    main([str(tmp_path), "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert said.err.splitlines() == [f"left out {name + '.json'!r}: it is not JSON"]
    assert r"'\x1b[31mred\n\u" in said.err
    assert "\x1b" not in said.out + said.err


def test_a_class_of_one_who_tried_nothing(tmp_path, capsys):
    assert main([str(hand_in(tmp_path, {"a": DORA})), "--out", str(tmp_path / "out")]) == 0
    assert "1 progress file counted." in capsys.readouterr().out
    page = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    assert "No misconception was met" in page
    assert "it shows what one student did" in page


def test_a_class_of_five_hundred(course):
    counts = count([*CLASS.values()] * 125, course)
    task = numbers(counts, "exercise", "td_target")
    assert [value for value, _ in task.values()] == [375, 250, 125, 250, 3]
    assert counts[FILES].value == 500
    met = numbers(counts, "misconception", "td_target", "no terminal mask")
    assert met == tally(250, 375, 125, of=375)


def test_a_class_whose_counts_are_as_large_as_they_may_be(course):
    most = student(exercises={"td_target": entry("wrong", 10**6, 10**6, no_discount=10**6)})
    counts = count([most] * 500, course)
    assert numbers(counts, "exercise", "td_target")["median attempts"] == (10**6, 500)
    met = numbers(counts, "misconception", "td_target", "no discount")
    assert met == tally(500, 5 * 10**8, 500, of=500)


@pytest.mark.parametrize(
    ("files", "said"),
    [({}, "(no .json file)"), ({"a": b"", "b": b"[]"}, "(2 files left out)")],
)
def test_a_folder_with_nothing_usable_is_an_error_with_a_remedy(files, said, tmp_path, capsys):
    (tmp_path / "progress.txt").write_text(text_of(ANNA), encoding="utf-8")
    out = tmp_path / "out"
    assert main([str(hand_in(tmp_path, files)), "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert f"it holds no usable progress file {said}." in error
    assert "Remedy: ask your students" in error
    assert not out.exists()


def test_a_folder_that_is_not_there_is_said_before_anything_is_loaded(tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "dqn_classroom.instructor.class_summary"]
    ended = subprocess.run(
        [*command, str(tmp_path / "no")], capture_output=True, text=True, encoding="utf-8"
    )
    assert ended.returncode == 1
    assert "there is no such folder" in ended.stderr
    assert "torch" not in ended.stderr


def test_a_place_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path, capsys):
    folder = hand_in(tmp_path, {"a": DORA})
    assert main([str(folder), "--out", str(folder / "a.json")]) == 1
    error = capsys.readouterr().err
    assert "it cannot be written" in error
    assert "Remedy: name a folder" in error


ALERT = "<script>alert(1)</script>"
STRANGE = student(
    exercises={
        ALERT: entry("passes", 1),
        "iqm": {**entry("wrong", 2), "mistakes": {ALERT: 1, "=HYPERLINK(1)": 1}},
    },
    quizzes={ALERT: 1, "lesson 2-1": 99},
    predictions={ALERT: 1, "02-clock": -1},
    clinic={ALERT: {"healthy": 1}, "healthy": {ALERT: 1}},
)


def test_no_part_exceeds_its_whole_in_a_file_edited_by_hand(course):
    by_hand = {"iqm": entry("passes", 0), "td_loss": entry("not attempted", 0, root=3)}
    counts = count([student(exercises=by_hand)], course)
    iqm, loss = (numbers(counts, "exercise", name) for name in by_hand)
    assert (iqm["tried"], iqm["passed"]) == ((1, 1), (1, 1))
    assert loss["tried"] == (1, 1)
    assert numbers(counts, "misconception", "td_loss", "root")["students"] == (1, 1)


def test_unknown_names_are_counted_and_never_shown(tmp_path, capsys, course):
    found = count([STRANGE], course)
    assert found[UNKNOWN].value == 9
    assert numbers(found, "exercise", "iqm")["tried"] == (1, 1)
    assert not any(lines(found, part) for part in ("misconception", "other mistake", "clinic"))
    assert main([str(hand_in(tmp_path, {"a": STRANGE})), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    files = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()]
    assert len(files) == 2
    for output in (said.out, said.err, *files):
        assert "alert(1)" not in output
        assert "HYPERLINK" not in output


def test_names_of_the_course_are_escaped_as_well():
    evil = ALERT + '"&$x_$'
    course = Course(
        tasks={evil: Task(evil, {evil: evil})},
        quizzes={evil: Asked(evil, evil, (evil, evil + "2"), 0)},
        predictions={evil: Asked(evil, evil, (evil, evil))},
        bugs={"healthy": "healthy", evil: evil},
        lessons={evil: evil},
    )
    record = student(
        exercises={evil: {**entry("wrong", 1), "mistakes": {evil: 1}}},
        quizzes={evil: 1},
        predictions={evil: 1},
        clinic={evil: {"healthy": 1, evil: 1}},
    )
    text = render(count([record], course), course)
    page = Page(text)
    assert "<script" not in text
    assert not page.named("script")
    assert "".join(page.words).count("alert(1)") > 10


@given(st.binary(max_size=300))
def test_random_bytes_are_left_out(data):
    with pytest.raises(UnusableError):
        parse(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@settings(max_examples=settings().max_examples // 2)
@given(rubbish=st.lists(JSON.map(json.dumps).map(str.encode) | st.binary(), max_size=4))
def test_rubbish_changes_no_count(rubbish, course, tmp_path_factory):
    bad = {f"bad-{i}": data for i, data in enumerate(rubbish)}
    found = read_folder(hand_in(tmp_path_factory.mktemp("in"), {**CLASS, **bad}))
    assert len(found.skipped) == len(rubbish)
    assert count(found.records, course) == count(CLASS.values(), course)


def places(value, here=()):
    yield here
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*here, key))


def changed(value, place, new):
    if not place:
        return new
    return {**value, place[0]: changed(value[place[0]], place[1:], new)}


@given(
    place=st.sampled_from([p for p in places(ANNA) if p]),
    new=JSON | st.integers(0, 9) | st.dictionaries(st.text(), st.integers(-1, 9)),
)
def test_a_record_changed_in_one_place_is_left_out_or_counted_sensibly(place, new, course):
    try:
        record = parse(json.dumps(changed(ANNA, place, new)).encode())
    except UnusableError:
        return
    counts = count([record, BEN], course)
    for row in counts.values():
        if row.measure not in ("median attempts", "times") and row.of != "":
            assert 0 <= row.value <= row.of
    assert counts[FILES].value == 2
    assert numbers(counts, "exercise", "train_critic")["tried"][0] in (1, 2)


def test_every_mistake_that_a_check_can_say_has_a_meaning():
    said = set()
    for module in (check, clues, stages):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            called = getattr(node, "func", None)
            name = getattr(called, "id", getattr(called, "attr", ""))
            if name == "Outcome":
                values = [k.value for k in node.keywords if k.arg == "mistake"]
                said |= {v.value for v in values if isinstance(v, ast.Constant)}
            elif name == "wrong" and isinstance(node.args[0], ast.Constant):
                said |= {node.args[0].value}
            elif module is clues and isinstance(node, ast.Return):
                pair = getattr(node.value, "elts", [])
                said |= {one.value for one in pair[:1] if isinstance(one, ast.Constant)}
    said -= {""}  # without a name: no known mistake
    assert len(said) > 18
    assert said <= set(GENERAL)
    assert "TypeError" in GENERAL


def test_predictions_are_known_without_the_notebooks(course):
    assert course.predictions["02-clock"].lesson == VANILLA
    assert course.predictions["02-clock"].options[3] == "about 1"


def test_a_course_without_predictions_is_shown(course):
    bare = Course(course.tasks, course.quizzes, {}, course.bugs, {})
    counts = count([ANNA], bare)
    assert counts[UNKNOWN].value == 1
    assert "No one has made one yet" in render(counts, bare)


# What progress files of the first edition call exercises and mistakes that have new names now.
FIRST_EDITION = {
    "discounted_return": ["power turned round"],
    "bias_td_target": ["copy only", "discount turned round", "copy as it is"],
    "hard_update": ["division turned round"],
    "soft_update": ["copy not shrunk", "copy", "old copy lost"],
    "equivalent_tau": ["fraction turned round"],
    "epsilon_greedy": ["coin turned round", "fair coin"],
    "td_target": ["mask turned round", "mask on the reward too", "mean over actions"],
    "taken_values": ["mean over actions"],
    "ring_row": ["stays at the last row", "turned round"],
    "sample_rows": ["always the newest"],
    "update_is_due": ["no warm-up", "division turned round"],
    "reachable_share": ["ceiling, not share"],
    "expected_value": [
        *("one update per copy", "counts updates for copies", "counts the period for copies"),
        *("the copy does not look ahead", "gamma turned round", "never copied"),
    ],
}


def test_a_progress_file_of_the_first_edition_is_counted_in_todays_names(course):
    made = {
        name: {**entry("wrong", 1), "mistakes": dict.fromkeys(mistakes, 1)}
        for name, mistakes in FIRST_EDITION.items()
    }
    counts = count([student(exercises=made)], course)
    assert counts[UNKNOWN].value == 0
    met = [(item, detail) for _, item, detail in named(counts, "misconception")]
    assert len(met) == sum(map(len, FIRST_EDITION.values()))
    assert ("td_target", "terminal mask reversed") in met
    assert ("learn_step", "mean over actions") in met  # the mistake of that name is still one here
    assert ("soft_update", "hard update") in met


def test_an_exercise_under_its_former_names_and_its_present_one_is_one(course):
    both = {
        "ring_row": entry("passes", 2, 1, turned_round=1),
        "write_index": entry("wrong", 2, 0, reversed=1, shape=1),
        "store_": entry("wrong", 1, 0, reversed=1),
    }
    counts = count([student(exercises=both)], course)
    told = numbers(counts, "exercise", "store_")
    assert [value for value, _ in told.values()] == [1, 1, 0, 1, 5]
    assert numbers(counts, "misconception", "store_", "reversed") == tally(1, 3, 0, of=1)


def test_no_former_name_is_also_a_present_one(course):
    exercises = {name: row for lesson in LESSONS.values() for name, row in lesson.exercises.items()}
    assert [one for row in exercises.values() for one in former(row) if one in exercises] == []
    for row in exercises.values():
        before = [one for mistake in row["mistakes"].values() for one in former(mistake)]
        assert len({*before, *row["mistakes"]}) == len(before) + len(row["mistakes"])
