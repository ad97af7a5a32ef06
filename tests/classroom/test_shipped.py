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
from dqn_classroom.explorers import CARTPOLE_SLICE
from dqn_classroom.shipped import results
from dqn_classroom.shipped.__main__ import make, thin
from dqn_classroom.shipped.budget import VARIABLE
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.checkpoint import CheckpointError
from dqn_lessons.experiments.presets import SOLVED_CARTPOLE
from dqn_lessons.experiments.sweep import result_path, sweep
from dqn_lessons.train import train
from tests.notebooks import recipe_lecture, recipe_repairs

EACH = pytest.mark.parametrize("study", shipped.STUDIES)
LESSONS = [name for name in shipped.STUDIES if name.startswith("lesson")]
FEWER = [*LESSONS, *(n for n in shipped.STUDIES if n.startswith(("recipe", "biases")))]


@EACH
def test_a_shipped_study_is_complete_and_of_the_configuration_in_the_code(study):
    arms, seeds = shipped.STUDIES[study].arms, tuple(shipped.STUDIES[study].seeds)
    histories = shipped.load(study)
    assert list(histories) == list(arms)
    for arm, history in histories.items():
        assert history.config == arms[arm]
        assert history.seeds == seeds
        assert len(seeds) >= {"solve_cartpole": 1}.get(study, 16 if study in FEWER else 20)
        assert history.complete
        shape = (len(seeds), history.config.steps // history.config.eval_period)
        assert history.eval_return.shape == history.max_abs_q.shape == shape
        assert history.q_probe.shape == (*shape, 1)
        assert np.isfinite(history.eval_return).all()


def test_a_sweep_finds_every_shipped_result_and_trains_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "results"
    shutil.copytree(shipped.FOLDER, folder)
    monkeypatch.setattr("dqn_lessons.experiments.sweep.train", None)
    for name, study in shipped.STUDIES.items():
        found = sweep(study.arms, study.seeds, folder, jobs=1, progress=False)
        for arm, history in shipped.load(name).items():
            np.testing.assert_array_equal(found[arm].eval_return, history.eval_return)


def test_the_shipped_files_are_small_and_nothing_else_lies_there():
    names = {path.name for path in shipped.FOLDER.iterdir()}
    manifest = json.loads((shipped.FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert names == {
        "manifest.json",
        "recipe_lecture.csv",
        "recipe_repairs.csv",
        *manifest["sha256"],
    }
    wanted = set()
    for study in shipped.STUDIES.values():
        for arm, config in study.arms.items():
            path = result_path("", config, study.seeds)
            wanted.add(path.name)
            if arm in study.recorded:
                wanted.add(path.with_suffix(".flight.npz").name)
                if study.keeps_runs:
                    wanted.add(path.with_suffix(".run.npz").name)
    assert set(manifest["sha256"]) == wanted
    assert sum(path.stat().st_size for path in shipped.FOLDER.iterdir()) < 1_500_000
    assert {"python", "torch", "numpy", "gymnasium"} <= set(shipped.made_with())


def test_one_condition_can_be_made_again():
    """Another machine rounds otherwise, so later evaluations agree in law, not in digits."""
    theirs = shipped.load("catch")["both"]
    again = thin(train(theirs.config, theirs.seeds[:8], progress=False).history)
    np.testing.assert_array_equal(again.eval_step, theirs.eval_step)
    np.testing.assert_allclose(again.q_probe[:, 0], theirs.q_probe[:8, 0], atol=0.05)
    ours, kept = again.eval_return.mean(0), theirs.eval_return[:8].mean(0)
    assert np.abs(ours - kept).max() < 0.4
    np.testing.assert_allclose(ours[-1], kept[-1], atol=0.1)


ARMS = [(n, arm) for n in LESSONS if n != "solve_cartpole" for arm in shipped.STUDIES[n].arms]


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_a_comparison_of_a_lesson_can_be_made_again(name, arm, monkeypatch):
    """CI reads these where a student trains them: here it trains the first eight seeds."""
    config, seeds = shipped.STUDIES[name].arms[arm], shipped.STUDIES[name].seeds
    monkeypatch.setenv(VARIABLE, "ci")
    kept = shipped.train_or_load(config, seeds).history
    assert kept.config == config
    assert kept.complete
    monkeypatch.setenv(VARIABLE, "full")
    again = thin(shipped.train_or_load(config, seeds[:8]).history)
    np.testing.assert_array_equal(again.eval_step, kept.eval_step)
    # Another machine rounds otherwise, so the ends agree in law, not in digits.
    np.testing.assert_allclose(again.q_probe[:, 0], kept.q_probe[:8, 0], rtol=0.05, atol=0.5)
    for measure in ("eval_return", "q_probe"):
        ours, theirs = (getattr(h, measure)[:8, -3:].reshape(8, -1) for h in (again, kept))
        ours, theirs = ours.mean(1), theirs.mean(1)
        noise = np.sqrt((ours.var() + theirs.var()) / 8)
        assert abs(ours.mean() - theirs.mean()) < 4 * noise + 0.05 * abs(theirs.mean()) + 0.05


@pytest.mark.parametrize("arm", shipped.STUDIES["recipe lecture"].arms)
def test_the_first_part_of_a_recipe_can_be_made_again(arm):
    theirs = shipped.load("recipe lecture")[arm]
    begun = replace(theirs.config, steps=theirs.config.eval_period)
    again = train(begun, theirs.seeds[:8], progress=False).history.eval_return[:, 0]
    kept = theirs.eval_return[:8, 0]
    noise = np.sqrt((again.var() + kept.var()) / 8)
    assert abs(again.mean() - kept.mean()) < 4 * noise + 1


def test_a_repair_of_the_recipe_can_be_made_again():
    """By the cells of the notebook, which made all of them: here it trains the first seeds."""
    lesson = recipe_repairs.lesson()
    columns = shipped.table("recipe_repairs")
    assert list(columns) == list(lesson["arms"])
    assert {len(column) for column in columns.values()} == {20}
    arm = "γ = 0.9"
    kept = columns[arm][: len(lesson["seeds"])]
    again = lesson["greedy_scores"](*lesson["arms"][arm])
    # A network that balances does so by chance: another machine may round it to the floor.
    assert abs((again > 22).sum() - (kept > 22).sum()) <= 2
    assert abs(np.median(again) - np.median(kept)) < 0.5


def test_the_lecture_in_full_has_its_variants_and_can_be_begun_again():
    """Ten thousand episodes take minutes; the same script stops after a few episodes as well."""
    columns = shipped.table("recipe_lecture")
    assert list(columns) == [
        f"{n}, {w}" for n in recipe_lecture.VARIANTS for w in ("steps", "return")
    ]
    assert {len(column) for column in columns.values()} == {len(recipe_lecture.SEEDS)}
    for name, config in recipe_lecture.VARIANTS.items():
        assert config == replace(
            shipped.STUDIES["recipe lecture"].arms[name],
            steps=config.steps,
            eval_period=config.eval_period,
        )
        steps, played = columns[f"{name}, steps"], columns[f"{name}, return"]
        assert (steps >= 10_000).all()
        assert not (steps % config.eval_period).any()
        assert ((played >= 1) & (played <= 500)).all()
    short = replace(
        recipe_lecture.VARIANTS["neither"], steps=2_000, eval_period=100, eval_episodes=2
    )
    history = train(short, [0, 1], progress=False).history
    found = recipe_lecture.in_full(short, [0, 1], episodes=20)
    for s in (0, 1):
        ends = np.sort(history.episodes["step"][history.episodes["seed"] == s])
        steps = -(-ends[19] // 100) * 100  # rounded up to an evaluation
        assert found[s, 0] == steps
        assert found[s, 1] == history.eval_return[s, history.eval_step == steps]
    assert np.isnan(recipe_lecture.in_full(replace(short, steps=100), [0], episodes=99)).all()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the shipped files, in their place."""
    copy = tmp_path / "shipped"
    shutil.copytree(shipped.FOLDER, copy)
    monkeypatch.setattr(results, "FOLDER", copy)
    return copy


def test_a_changed_file_is_refused_by_name(folder):
    catch = shipped.STUDIES["catch"]
    victim = result_path(folder, catch.arms["both"], catch.seeds)
    victim.write_bytes(victim.read_bytes() + b" ")
    with pytest.raises(
        CheckpointError, match=rf"{victim.name}.*python -m dqn_classroom.shipped catch"
    ):
        shipped.load("catch")
    victim.unlink()
    with pytest.raises(CheckpointError, match=victim.name):
        shipped.load("catch")


def test_an_unknown_study_is_named():
    with pytest.raises(KeyError, match=r"'pong'.*cartpole"):
        shipped.load("pong")


def test_the_command_names_what_it_can_make():
    command = [sys.executable, "-m", "dqn_classroom.shipped", "pong"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert said.returncode == 1
    assert "no shipped 'pong'" in said.stderr
    assert all(name in said.stderr for name in shipped.STUDIES)


def test_the_command_makes_a_study_with_all_that_is_kept_of_it(tmp_path, monkeypatch):
    config = replace(SOLVED_CARTPOLE, steps=200, eval_period=100, eval_episodes=1)
    study = shipped.Study(1, {"a": config}, range(7, 8), {"a": {"every": 100}}, True)
    monkeypatch.setitem(shipped.STUDIES, "small", study)
    folder = tmp_path / "shipped"
    folder.mkdir()
    make("small", folder, tmp_path / "kept")
    monkeypatch.setattr(results, "FOLDER", folder)
    run = shipped.ShippedRun("small", "a")
    assert run.history.complete
    assert list(run.flight.weights) == [100, 200]
    whole = checkpoint.load(*folder.glob("*.run.npz"))
    for ours, theirs in zip(run.weights(0), whole.weights(0), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def forgetting():
    return shipped.ShippedRun("solver", "step size stays")


def test_the_shipped_flight_is_of_an_agent_that_learns_and_forgets():
    flight = forgetting().flight
    assert flight.history.config == shipped.STUDIES["solver"].arms["step size stays"]
    steps = list(flight.terminals)
    assert steps == flight.history.eval_step.tolist()
    returns = np.array([flight.at(step, "eval_return") for step in steps])
    solved = int(np.argmax(returns >= 475))
    assert returns[solved] >= 475
    assert returns[solved:].min() < 350
    same = shipped.load("solver")["step size stays"].eval_return[flight.learner]
    np.testing.assert_allclose(returns, same, err_msg="the flight is one of the shipped runs")
    assert CARTPOLE_SLICE.q_map(flight.weights[steps[-1]]).shape == (41, 41, 2)


def test_a_changed_flight_is_refused(folder):
    study = shipped.STUDIES["solver"]
    (arm,) = study.recorded
    victim = result_path(folder, study.arms[arm], study.seeds).with_suffix(".flight.npz")
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=rf"{victim.name}.*shipped solver"):
        forgetting()


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
