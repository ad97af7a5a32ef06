"""The live view shows what was measured, seldom enough, and always the end."""

import numpy as np
import pytest

from dqn_lessons.train import train
from dqn_lessons.types import DQNConfig
from dqn_lessons.widgets import TrainingView, training

CONFIG = DQNConfig(
    env_id="dqn_lessons/Catch-v0",
    steps=200,
    hidden_sizes=(8,),
    batch_size=4,
    learning_starts=4,
    eval_period=20,
    eval_episodes=2,
)


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(training.time, "monotonic", lambda: now[0])
    return now


def test_it_shows_the_history_of_the_run():
    view = TrainingView("Catch", ceiling=1.0)
    assert "nothing trained yet" in view.readout.value
    run = train(CONFIG, [0, 1, 2], on_eval=view, progress=False)
    low, high, mean = view.figure.data[:3]
    history = run.history
    np.testing.assert_array_equal(mean.x, history.eval_step)
    np.testing.assert_allclose(mean.y, history.eval_return.mean(0))
    np.testing.assert_allclose(low.y, history.eval_return.min(0))
    np.testing.assert_allclose(high.y, history.eval_return.max(0))
    np.testing.assert_allclose(view.figure.data[5].y, history.max_abs_q.mean(0))
    assert "step <b>200</b> of 200, 3 learners" in view.readout.value


def test_it_draws_at_most_four_times_a_second_and_always_the_end(clock):
    view = TrainingView()
    drawn = []

    def look(run):
        clock[0] += 0.1
        view(run)
        drawn.append(len(view.figure.data[2].x))

    train(CONFIG, [0], on_eval=look, progress=False)
    assert drawn == [1, 1, 1, 4, 4, 4, 7, 7, 7, 10]


def test_looking_changes_nothing():
    seen = train(CONFIG, [0, 1], on_eval=TrainingView(), progress=False)
    alone = train(CONFIG, [0, 1], progress=False)
    assert seen.history.episodes.tobytes() == alone.history.episodes.tobytes()


def test_the_table_holds_the_numbers():
    view = TrainingView()
    view.table_button.value = True
    train(CONFIG, [0, 1], on_eval=view, progress=False)
    assert view.table.value.count("<tr>") == 11
    assert "largest |Q|, high" in view.table.value


def test_values_that_left_every_scale_do_not_break_it():
    view = TrainingView()
    run = train(CONFIG, [0], progress=False)
    run.records.evaluations["max_abs_q"][-1][:] = np.inf
    view(run)
    assert np.isnan(view.figure.data[5].y[-1])
