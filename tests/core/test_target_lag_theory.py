"""The closed forms against tables computed apart from them, and the theorems as invariants."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq

from dqn_lessons import target_lag as lag
from dqn_lessons.target_lag import TargetLagConfig
from tests.oracles import target_lag as oracle

# alpha, C, rho_C, updates to 99 %, b after 50,000 updates
SGD_TABLE = [
    (1e-4, 1, 0.99999800, 2_302_583, 19.03),
    (1e-4, 1_000, 0.99818714, 2_537_980, 17.35),
    (1e-4, 5_000, 0.99367843, 3_630_605, 12.29),
    (1e-3, 1, 0.99998000, 230_257, 126.42),
    (1e-3, 1_000, 0.99135065, 530_057, 70.46),
    (1e-3, 5_000, 0.99000045, 2_290_132, 19.123),
]


@pytest.mark.parametrize(("rate", "period", "rho", "to_99", "after"), SGD_TABLE)
def test_the_table_of_sgd(rate, period, rho, to_99, after):
    assert lag.contraction_per_period(0.99, rate, period) == pytest.approx(rho, abs=5e-9)
    assert lag.steps_to_tolerance(0.01, 0.99, rate, period) == to_99
    config = TargetLagConfig(learning_rate=rate, target_period=period, optimizer="sgd")
    digits = 5e-4 if after == 19.123 else 5e-3
    assert oracle.sgd_bias(config)[-1] == pytest.approx(after, abs=digits)


# n, alpha, C, b after 50,000 updates: gamma becomes gamma**n
N_STEP_TABLE = [
    (3, 1e-4, 1, 51.4),
    (3, 1e-3, 1, 189.7),
    (10, 1e-4, 1, 123.1),
    (10, 1e-3, 1, 200.0),
    (3, 1e-4, 5_000, 34.5),
    (3, 1e-3, 5_000, 52.06),
    (10, 1e-4, 5_000, 92.8),
    (10, 1e-3, 5_000, 126.8),
    (100, 1e-4, 5_000, 198.8),
    (100, 1e-3, 5_000, 199.99),
]


@pytest.mark.parametrize(("n_step", "rate", "period", "after"), N_STEP_TABLE)
def test_the_table_of_n_steps(n_step, rate, period, after):
    config = TargetLagConfig(
        learning_rate=rate, target_period=period, n_step=n_step, optimizer="sgd"
    )
    assert oracle.sgd_bias(config)[-1] == pytest.approx(after, abs=0.051)
    # n steps of horizon per sync: n * (k + 1) rewards.
    assert oracle.sgd_bias(config)[-1] <= lag.horizon_bound(
        n_step * (49_999 // period + 1) - 1, 2, 0.99
    )


@pytest.mark.parametrize(
    ("k", "start", "bound"),
    [(0, 0, 2), (9, 0, 19.1236), (10, 0, 20.9323), (0, 0.5, 2.495), (0, -0.5, 1.505),
     (9, 0.5, 19.576), (9, -0.5, 18.671)],
)  # fmt: skip
def test_the_staircase(k, start, bound):
    assert lag.horizon_bound(k, 2, 0.99, start) == pytest.approx(bound, abs=5e-4)


@given(st.integers(0, 30), st.floats(-3, 3), st.floats(0, 1), st.floats(-3, 3))
def test_the_staircase_is_a_truncated_return(k, reward, gamma, start):
    rewards = [reward] * (k + 1) + [start]
    expected = lag.discounted_return(rewards, gamma)
    assert lag.horizon_bound(k, reward, gamma, start) == pytest.approx(expected, abs=1e-9)


def test_the_staircase_takes_many_k_at_once():
    many = lag.horizon_bound(np.arange(4), 2.0, 0.5, 1.0)
    np.testing.assert_allclose(many, [2.5, 3.25, 3.625, 3.8125])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1 - 1e-12, 1.0])
def test_the_geometric_sum_is_exact_near_one(gamma):
    expected = math.fsum(gamma**i for i in range(1_000))
    assert lag.geometric_sum(gamma, 1_000) == pytest.approx(expected, rel=1e-13)


@given(st.floats(-3, 3), st.integers(0, 30))
def test_the_geometric_sum_takes_any_ratio(ratio, terms):
    powers = [ratio**i for i in range(terms)]
    close = 1e-12 * (1 + sum(map(abs, powers)))
    assert lag.geometric_sum(ratio, terms) == pytest.approx(math.fsum(powers), abs=close)


@given(st.floats(0, 1), st.floats(0, 0.5), st.integers(1, 100), st.integers(1, 50))
def test_theorem_1_lag_only_costs(gamma, rate, period, more):
    shorter = lag.contraction_per_step(gamma, rate, period)
    longer = lag.contraction_per_step(gamma, rate, period + more)
    assert shorter <= longer + 1e-12


@given(st.floats(0.01, 0.999), st.floats(1e-3, 0.5), st.integers(2, 80), st.floats(0.001, 0.999))
def test_steps_to_tolerance_is_the_first_such_step(gamma, rate, period, tolerance):
    steps = lag.steps_to_tolerance(tolerance, gamma, rate, period)
    assume(steps <= 20_000)
    config = TargetLagConfig(
        gamma=gamma, learning_rate=rate, target_period=period, optimizer="sgd", steps=steps,
        reward=1 - gamma,
    )  # fmt: skip
    error = np.abs(oracle.sgd_bias(config) - 1)
    assert error[-1] <= tolerance * (1 + 1e-9)
    assert steps == 1 or error[-2] > tolerance * (1 - 1e-9)


@given(st.floats(0.001, 0.999), st.floats(0.0005, 0.4995), st.floats(0.001, 0.999))
def test_the_soft_update_never_oscillates(gamma, rate, tau):
    slow, fast = oracle.polyak_eigenvalues(gamma, rate, tau)
    eigenvalues = sorted(np.linalg.eigvals(oracle.polyak_matrix(gamma, rate, tau)).real)
    np.testing.assert_allclose([fast, slow], eigenvalues, atol=1e-9)
    assert 0 <= fast <= slow < 1


@given(st.floats(0, 1), st.floats(0, 3), st.floats(0.001, 1))
def test_the_eigenvalues_of_the_soft_update_are_real(gamma, rate, tau):
    slow, fast = oracle.polyak_eigenvalues(gamma, rate, tau)
    matrix = oracle.polyak_matrix(gamma, rate, tau)
    assert slow + fast == pytest.approx(np.trace(matrix), abs=1e-12)
    assert slow * fast == pytest.approx(np.linalg.det(matrix), abs=1e-12)


def test_nearly_equal_eigenvalues_are_not_an_error():
    """Without bootstrapping both lags act alone: near eta = tau rounding hides the difference."""
    for tau in np.arange(1, 1_000) / 1_000:
        rate = tau / 2 * (1 + 3e-9)
        np.testing.assert_allclose(oracle.polyak_eigenvalues(0.0, rate, tau), 1 - tau, atol=1e-7)


@pytest.mark.parametrize(
    ("eta", "period", "exact"),
    [(2e-4, 100, 1.974e-2), (2e-4, 5_000, 3.444e-4), (2e-3, 1_000, 1.527e-3),
     (2e-3, 5_000, 2.232e-4), (2e-2, 5_000, 2.030e-4)],
)  # fmt: skip
def test_the_exchange_rate_is_within_half_a_per_cent(eta, period, exact):
    wanted = math.log(lag.contraction_per_step(0.99, eta / 2, period))

    def too_fast(tau):
        return wanted - math.log(oracle.polyak_eigenvalues(0.99, eta / 2, tau)[0])

    root = brentq(too_fast, 1e-7, 1, xtol=1e-14)
    assert root == pytest.approx(exact, rel=3e-4)
    assert lag.equivalent_tau(period, eta / 2) == pytest.approx(root, rel=5e-3)


@given(st.floats(1e-4, 0.499))
def test_no_lag_is_worth_a_tau_of_one(rate):
    assert lag.equivalent_tau(1, rate) == pytest.approx(1)


def test_adam_wakes_up_with_a_burst():
    run = lag.simulate(TargetLagConfig())
    moves = np.abs(np.diff(run.bias)) / 1e-3
    assert moves.max() == pytest.approx(5.95, abs=0.01)
    assert int(moves.argmax()) + 2 - 45_000 == 14


@pytest.mark.parametrize(("rate", "ratio"), [(1e-4, 0.25), (1e-3, 2.5)])
def test_which_limit_binds(rate, ratio):
    assert lag.speed_ratio(rate, 5_000, -2.0) == pytest.approx(ratio)
    assert lag.speed_ratio(rate, 5_000, 0.0) == math.inf


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: lag.fixed_point(2, 1.0), r"gamma = 1.0.*\[0, 1\)"),
        (lambda: lag.fixed_point(math.nan, 0.9), "reward = nan"),
        (lambda: lag.used_syncs(5, 0), "target_period = 0"),
        (lambda: lag.contraction_per_period(1.5, 0.1, 1), "gamma = 1.5"),
        (lambda: lag.contraction_per_period(0.5, -0.1, 1), "learning_rate = -0.1"),
        (lambda: lag.steps_to_tolerance(1.0, 0.9, 0.1, 1), "tolerance = 1.0"),
        (lambda: lag.steps_to_tolerance(0.1, 0.9, 0.6, 1), "learning_rate = 0.6"),
    ],
)
def test_what_is_out_of_range_is_named(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_reachable_share_is_the_ceiling_over_the_value():
    updates = np.array([1, 500, 501, 7_250])
    share = lag.reachable_share(updates, 500, 0.99)
    bound = lag.horizon_bound(lag.used_syncs(updates, 500), 2.0, 0.99)
    np.testing.assert_allclose(share, bound / 200)
    # Stable-Baselines3's defaults, 50,000 steps: five syncs of which the last is never used.
    assert lag.reachable_share(50_000, 10_000, 0.99) == pytest.approx(1 - 0.99**5)
