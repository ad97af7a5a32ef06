"""One switch decides what a lesson trains and what it reads."""

import re
import shutil
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from dqn_classroom import shipped
from dqn_classroom.explorers import TrainingView
from dqn_classroom.shipped import agents, budget, lessons
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments.checkpoint import CheckpointError
from dqn_lessons.experiments.video import PolicyRecorder
from dqn_lessons.presets import SOLVED_CARTPOLE
from dqn_lessons.train import evaluate, train
from tests.notebooks import tools


@pytest.fixture
def chosen(monkeypatch):
    return lambda name: monkeypatch.setenv(budget.VARIABLE, name)


@pytest.mark.parametrize(
    ("name", "shipped"),
    [("ci", [6, 15, 16, 1e9]), ("class", [16, 1e9]), ("full", []), ("", [])],
)
def test_what_takes_longer_than_the_profile_allows_is_shipped(chosen, name, shipped):
    chosen(name)
    assert [s for s in (1, 5, 6, 15, 16, 1e9) if budget.is_shipped(s)] == shipped


def test_a_profile_that_does_not_exist_is_named_with_those_that_do(chosen):
    chosen("fast")
    with pytest.raises(ValueError, match=r"DQN_LESSONS_PROFILE = 'fast'.*ci, class, full"):
        budget.profile()
    with pytest.raises(ValueError, match="fast"):
        shipped.agent()


def test_in_class_the_agent_is_the_shipped_one_and_says_so(chosen, capsys):
    chosen("class")
    seen = []
    run, recorder = shipped.agent(on_eval=seen.append)
    assert seen == [run]
    said = capsys.readouterr().out
    assert "shipped with the course" in said
    assert "DQN_LESSONS_PROFILE=full" in said
    assert run.config == SOLVED_CARTPOLE
    assert run.seeds == (shipped.AGENT_SEED,)
    assert run.history.complete
    assert (
        list(recorder.weights) == list(recorder.terminals) == list(range(10_000, 130_001, 10_000))
    )
    for ours, recorded in zip(run.online.layers(0), recorder.weights[130_000], strict=True):
        np.testing.assert_array_equal(ours, recorded)
    assert evaluate(run.online, "CartPole-v1", [1], 100).mean() >= 475


@pytest.mark.parametrize(("name", "seed"), [("class", 7), ("full", shipped.AGENT_SEED)])
def test_another_seed_or_profile_is_trained_here(chosen, monkeypatch, capsys, name, seed):
    chosen(name)
    asked = []
    monkeypatch.setattr(
        agents, "train", lambda config, seeds, on_eval: asked.append((config, seeds))
    )
    shipped.agent(seed)
    assert asked == [(SOLVED_CARTPOLE, [seed])]
    assert capsys.readouterr().out == ""


def test_the_shipped_agent_begins_as_one_that_is_trained_here(chosen):
    chosen("class")
    agent, _ = shipped.agent()
    episodes = agent.history.episodes

    def stop(run):
        run.stop_requested = True

    begun = train(SOLVED_CARTPOLE, [shipped.AGENT_SEED], on_eval=stop, progress=False).history
    # Exploration and world are the same on every machine; what was learned rounds otherwise.
    early = begun.episodes["step"] <= 1_000
    assert early.sum() > 20
    np.testing.assert_array_equal(
        begun.episodes["return"][early], episodes["return"][: early.sum()]
    )
    assert abs(begun.q_probe[0, 0].mean() - agent.history.q_probe[0, 0].mean()) < 3


def first_arm(name):
    return next(iter(shipped.COMPARISONS[name].arms.values()))


def test_a_shipped_comparison_is_shown_evaluation_by_evaluation(chosen, capsys):
    chosen("class")
    config = first_arm("lesson 2")
    view, film, seen = TrainingView("vanilla DQN"), PolicyRecorder(every=2_500), []

    def look(moment):
        view(moment)
        film(moment)
        seen.append((moment.step, moment.history.step, len(moment.history.eval_step)))

    history = shipped.history(config, range(16), on_eval=look)
    assert seen == [(500 * n, 500 * n, n) for n in range(1, 21)]
    assert history.complete
    assert history.eval_return.shape == (16, 20)
    assert list(film.weights) == [2_500, 5_000, 7_500, 10_000]
    assert "step <b>10,000</b> of 10,000, 16 learners" in view.readout.value
    said = capsys.readouterr().out
    assert "'vanilla' is shipped with the course" in said
    assert "17 s; DQN_LESSONS_PROFILE=full" in said
    view.episode.value = True
    assert "step 10,000: return" in view.picture.value


def test_a_shipped_comparison_can_be_stopped(chosen):
    chosen("class")

    def stop(moment):
        moment.stop_requested = moment.step == 1_000

    history = shipped.history(first_arm("lesson 2"), range(16), on_eval=stop)
    assert history.step == 1_000
    assert not history.complete
    assert history.eval_return.shape == (16, 2)


def test_an_episode_of_a_network_that_is_not_shipped_is_declined_in_words(chosen):
    chosen("class")
    view = TrainingView()
    shipped.history(first_arm("lesson 3 cartpole"), range(16), on_eval=view)
    view.episode.value = True
    assert "shipped with the course, without the network" in view.picture.value
    assert "DQN_LESSONS_PROFILE=full" in view.picture.value


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
    asked = []

    def train(config, seeds, **others):
        asked.append((config, seeds))
        return SimpleNamespace(history="trained")

    monkeypatch.setattr(lessons, "train", train)
    config = replace(first_arm("lesson 4"), **changes)
    assert shipped.history(config, seeds) == "trained"
    assert asked == [(config, seeds)]
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
        shipped.history(config, seeds)


@pytest.mark.parametrize(
    ("file", "wanted", "read"),
    [
        ("agent", "agent", shipped.agent),
        (
            "lesson-2-vanilla",
            "'lesson 2'",
            partial(shipped.history, first_arm("lesson 2"), range(16)),
        ),
    ],
)
def test_a_changed_file_is_refused(chosen, tmp_path, file, wanted, read):
    chosen("class")
    folder = tmp_path / "reference"
    shutil.copytree(shipped.FOLDER, folder)
    (folder / f"{file}.npz").write_bytes(b"")
    with pytest.raises(CheckpointError, match=rf"{file}\.npz.*shipped {wanted}"):
        read(folder=folder)


def test_no_notebook_knows_of_profiles():
    for path in tools.PATHS:
        code = "\n".join(c.source for c in tools.load(path).cells if c.cell_type == "code")
        assert not re.search(r"profile\(\)|profiles|os\.environ|DQN_LESSONS", code), path.name
