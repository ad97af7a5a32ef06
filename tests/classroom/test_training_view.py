"""The live view shows what was measured, seldom enough, and always the end."""

import threading
import time

import numpy as np
import pytest

from dqn_classroom.explorers import TrainingView, training
from dqn_lessons.config import DQNConfig
from dqn_lessons.train import train

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
    view = TrainingView("Catch", bound=1.0)
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
    train(CONFIG, [0], on_eval=view, progress=False)
    assert "of 200, 1 learner." in view.readout.value


def test_it_draws_at_most_four_times_a_second_and_always_the_end(clock):
    view = TrainingView()
    drawn = []

    def look(evaluation):
        clock[0] += 0.1
        view(evaluation)
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
    run.log.evaluations["max_abs_q"][-1][:] = np.inf
    view(run)
    assert np.isnan(view.figure.data[5].y[-1])


def moments(view, during):
    """Train with a view while `during(step)` is called, as a press of a button would be."""
    seen, failed = [], []

    def look(evaluation):
        seen.append(evaluation.step)
        view(evaluation)

    def press():
        try:
            during(seen)
        except BaseException as error:
            failed.append(error)
            view.stop.click()  # a training that waits would wait forever

    waits = threading.Thread(target=press, daemon=True)
    waits.start()
    run = train(CONFIG, [0, 1], on_eval=look, progress=False)
    waits.join()
    assert failed == []
    return run, seen


def until(condition):
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_paused_it_waits_steps_and_goes_on_to_the_same_numbers():
    view, held = TrainingView(), []
    view.pause.value = True

    def during(seen):
        for count in (1, 2, 3):
            until(lambda count=count: len(seen) == count and "Paused" in view.readout.value)
            time.sleep(0.2)  # that nothing moves is seen by looking for a while
            held.append(list(seen))
            view.step.click()
        view.pause.value = False

    run, _ = moments(view, during)
    assert held == [[20], [20, 40], [20, 40, 60]]
    assert run.history.complete
    assert "Paused" not in view.readout.value
    alone = train(CONFIG, [0, 1], progress=False)
    assert run.history.eval_return.tobytes() == alone.history.eval_return.tobytes()


def test_stop_ends_a_training_that_waits_and_it_can_be_taken_up():
    view = TrainingView()
    view.pause.value = True

    def during(seen):
        until(lambda: seen == [20] and "Paused" in view.readout.value)
        view.stop.click()

    run, seen = moments(view, during)
    assert seen == [20]
    assert not run.history.complete
    again = train(CONFIG, [0, 1], resume=run, on_eval=view, progress=False)
    assert again.history.complete


def test_an_interrupt_of_a_training_that_waits_is_said():
    view = TrainingView()
    view.pause.value = True

    def during(seen):
        until(lambda: seen == [20] and "Paused" in view.readout.value)
        view._evaluation.stop_requested = True  # what the stop button of JupyterLab comes down to

    run, _ = moments(view, during)
    assert run.step == 20
    assert "Stopped" in view.readout.value


def test_a_training_that_runs_says_that_it_was_stopped_one_that_ended_does_not():
    view = TrainingView()

    def stop(evaluation):
        view(evaluation)
        view.stop.click()

    run = train(CONFIG, [0, 1], on_eval=stop, progress=False)
    assert run.step == 20
    assert "step <b>20</b> of 200" in view.readout.value
    assert "Stopped" in view.readout.value
    train(CONFIG, [0, 1], resume=run, on_eval=view, progress=False)
    view.stop.click()
    assert "Stopped" not in view.readout.value


def test_the_greedy_episode_is_drawn_for_those_who_ask():
    view = TrainingView()
    run = train(CONFIG, [0, 1], on_eval=view, progress=False)
    assert view.picture.value == ""
    view.episode.value = True
    assert run.history.complete
    assert "Greedy episode of the first learner, step 200: return" in view.picture.value
    assert view.picture.value.count("<img") == 1


def test_buttons_pressed_before_anything_is_trained_do_no_harm():
    view = TrainingView()
    view.stop.click()
    view.episode.value = True
    assert "nothing trained yet" in view.readout.value
    assert train(CONFIG, [0], on_eval=view, progress=False).history.complete


@pytest.mark.parametrize(("version", "late"), [("5.5.6", True), ("6.29.5", True), ("7.0.0", False)])
def test_buttons_that_would_be_heard_too_late_say_so(version, late, monkeypatch):
    monkeypatch.setattr(training.metadata, "version", lambda name: version)
    view = TrainingView()
    assert [button.disabled for button in (view.pause, view.step, view.stop)] == 3 * [late]
    assert not view.episode.disabled
    words = [box.value for row in view.children for box in getattr(row, "children", ())
             if hasattr(box, "value") and "need ipykernel 7" in str(box.value)]  # fmt: skip
    assert len(words) == late
    assert all(version in text for text in words)
