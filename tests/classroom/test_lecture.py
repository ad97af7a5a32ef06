"""Lecture mode is a prebuilt extension; what it does, the browser tests see."""

import json
import tomllib
from pathlib import Path

import pytest

from dqn_classroom import progress
from dqn_classroom.exercises.questions import PREDICTIONS
from dqn_classroom.instructor.lecture import votes
from dqn_classroom.lessons import LESSONS, quiz

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "dqn_classroom" / "instructor" / "lecture" / "labextension"


def test_every_file_of_it_is_installed_where_jupyterlab_looks():
    package = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    entry = SOURCE / package["jupyterlab"]["_build"]["load"]
    assert f'"{package["name"]}"' in entry.read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    place = f"share/jupyter/labextensions/{package['name']}"
    installed = {
        f"{folder}/{file.name}"
        for folder, patterns in project["tool"]["setuptools"]["data-files"].items()
        for pattern in patterns
        for file in ROOT.glob(pattern)
    }
    files = [file.relative_to(SOURCE) for file in SOURCE.rglob("*") if file.is_file()]
    assert len(files) > 1
    assert {f"{place}/{file.as_posix()}" for file in files} <= installed


SLIDE = 'from dqn_classroom import predict\n\npredict("02-clock")\nquiz("vanilla_dqn")'


def test_a_slide_gives_its_questions_and_keeps_the_votes_of_a_room():
    asked = votes(SLIDE).data
    assert list(asked)[:2] == ["02-clock", "lesson 2-1"]
    assert len(asked) == 1 + len(LESSONS["vanilla_dqn"].quiz)
    assert asked["02-clock"]["options"] == [*enumerate(PREDICTIONS["02-clock"].options)]
    for key, view in zip(list(asked)[1:], quiz("vanilla_dqn").children, strict=True):
        assert [option for _, option in asked[key]["options"]] == view._shown(), "as a room sees it"
        assert sorted(asked[key]["options"]) == [*enumerate(view.question.options)]
    assert asked["02-clock"]["prompt"] == PREDICTIONS["02-clock"].prompt
    assert all(one["counts"] == {} for one in asked.values())
    assert votes("# predict('02-clock')\nprint(1)").data == {}

    votes(SLIDE, {"02-clock": {"0": 12, "2": 3}, "lesson 2-1": {"1": 4}})
    votes(SLIDE, {"02-clock": {"0": 13}})
    kept = {key: one["counts"] for key, one in votes(SLIDE).data.items() if one["counts"]}
    assert kept == {"02-clock": {"0": 13}, "lesson 2-1": {"1": 4}}
    record = progress.load()
    assert record["votes"] == kept
    assert (record["predictions"], progress.fault(record)) == ({}, "")


def test_hands_are_counted_where_one_option_is_chosen():
    """Of the solver's quiz: choose all, a number, one of three."""
    assert list(votes('quiz("solve_cartpole")').data) == ["solve_cartpole-3"]


@pytest.mark.parametrize("count", [-1, 1.5, True, "3", 10**6 + 1])
def test_a_count_that_is_none_is_not_kept(count):
    with pytest.raises(ValueError, match=r"02-clock.*an entry of votes is malformed"):
        votes(SLIDE, {"02-clock": {"0": count}})
    assert "votes" not in progress.load()
