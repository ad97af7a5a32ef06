"""The recorder keeps what was there, changes nothing, and the view shows what was kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dqn_classroom.explorers import CARTPOLE_SLICE, FlightView
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.policies import greedy_policy, q_values
from dqn_lessons.train import train

CONFIG = DQNConfig(
    steps=400,
    hidden_sizes=(16,),
    batch_size=8,
    replay_capacity=150,
    learning_starts=20,
    update_period=1,
    epsilon_duration=200,
    eval_period=50,
    eval_episodes=2,
)


@pytest.fixture(scope="module")
def recorded():
    recorder, counted, maps = FlightRecorder(100, learner=1), {}, {}
    plane = torch.from_numpy(CARTPOLE_SLICE.observations(4).reshape(-1, 4))

    def on_eval(run):
        if run.step % 100 == 0:
            added = run.replay.added
            kept = run.replay.rows[1, : min(added, 150)]
            counted[run.step] = sum(bool(row["terminated"]) for row in kept)
            with torch.no_grad():
                maps[run.step] = run.online.learner(1)(plane).numpy()

    run = train(CONFIG, [3, 4], on_eval=[recorder, on_eval], progress=False)
    return recorder, run, counted, maps


def test_it_records_when_it_is_time_and_changes_nothing(recorded):
    recorder, run, _, _ = recorded
    assert list(recorder.weights) == list(recorder.terminals) == [100, 200, 300, 400]
    alone = train(CONFIG, [3, 4], progress=False)
    np.testing.assert_array_equal(alone.history.eval_return, run.history.eval_return)


def test_the_ends_are_those_in_the_replay_buffer(recorded):
    recorder, _, counted, _ = recorded
    assert recorder.terminals == counted
    assert recorder.terminals[400] < recorder.terminals[100] + 10


def test_values_are_those_of_the_network_at_that_moment(recorded):
    recorder, _, _, maps = recorded
    for step, expected in maps.items():
        ours = CARTPOLE_SLICE.q_map(recorder.weights[step])
        assert ours.shape == (41, 41, 2)
        np.testing.assert_allclose(ours.reshape(-1, 2), expected, atol=1e-4)
    early, late = (CARTPOLE_SLICE.q_map(recorder.weights[step]) for step in (100, 400))
    assert np.abs(early - late).max() > 0.1


def test_numbers_are_those_of_the_history(recorded):
    recorder, run, _, _ = recorded
    for name in ("eval_return", "loss", "action_gap"):
        place = list(run.history.eval_step).index(300)
        assert recorder.at(300, name) == getattr(run.history, name)[1, place]


def test_the_episode_is_greedy_and_always_from_the_same_start(recorded):
    recorder, _, _, _ = recorded
    first, last = recorder.episode(100), recorder.episode(400)
    np.testing.assert_array_equal(first.obs[0], last.obs[0])
    assert len(first.obs) == len(first.rewards) + 1
    act = greedy_policy(recorder.weights[100])
    assert act(first.obs[0]) == q_values(recorder.weights[100], first.obs).argmax(-1)[0]


def test_recorded_again_it_shows_the_new_run():
    recorder = FlightRecorder(200)
    train(replace(CONFIG, steps=200), [0], on_eval=recorder, progress=False)
    old = recorder.episode(200).obs
    train(replace(CONFIG, steps=200), [9], on_eval=recorder, progress=False)
    np.testing.assert_array_equal(recorder.episode(200).obs[0], old[0])
    weights = recorder.weights[200]
    assert recorder.episode(200).episode_return == len(recorder.episode(200).rewards)
    assert q_values(weights, old).shape == (len(old), 2)
    fresh = FlightRecorder(200)
    train(replace(CONFIG, steps=200), [9], on_eval=fresh, progress=False)
    np.testing.assert_array_equal(recorder.episode(200).obs, fresh.episode(200).obs)


def test_the_view_shows_every_moment(recorded):
    recorder, _, _, _ = recorded
    view = FlightView(recorder)
    value_map, gap_map, path, _, returns, now_return, terminals, now_terminals = view.figure.data
    assert list(returns.x) == [100, 200, 300, 400]
    for step in recorder.weights:
        view.inputs["step"].value = step
        q = CARTPOLE_SLICE.q_map(recorder.weights[step])
        np.testing.assert_allclose(value_map.z, q.max(-1), rtol=1e-5)
        np.testing.assert_allclose(gap_map.z, q[..., 1] - q[..., 0], rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(path.x, np.degrees(recorder.episode(step).obs[:, 2]), rtol=1e-5)
        assert now_return.x[0] == now_terminals.x[0] == step
        assert now_terminals.y[0] == recorder.terminals[step]
        assert f"After <b>{step:,}</b> steps" in view.readout.value
    assert list(terminals.y) == list(recorder.terminals.values())


def test_the_video_is_of_the_moment_and_goes_with_it(recorded):
    view = FlightView(recorded[0])
    view.inputs["step"].value = 200
    view.play.click()
    assert "the agent after 200 steps" in view.video.value
    assert "data:image/png" in view.video.value
    view.inputs["step"].value = 300
    assert view.video.value == ""


def test_the_table_has_all_moments(recorded):
    view = FlightView(recorded[0])
    view.table_button.value = True
    assert view.table.value.count("<tr>") == 5


def test_a_flight_comes_back_from_disk(recorded, tmp_path):
    recorder, _, _, _ = recorded
    checkpoint.save_flight(tmp_path / "flight.npz", recorder)
    loaded = checkpoint.load_flight(tmp_path / "flight.npz")
    assert (loaded.learner, loaded.seed, loaded.env_id) == (1, 0, "CartPole-v1")
    assert loaded.terminals == recorder.terminals
    assert loaded.history.config == CONFIG
    for step in recorder.weights:
        expected = CARTPOLE_SLICE.q_map(recorder.weights[step])
        np.testing.assert_array_equal(CARTPOLE_SLICE.q_map(loaded.weights[step]), expected)
        assert loaded.at(step, "eval_return") == recorder.at(step, "eval_return")
    np.testing.assert_array_equal(loaded.episode(400).obs, recorder.episode(400).obs)


def test_a_foreign_or_damaged_flight_is_refused(recorded, tmp_path):
    recorder, run, _, _ = recorded
    path = tmp_path / "flight.npz"
    checkpoint.save_history(path, run.history)
    with pytest.raises(checkpoint.CheckpointError, match="format"):
        checkpoint.load_flight(path)
    checkpoint.save_flight(path, recorder)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(checkpoint.CheckpointError, match="damaged"):
        checkpoint.load_flight(path)
    with pytest.raises(ValueError, match="multiple of eval_period"):
        checkpoint.save_flight(path, FlightRecorder(7))


def test_an_empty_recorder_is_refused():
    with pytest.raises(ValueError, match="multiple of eval_period"):
        FlightView(FlightRecorder(123))
