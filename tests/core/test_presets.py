"""Presets hold the numbers of their texts, and run."""

from dataclasses import asdict, replace

import pytest

from dqn_lessons.experiments.presets import (
    EPISODE_BY_EPISODE,
    FAST_CARTPOLE,
    LECTURE,
    PRESETS,
    SOLVED_CARTPOLE,
    STEP_BY_STEP,
    VANILLA,
)
from dqn_lessons.train import train


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_trains(name):
    preset = PRESETS[name]
    steps = preset.learning_starts + 60
    run = train(replace(preset, steps=steps, eval_period=steps), [0], progress=False)
    assert run.history.complete
    assert run.updates >= 1
    assert run.history.eval_return.shape == (1, 1)


def difference(one, two):
    ours, theirs = asdict(one), asdict(two)
    return {name: theirs[name] for name in ours if ours[name] != theirs[name]}


def test_vanilla_is_a_corner_and_the_difference_is_the_experiment():
    assert difference(FAST_CARTPOLE, VANILLA) == {
        "replay_capacity": 1,
        "batch_size": 1,
        "learning_starts": 1,
        "target_period": 1,
    }


def test_the_numbers_are_those_of_the_texts():
    one = STEP_BY_STEP
    assert (one.gamma, one.batch_size, one.replay_capacity) == (0.99, 32, 50_000)
    assert (one.learning_starts, one.target_period, one.update_period) == (1000, 1000, 1)
    assert (one.epsilon_start, one.epsilon_end, one.epsilon_duration) == (1.0, 0.02, 10_000)
    assert (one.loss, one.learning_rate) == ("huber", 5e-4)
    two = EPISODE_BY_EPISODE
    assert (two.hidden_sizes, two.batch_size, two.replay_capacity) == ((128, 128), 128, 10_000)
    assert (two.update_unit, two.update_period, two.target_period) == ("episodes", 1, 200)
    assert (two.loss, two.learning_rate, two.gamma) == ("huber", 1e-4, 0.9)
    three = LECTURE
    assert (three.hidden_sizes, three.gamma, three.batch_size) == ((64, 32), 0.95, 32)
    assert (three.replay_capacity, three.learning_starts) == (50_000, 2_000)
    assert (three.update_period, three.target_period) == (4, 10)
    assert (three.epsilon_start, three.epsilon_end, three.epsilon_duration) == (0.5, 0.005, 5_000)
    assert three.epsilon_unit == "episodes"


def test_the_solver_believes_what_can_be_true():
    low, high = SOLVED_CARTPOLE.value_range
    assert (low, high) == pytest.approx((0, 1 / (1 - SOLVED_CARTPOLE.gamma)))
    assert SOLVED_CARTPOLE.eval_episodes == 100
    assert SOLVED_CARTPOLE.steps % SOLVED_CARTPOLE.eval_period == 0, "scored at the very end"
