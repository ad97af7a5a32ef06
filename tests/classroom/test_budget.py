"""One switch decides what a lesson trains and what it reads."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from dqn_classroom import shipped
from dqn_classroom.explorers import TrainingView
from dqn_classroom.shipped import results
from dqn_classroom.shipped.budget import VARIABLE, allows, budget
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments.checkpoint import CheckpointError
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.presets import SOLVED_CARTPOLE
from dqn_lessons.experiments.sweep import result_path
from dqn_lessons.train import evaluate, train
from tests.notebooks import tools

(AGENT_SEED,) = shipped.STUDIES["solve_cartpole"].seeds


@pytest.fixture
def chosen(monkeypatch):
    return lambda name: monkeypatch.setenv(VARIABLE, name)


@pytest.mark.parametrize(
    ("name", "shipped"),
    [("ci", [6, 15, 16, 1e9]), ("class", [16, 1e9]), ("full", []), ("", [])],
)
def test_what_takes_longer_than_the_budget_allows_is_shipped(chosen, name, shipped):
    chosen(name)
    assert [s for s in (1, 5, 6, 15, 16, 1e9) if not allows(s)] == shipped


def agent(seed=AGENT_SEED, **others):
    return shipped.train_or_load(SOLVED_CARTPOLE, [seed], **others)


def test_a_budget_that_does_not_exist_is_named_with_those_that_do(chosen):
    chosen("fast")
    with pytest.raises(ValueError, match=r"DQN_LESSONS_PROFILE = 'fast'.*ci, class, full"):
        budget()
    with pytest.raises(ValueError, match="fast"):
        agent()


def test_in_class_the_agent_is_the_shipped_one_and_says_so(chosen, capsys):
    chosen("class")
    view, recorder, seen = TrainingView("your agent"), FlightRecorder(every=10_000), []
    run = agent(on_eval=[view, recorder, lambda evaluation: seen.append(evaluation.step)])
    assert seen == list(range(5_000, 130_001, 5_000))
    said = capsys.readouterr().out
    assert said.count("shipped with the course") == 1
    assert "DQN_LESSONS_PROFILE=full" in said
    assert run.config == SOLVED_CARTPOLE
    assert run.seeds == (AGENT_SEED,)
    assert run.history.complete
    assert (
        list(recorder.weights) == list(recorder.terminals) == list(range(10_000, 130_001, 10_000))
    )
    for ours, recorded in zip(run.online.layers(0), recorder.weights[130_000], strict=True):
        np.testing.assert_array_equal(ours, recorded)
    assert evaluate(run.online, "CartPole-v1", [1], 100).mean() >= 475
    assert "step <b>130,000</b> of 130,000, 1 learner." in view.readout.value


def asked(monkeypatch):
    """Let nothing be trained; return what would be."""
    calls = []

    def note(config, seeds, **others):
        calls.append((config, seeds))
        return "trained"

    monkeypatch.setattr(results, "train", note)
    return calls


@pytest.mark.parametrize(("name", "seed"), [("class", 7), ("full", AGENT_SEED)])
def test_another_seed_or_budget_is_trained_here(chosen, monkeypatch, capsys, name, seed):
    chosen(name)
    calls = asked(monkeypatch)
    assert agent(seed) == "trained"
    assert calls == [(SOLVED_CARTPOLE, [seed])]
    assert capsys.readouterr().out == ""


def test_the_shipped_agent_begins_as_one_that_is_trained_here(chosen):
    chosen("class")
    theirs = agent().history
    begun = train(SOLVED_CARTPOLE, [AGENT_SEED], on_eval=lambda e: e.stop(), progress=False).history
    # Exploration and environment are the same on every machine; what was learned rounds otherwise.
    early = begun.episodes["step"] <= 1_000
    assert early.sum() > 20
    np.testing.assert_array_equal(
        begun.episodes["return"][early], theirs.episodes["return"][: early.sum()]
    )
    assert abs(begun.q_probe[0, 0].mean() - theirs.q_probe[0, 0].mean()) < 3


def first_arm(name):
    return next(iter(shipped.STUDIES[name].arms.values()))


def test_a_shipped_run_is_shown_evaluation_by_evaluation(chosen, capsys):
    chosen("class")
    config = first_arm("lesson 2")
    view, recorder, seen = TrainingView("vanilla DQN"), FlightRecorder(every=2_500), []

    def look(evaluation):
        history = evaluation.history
        seen.append((evaluation.step, history.step, len(history.eval_step)))
        assert history.complete == (evaluation.step == 10_000)

    history = shipped.train_or_load(config, range(16), on_eval=[view, recorder, look]).history
    assert seen == [(500 * n, 500 * n, n) for n in range(1, 21)]
    assert history.complete
    assert history.eval_return.shape == (16, 20)
    assert list(recorder.weights) == [2_500, 5_000, 7_500, 10_000]
    assert "step <b>10,000</b> of 10,000, 16 learners" in view.readout.value
    said = capsys.readouterr().out
    assert "'vanilla' is shipped with the course" in said
    assert "takes 17 s; DQN_LESSONS_PROFILE=full" in said
    view.episode.value = True
    assert "step 10,000: return" in view.picture.value


def stop_at_1_000(evaluation):
    if evaluation.step == 1_000:
        evaluation.stop()


def interrupt_at_1_000(evaluation):
    if evaluation.step == 1_000:
        raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [stop_at_1_000, interrupt_at_1_000])
def test_a_shipped_run_can_be_stopped(chosen, stop):
    chosen("class")
    history = shipped.train_or_load(first_arm("lesson 2"), range(16), on_eval=stop).history
    assert history.step == 1_000
    assert not history.complete
    assert history.eval_return.shape == (16, 2)


def test_the_stop_button_stops_a_shipped_run(chosen):
    chosen("class")
    view = TrainingView()

    def press(evaluation):
        if evaluation.step == 1_000:
            view.stop.click()

    shown = shipped.train_or_load(first_arm("lesson 2"), range(16), on_eval=[view, press])
    assert shown.step == 1_000
    assert "Stopped" in view.readout.value


def test_an_episode_of_a_network_that_is_not_shipped_is_declined_in_words(chosen):
    chosen("class")
    view = TrainingView()
    shown = shipped.train_or_load(first_arm("lesson 3 cartpole"), range(16), on_eval=view)
    view.episode.value = True
    assert "shipped with the course, without the network" in view.picture.value
    assert "DQN_LESSONS_PROFILE=full" in view.picture.value
    with pytest.raises(LookupError, match="without the network"):
        shown.terminals(learner=0)


def test_only_the_recorded_learner_has_weights_and_only_when_recorded():
    run = shipped.ShippedRun("lesson 2", "vanilla")
    assert [layer.shape for layer in run.weights(0)][::2] == [(4, 64), (64, 64), (64, 2)]
    with pytest.raises(LookupError, match="'vanilla' is shipped"):
        run.weights(1)
    run.step = 500
    with pytest.raises(LookupError, match="at step 500"):
        run.weights(0)


@pytest.mark.parametrize(
    ("name", "changes", "seeds"),
    [
        ("full", {}, range(16)),
        ("class", {"gamma": 0.98}, range(16)),
        ("class", {}, range(1, 17)),
        ("class", {"loss": "huber", "target_period": 1}, range(16)),  # ten seconds: short enough
    ],
)
def test_what_is_not_shipped_is_trained(chosen, monkeypatch, capsys, name, changes, seeds):
    chosen(name)
    calls = asked(monkeypatch)
    config = replace(first_arm("lesson 4"), **changes)
    assert shipped.train_or_load(config, seeds) == "trained"
    assert calls == [(config, seeds)]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("config", "seeds", "error", "named"),
    [
        (DQNConfig(), 16, TypeError, "seeds"),
        (DQNConfig(), [0, 0], ValueError, "seeds"),
        ("lesson 2", range(16), TypeError, "config"),
    ],
)
def test_what_cannot_be_trained_is_named(chosen, config, seeds, error, named):
    chosen("class")
    with pytest.raises(error, match=named):
        shipped.train_or_load(config, seeds)


@pytest.mark.parametrize("on_eval", ["view", [print, None], 3])
@pytest.mark.parametrize("name", ["class", "full"])
def test_what_cannot_be_called_is_named(chosen, name, on_eval):
    chosen(name)
    with pytest.raises(TypeError, match=r"on_eval = .*on_eval=\[view, recorder\]"):
        shipped.train_or_load(first_arm("lesson 2"), range(16), on_eval=on_eval)


@pytest.mark.parametrize(
    ("study", "suffix"),
    [
        *(("lesson 2", suffix) for suffix in (".npz", ".flight.npz")),
        *(("solve_cartpole", suffix) for suffix in (".npz", ".flight.npz", ".run.npz")),
    ],
)
def test_a_changed_file_is_refused(chosen, tmp_path, monkeypatch, study, suffix):
    chosen("class")
    folder = tmp_path / "shipped"
    shutil.copytree(shipped.FOLDER, folder)
    monkeypatch.setattr(results, "FOLDER", folder)
    config, seeds = first_arm(study), shipped.STUDIES[study].seeds
    file = result_path(folder, config, seeds).with_suffix(suffix)
    file.write_bytes(b"")
    with pytest.raises(CheckpointError, match=rf"{file.name}.*shipped '?{study}'?`"):
        shipped.train_or_load(config, seeds)


def test_no_notebook_knows_of_budgets():
    for path in tools.PATHS:
        code = "\n".join(c.source for c in tools.load(path).cells if c.cell_type == "code")
        assert not re.search(r"budget\(\)|budgets|os\.environ|DQN_LESSONS", code), path.name
