"""One switch decides what a lesson trains and what it reads."""

import re
import shutil

import numpy as np
import pytest

from dqn_lessons import profiles, reference
from dqn_lessons.checkpoint import CheckpointError
from dqn_lessons.presets import SOLVED_CARTPOLE
from dqn_lessons.train import evaluate, train
from tests import notebook_tools as tools


@pytest.fixture
def chosen(monkeypatch):
    return lambda name: monkeypatch.setenv(profiles.VARIABLE, name)


@pytest.mark.parametrize(
    ("name", "shipped"),
    [("ci", [6, 15, 16, 1e9]), ("class", [16, 1e9]), ("full", []), ("", [])],
)
def test_what_takes_longer_than_the_profile_allows_is_shipped(chosen, name, shipped):
    chosen(name)
    assert [s for s in (1, 5, 6, 15, 16, 1e9) if profiles.is_shipped(s)] == shipped


def test_a_profile_that_does_not_exist_is_named_with_those_that_do(chosen):
    chosen("fast")
    with pytest.raises(ValueError, match=r"DQN_LESSONS_PROFILE = 'fast'.*ci, class, full"):
        profiles.profile()
    with pytest.raises(ValueError, match="fast"):
        reference.agent()


def test_in_class_the_agent_is_the_shipped_one_and_says_so(chosen, capsys):
    chosen("class")
    seen = []
    run, recorder = reference.agent(on_eval=seen.append)
    assert seen == [run]
    said = capsys.readouterr().out
    assert "shipped with the course" in said
    assert "DQN_LESSONS_PROFILE=full" in said
    assert run.config == SOLVED_CARTPOLE
    assert run.seeds == (reference.AGENT_SEED,)
    assert run.history.complete
    assert list(recorder.weights) == list(recorder.ends) == list(range(10_000, 130_001, 10_000))
    for ours, recorded in zip(run.online.layers(0), recorder.weights[130_000], strict=True):
        np.testing.assert_array_equal(ours, recorded)
    assert evaluate(run.online, "CartPole-v1", [1], 100).mean() >= 475


@pytest.mark.parametrize(("name", "seed"), [("class", 7), ("full", reference.AGENT_SEED)])
def test_another_seed_or_profile_is_trained_here(chosen, monkeypatch, capsys, name, seed):
    chosen(name)
    asked = []
    monkeypatch.setattr(
        reference, "train", lambda config, seeds, on_eval: asked.append((config, seeds))
    )
    reference.agent(seed)
    assert asked == [(SOLVED_CARTPOLE, [seed])]
    assert capsys.readouterr().out == ""


def test_the_shipped_agent_begins_as_one_that_is_trained_here(chosen):
    chosen("class")
    shipped, _ = reference.agent()
    episodes = shipped.history.episodes

    def stop(run):
        run.stop_requested = True

    begun = train(SOLVED_CARTPOLE, [reference.AGENT_SEED], on_eval=stop, progress=False).history
    # Exploration and world are the same on every machine; what was learned rounds otherwise.
    early = begun.episodes["step"] <= 1_000
    assert early.sum() > 20
    np.testing.assert_array_equal(
        begun.episodes["return"][early], episodes["return"][: early.sum()]
    )
    assert abs(begun.q_probe[0, 0].mean() - shipped.history.q_probe[0, 0].mean()) < 3


def test_a_changed_agent_is_refused(chosen, tmp_path):
    chosen("class")
    folder = tmp_path / "reference"
    shutil.copytree(reference.FOLDER, folder)
    (folder / "agent.npz").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"agent\.npz.*reference agent"):
        reference.agent(folder=folder)


def test_no_notebook_knows_of_profiles():
    for path in tools.PATHS:
        code = "\n".join(c.source for c in tools.load(path).cells if c.cell_type == "code")
        assert not re.search(r"profile\(\)|profiles|os\.environ|DQN_LESSONS", code), path.name
