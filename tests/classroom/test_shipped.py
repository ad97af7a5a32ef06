"""The shipped runs are what was shipped, fit their configurations, and can be made again."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dqn_classroom import shipped
from dqn_classroom.shipped import budget
from dqn_lessons.experiments.checkpoint import CheckpointError
from dqn_lessons.experiments.flight_recorder import CARTPOLE_SLICE
from dqn_lessons.presets import SOLVED_CARTPOLE
from dqn_lessons.train import train

EACH = pytest.mark.parametrize("study", shipped.STUDIES)


@EACH
def test_a_shipped_study_is_complete_and_of_the_configuration_in_the_code(study):
    histories = shipped.load(study)
    assert list(histories) == list(shipped.STUDIES[study])
    for arm, history in histories.items():
        assert history.config == shipped.STUDIES[study][arm]
        assert history.seeds == tuple(shipped.seeds_of(study))
        assert len(history.seeds) >= 20
        assert history.complete
        shape = (24, history.config.steps // history.config.eval_period)
        assert history.eval_return.shape == history.max_abs_q.shape == shape
        assert history.q_probe.shape == (*shape, 1)
        assert np.isfinite(history.eval_return).all()


def test_the_shipped_files_are_small_and_nothing_else_lies_there():
    names = {path.name for path in shipped.FOLDER.iterdir()}
    manifest = json.loads((shipped.FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert names == {"manifest.json", *manifest["sha256"]}
    assert sum(path.stat().st_size for path in shipped.FOLDER.iterdir()) < 1_000_000
    assert {"python", "torch", "numpy", "gymnasium"} <= set(shipped.made_with())


def test_one_condition_can_be_made_again():
    """Another machine rounds otherwise, so later evaluations agree in law, not in digits."""
    theirs = shipped.load("catch")["both"]
    again = shipped.thin(train(theirs.config, theirs.seeds, progress=False).history)
    np.testing.assert_array_equal(again.eval_step, theirs.eval_step)
    first = slice(0, 1)
    np.testing.assert_allclose(again.q_probe[:, first], theirs.q_probe[:, first], atol=0.05)
    gap = again.eval_return.mean(0) - theirs.eval_return.mean(0)
    assert np.abs(gap).max() < 0.4
    np.testing.assert_allclose(
        again.eval_return[:, -1].mean(), theirs.eval_return[:, -1].mean(), atol=0.1
    )


ARMS = [(name, arm) for name, c in shipped.COMPARISONS.items() for arm in c.arms]


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_a_comparison_of_a_lesson_can_be_made_again(name, arm, monkeypatch):
    """CI reads these where a student trains them: here it trains them once."""
    config = shipped.COMPARISONS[name].arms[arm]
    monkeypatch.setenv(budget.VARIABLE, "ci")
    kept = shipped.history(config, shipped.LESSON_SEEDS)
    assert kept.config == config
    assert kept.complete
    monkeypatch.setenv(budget.VARIABLE, "full")
    again = shipped.thin(shipped.history(config, shipped.LESSON_SEEDS))
    np.testing.assert_array_equal(again.eval_step, kept.eval_step)
    # Another machine rounds otherwise, so the ends agree in law, not in digits.
    np.testing.assert_allclose(again.q_probe[:, 0], kept.q_probe[:, 0], rtol=0.05, atol=0.5)
    for measure in ("eval_return", "q_probe"):
        ours, theirs = (getattr(h, measure)[:, -3:].reshape(16, -1) for h in (again, kept))
        ours, theirs = ours.mean(1), theirs.mean(1)
        noise = np.sqrt((ours.var() + theirs.var()) / 16)
        assert abs(ours.mean() - theirs.mean()) < 4 * noise + 0.05 * abs(theirs.mean()) + 0.05


def test_a_changed_file_is_refused_by_name(tmp_path):
    folder = tmp_path / "reference"
    shutil.copytree(shipped.FOLDER, folder)
    victim = folder / "catch-both.npz"
    victim.write_bytes(victim.read_bytes() + b" ")
    with pytest.raises(CheckpointError, match=r"catch-both\.npz.*python -m dqn_classroom.shipped"):
        shipped.load("catch", folder)
    victim.unlink()
    with pytest.raises(CheckpointError, match=r"catch-both\.npz"):
        shipped.load("catch", folder)


def test_an_unknown_study_is_named():
    with pytest.raises(KeyError, match=r"'pong'.*cartpole"):
        shipped.load("pong")


def test_the_command_names_what_it_can_make():
    command = [sys.executable, "-m", "dqn_classroom.shipped", "pong"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert said.returncode == 1
    assert "no shipped 'pong'" in said.stderr
    assert all(name in said.stderr for name in (*shipped.STUDIES, *shipped.COMPARISONS, "agent"))


def test_the_shipped_flight_is_of_an_agent_that_learns_and_forgets():
    flight = shipped.flight()
    assert flight.history.config == shipped.STUDIES["solver"]["step size stays"]
    steps = list(flight.terminals)
    assert steps == flight.history.eval_step.tolist()
    returns = np.array([flight.at(step, "eval_return") for step in steps])
    solved = int(np.argmax(returns >= 475))
    assert returns[solved] >= 475
    assert returns[solved:].min() < 350
    same = shipped.load("solver")["step size stays"].eval_return[flight.learner]
    np.testing.assert_allclose(returns, same, err_msg="the flight is one of the shipped runs")
    assert flight.q_map(steps[-1], CARTPOLE_SLICE).shape == (41, 41, 2)


def test_a_changed_flight_is_refused(tmp_path):
    folder = tmp_path / "reference"
    shutil.copytree(shipped.FOLDER, folder)
    victim = folder / shipped.FLIGHT
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"forgetting-flight\.npz.*shipped flight"):
        shipped.flight(folder)


def test_what_was_searched_is_not_reported():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "solve_cartpole.py"
    spec = importlib.util.spec_from_file_location("solve_cartpole", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    seeds = [*script.SEARCH_SEEDS, *script.REPORT_SEEDS, *shipped.SOLVER_SEEDS]
    assert len(set(seeds)) == len(seeds)
    assert script.SEARCH[0] == {}, "the winner itself is in the search"
    for changes in script.SEARCH:
        replace(SOLVED_CARTPOLE, **changes)
