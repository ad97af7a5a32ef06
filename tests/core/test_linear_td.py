"""Where lag rescues: the numbers of Baird's counterexample, of two weights, and of the corridor."""

import dataclasses
import warnings

import numpy as np
import pytest

from dqn_lessons import target_lag as lag


def by_updates(problem, rate, period, updates):
    """Follow the expected updates one at a time."""
    w = problem.start.copy()
    target = w.copy()
    for step in range(1, updates + 1):
        values, following = problem.features @ w, problem.next_features @ target
        errors = problem.rewards + problem.gamma * following - values
        w = w + rate * problem.features.T @ (problem.weights * errors)
        if step % period == 0:
            target = w.copy()
    return w


@pytest.mark.parametrize("make", [lag.baird, lag.two_weight_rescue, lag.tsitsiklis_van_roy])
@pytest.mark.parametrize("period", [1, 7, 40])
def test_the_period_map_is_its_updates(make, period):
    problem = make()
    period_map = lag.hard_sync_map(problem, 0.05, period)
    error = np.linalg.matrix_power(period_map, 3) @ (problem.start - problem.solution)
    expected = by_updates(problem, 0.05, period, 3 * period)
    np.testing.assert_allclose(problem.solution + error, expected, rtol=1e-9, atol=1e-9)


def test_baird_diverges_without_lag():
    w = by_updates(lag.baird(), 0.01, 1, 1_000)
    np.testing.assert_allclose(w, [114.43] * 6 + [6.85, 335.0], rtol=1e-3)
    assert lag.hard_sync_rate(lag.baird(), 0.01, 1) == pytest.approx(1.0024, abs=5e-5)


@pytest.mark.parametrize(("rate", "first_stable"), [(0.01, 77), (0.1, 9), (0.5, 2)])
def test_baird_is_stable_from_a_known_period_on(rate, first_stable):
    stable = [C for C in range(1, 400) if lag.hard_sync_rate(lag.baird(), rate, C) < 1]
    assert stable == list(range(first_stable, 400))


def test_baird_has_a_best_period():
    rates = {C: lag.hard_sync_rate(lag.baird(), 0.01, C) for C in range(77, 1_000)}
    assert min(rates, key=rates.get) == 132
    assert rates[132] == pytest.approx(0.9995825, abs=5e-8)
    assert lag.hard_sync_rate(lag.baird(), 0.01, 10_000) == pytest.approx(0.999999, abs=5e-7)


def test_two_weights_are_rescued_by_lag_alone():
    problem = lag.two_weight_rescue()
    np.testing.assert_allclose(problem.solution, [4.96, -2.96])
    eigenvalues = np.linalg.eigvals(problem.covariance - problem.bootstrap)
    np.testing.assert_allclose(eigenvalues.real, [-0.292, -0.292], atol=5e-4)
    np.testing.assert_allclose(sorted(eigenvalues.imag), [-0.069, 0.069], atol=5e-4)
    stable = [C for C in range(1, 200) if lag.hard_sync_rate(problem, 0.1, C) < 1]
    assert stable == list(range(68, 200))
    even = dataclasses.replace(problem, weights=np.array([0.5, 0.5]))
    assert lag.hard_sync_rate(even, 0.1, 1) < 1


@pytest.mark.parametrize("make", [lag.baird, lag.two_weight_rescue, lambda: lag.one_weight(1.5)])
def test_no_step_is_no_change(make):
    assert lag.hard_sync_rate(make(), 0.0, 5) == pytest.approx(1)


def test_a_tiny_step_explodes_slowly():
    """To first order the rate is 1 - learning_rate * (least real part of S - A's eigenvalues)."""
    problem = lag.two_weight_rescue()
    least = np.linalg.eigvals(problem.covariance - problem.bootstrap).real.min()
    grown = lag.hard_sync_rate(problem, 1e-9, 1) - 1
    assert grown == pytest.approx(-1e-9 * least, rel=1e-4)


def test_an_error_that_is_its_own_target_stays():
    assert lag.hard_sync_rate(lag.one_weight(1.0), 0.1, 5) == pytest.approx(1)


def test_one_weight_is_never_rescued():
    growing = lag.one_weight(1.98)
    assert lag.hard_sync_rate(growing, 0.1, 1) == pytest.approx(1.098)
    assert lag.hard_sync_rate(growing, 0.1, 50) ** 50 == pytest.approx(1.975, abs=5e-4)
    assert all(lag.hard_sync_rate(growing, 0.1, C) > 1 for C in (1, 10, 100, 1_000, 10_000))


def test_lag_can_do_harm():
    alternating = lag.one_weight(-1.5)
    assert lag.hard_sync_rate(alternating, 0.1, 1) == pytest.approx(0.75)
    assert lag.hard_sync_rate(alternating, 0.1, 20) ** 20 == pytest.approx(1.196, abs=5e-4)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.9])
def test_exact_fitting_can_diverge(epsilon):
    problem = lag.tsitsiklis_van_roy(epsilon=epsilon)
    per_sync = lag.hard_sync_rate(problem, 0.1, 1_000) ** 1_000
    assert per_sync == pytest.approx(0.99 * (6 - 4 * epsilon) / 5, rel=1e-6)


@pytest.mark.parametrize("make", [lag.baird, lag.two_weight_rescue])
def test_the_error_over_time_is_that_of_the_updates(make):
    problem = make()
    made, error = lag.error_over_time(problem, 0.01, 40, updates=400, points=6)
    w = by_updates(problem, 0.01, 40, int(made[-1]))
    off = problem.features @ (w - problem.solution)
    expected = np.sqrt(problem.weights @ off**2)
    assert error[-1] == pytest.approx(expected)
    assert made[0] == 0
    assert len(made) <= 6


@pytest.mark.parametrize(
    ("updates", "period", "points"), [(401, 1, 200), (10_000, 77, 50), (10, 3, 2), (5, 5_000, 2)]
)
def test_the_error_over_time_ends_with_the_last_period(updates, period, points):
    made, _ = lag.error_over_time(lag.baird(), 0.01, period, updates, points)
    assert len(made) <= points
    assert made[-1] < updates + period
    assert made[-1] >= updates / 2


def test_an_error_that_explodes_is_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, error = lag.error_over_time(lag.baird(), 0.5, 1, updates=100_000)
    assert not np.isfinite(error[-1])


def starts(learners):
    return [np.random.default_rng(seed) for seed in range(learners)]


@pytest.mark.parametrize(("period", "distance"), [(400, 15), (500, 12), (1_000, 6), (2_000, 3)])
def test_the_corridor_is_known_as_far_as_the_syncs_reach(period, distance):
    assert distance == -(-6_000 // period)
    assert set(lag.corridor(period, starts(4)).exact_distance) == {distance}


@pytest.mark.parametrize("period", [50, 100, 300])
def test_the_corridor_is_solved_in_between(period):
    result = lag.corridor(period, starts(4))
    assert set(result.exact_distance) == {19}
    assert not result.wrong_actions.any()


def test_the_corridor_without_lag_overestimates():
    result = lag.corridor(1, starts(16))
    assert np.median(result.q.max(axis=(1, 2))) > 1.2
    assert (result.wrong_actions > 0).sum() > 8


@pytest.mark.parametrize(
    ("optimizer", "rate", "solved"), [("adam", 3e-3, 13), ("adam", 1e-3, 16), ("sgd", 10, 16)]
)
def test_a_smaller_step_cures_the_corridor_without_lag(optimizer, rate, solved):
    result = lag.corridor(1, starts(16), learning_rate=rate, optimizer=optimizer)
    assert (result.wrong_actions == 0).sum() >= solved
    assert np.median(result.q.max(axis=(1, 2))) == pytest.approx(1, abs=0.01)


def test_the_corridor_by_gradient_descent_by_hand():
    """With 2 actions in 2 cells a step size of 2 puts each value on its target."""
    result = lag.corridor(1, starts(1), updates=1, learning_rate=2, optimizer="sgd", cells=3)
    best = 0.1 * np.random.default_rng(0).standard_normal((2, 2)).max(axis=1)
    np.testing.assert_allclose(result.q[0], [0.99 * best, [0.99 * best[0], 1]], atol=1e-12)
    with pytest.raises(ValueError, match="optimizer = 'rmsprop'"):
        lag.corridor(1, starts(1), optimizer="rmsprop")


def test_a_learner_of_the_corridor_is_the_same_alone():
    together = lag.corridor(50, starts(3), updates=300)
    alone = lag.corridor(50, [np.random.default_rng(2)], updates=300)
    np.testing.assert_array_equal(together.q[2], alone.q[0])


def test_the_corridor_by_hand():
    """Two cells before the goal, one update: Adam's first step is the learning rate."""
    result = lag.corridor(1, starts(1), updates=1, learning_rate=0.5, cells=3)
    start = 0.1 * np.random.default_rng(0).standard_normal((2, 2))
    best = [*start.max(axis=1), 0.0]
    target = np.array([[0.99 * best[0], 0.99 * best[1]], [0.99 * best[0], 1.0]])
    np.testing.assert_allclose(result.q[0], start + 0.5 * np.sign(target - start), atol=2e-4)
    np.testing.assert_allclose(result.truth, [0.99, 1.0])


def test_the_targets_of_the_corridor_stand_still_within_a_period():
    every, second, fifth = (lag.corridor(C, starts(1), updates=2).q for C in (1, 2, 5))
    np.testing.assert_array_equal(second, fifth)
    assert not np.array_equal(every, second)


def test_what_a_corridor_result_counts():
    truth = np.array([0.25, 0.5, 1.0])
    right = np.stack([[0.0, 0.0, 0.0], truth], axis=1)
    tied = np.array([[0.25, 0.25], [0.6, 0.5], [0.0, 1.0]])
    result = lag.CorridorResult(np.stack([right, tied]), truth)
    assert result.wrong_actions.tolist() == [0, 2]
    assert result.exact_distance.tolist() == [3, 1]


def test_a_short_corridor_is_learned_exactly():
    """Moving left at the wall stays; nothing is bootstrapped from behind the goal."""
    result = lag.corridor(50, starts(2), updates=4_000, cells=4)
    right = 0.99 ** np.array([2, 1, 0])
    np.testing.assert_allclose(result.q[:, :, 1], [right, right], atol=1e-3)
    left = 0.99 * np.array([right[0], right[0], right[1]])
    np.testing.assert_allclose(result.q[:, :, 0], [left, left], atol=1e-3)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="target_period = 0"):
        lag.hard_sync_rate(lag.baird(), 0.01, 0)
    with pytest.raises(TypeError, match=r"target_period = 1\.5"):
        lag.corridor(1.5, starts(1))
    for name, value in {"cells": 1, "updates": 0, "gamma": 1.1, "learning_rate": -1.0}.items():
        with pytest.raises(ValueError, match=f"^{name} = {value}"):
            lag.corridor(1, starts(1), **{name: value})
    with pytest.raises(ValueError, match=r"rngs = \[\]: it must be one per learner"):
        lag.corridor(1, [])
    with pytest.raises(ValueError, match="points = 1"):
        lag.error_over_time(lag.baird(), 0.01, 5, 100, points=1)
    with pytest.raises(ValueError, match="learning_rate = -1"):
        lag.hard_sync_rate(lag.baird(), -1, 5)
