"""The simulation against closed forms, against PyTorch's optimisers, and against known numbers."""

import contextlib
import itertools
import re
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dqn_lessons import target_lag as lag
from dqn_lessons.target_lag import TargetLagConfig
from tests.oracles import target_lag as oracle

GAMMAS = st.floats(0, 0.999)
GAMMAS_UP_TO_ONE = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1 - 1e-9, 1.0]))
RATES = st.floats(1e-4, 0.5)
PERIODS = st.integers(1, 60)


def by_torch(config: TargetLagConfig) -> np.ndarray:
    """Train one float64 parameter with PyTorch's optimiser; sync at the start of a step."""
    bias = torch.nn.Parameter(torch.tensor(config.initial_bias, dtype=torch.float64))
    if config.optimizer == "adam":
        betas = (config.beta1, config.beta2)
        optimiser = torch.optim.Adam([bias], lr=config.learning_rate, betas=betas, eps=config.eps)
    else:
        optimiser = torch.optim.SGD([bias], lr=config.learning_rate)
    target, biases = bias.detach().clone(), []
    for step in range(config.steps):
        if config.tau is None and step % config.target_period == 0:
            target = bias.detach().clone()
        rewards = sum(config.gamma**i * config.reward for i in range(config.n_step))
        loss = (rewards + config.gamma**config.n_step * target - bias) ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        biases.append(bias.item())
        if config.tau is not None:
            target = config.tau * bias.detach() + (1 - config.tau) * target
    return np.array(biases)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"target_period": 1},
        {"tau": 0.05},
        {"n_step": 3, "initial_bias": -0.5},
        {"beta1": 0.5, "beta2": 0.9, "eps": 1e-2},
        {"reward": -3.0, "gamma": 0.5},
        {"reward": 0.0},
        {"gamma": 1.0},
    ],
    ids=str,
)
def test_it_does_what_pytorch_does(optimizer, changes):
    settings = {"steps": 1_500, "target_period": 100, "learning_rate": 1e-2, **changes}
    config = TargetLagConfig(optimizer=optimizer, **settings)
    np.testing.assert_allclose(lag.simulate(config).bias, by_torch(config), rtol=0, atol=1e-9)


@given(GAMMAS_UP_TO_ONE, RATES, PERIODS, st.floats(-5, 5), st.floats(-3, 3), st.integers(1, 5))
def test_sgd_follows_its_closed_form(gamma, rate, period, reward, start, n_step):
    config = TargetLagConfig(
        reward=reward,
        gamma=gamma,
        learning_rate=rate,
        target_period=period,
        initial_bias=start,
        n_step=n_step,
        optimizer="sgd",
        steps=300,
    )
    bias = lag.simulate(config).bias
    scale = max(abs(start), np.abs(bias).max(), 1e-300)
    assert np.abs(bias - oracle.sgd_bias(config)).max() <= 1e-10 * scale


@pytest.mark.parametrize("gamma", [0.99, 1 - 1e-9, 1.0])
def test_the_closed_form_holds_over_a_whole_run(gamma):
    config = TargetLagConfig(gamma=gamma, learning_rate=1e-4, target_period=7, optimizer="sgd")
    np.testing.assert_allclose(oracle.sgd_bias(config), lag.simulate(config).bias, rtol=1e-10)


@pytest.mark.parametrize("rate", [0.6, 0.95, 50.0])
def test_the_closed_form_holds_when_updates_jump_over_the_target(rate):
    config = TargetLagConfig(
        learning_rate=rate, target_period=3, optimizer="sgd", steps=12, initial_bias=1.0
    )
    bias = lag.simulate(config).bias
    swing = np.maximum.accumulate(np.abs(bias))  # what cancels is as large as the last peak
    assert (np.abs(oracle.sgd_bias(config) - bias) <= 1e-9 * swing).all()


@pytest.mark.parametrize("period", [1, 7, 100])
def test_a_sync_at_the_start_of_a_step_gives_the_same_bits(period):
    config = TargetLagConfig(
        optimizer="sgd", learning_rate=0.03, target_period=period, steps=500, initial_bias=0.3
    )
    bias, target, biases = 0.3, 0.0, []
    for step in range(config.steps):
        if step % period == 0:
            target = bias
        bias -= 0.03 * (-2.0 * (2.0 + 0.99 * target - bias))
        biases.append(bias)
    np.testing.assert_array_equal(lag.simulate(config).bias, biases)


@given(GAMMAS, RATES, st.floats(0.001, 1), st.floats(-5, 5))
def test_the_soft_update_follows_its_matrix(gamma, rate, tau, reward):
    config = TargetLagConfig(
        reward=reward, gamma=gamma, learning_rate=rate, tau=tau, optimizer="sgd", steps=200
    )
    star = lag.fixed_point(reward, gamma)
    error = np.array([-star, -star])
    expected = []
    for _ in range(config.steps):
        error = oracle.polyak_matrix(gamma, rate, tau) @ error
        expected.append(star + error[0])
    np.testing.assert_allclose(
        lag.simulate(config).bias, expected, rtol=0, atol=1e-10 * (1 + abs(star))
    )


def test_the_three_runs_of_the_lesson():
    finals = [
        lag.simulate(TargetLagConfig(reward=reward, learning_rate=rate)).bias[-1]
        for reward, rate in ((0.0, 1e-4), (2.0, 1e-4), (2.0, 1e-3))
    ]
    assert finals[0] == 0
    assert finals[1] == pytest.approx(4.966, abs=5e-4)
    assert finals[2] == pytest.approx(19.1232, abs=5e-5)


def test_the_last_sync_is_never_used():
    assert lag.used_syncs(50_000, 5_000) == 9
    assert lag.used_syncs([1, 5_000, 5_001], 5_000).tolist() == [0, 0, 1]
    run = lag.simulate(TargetLagConfig())
    assert run.target_bias[-1] == run.bias[44_999]


@pytest.mark.parametrize(
    ("n_step", "reward", "gamma_n"), [(1, 2.0, 0.99), (3, 2 + 2 * 0.99 + 2 * 0.99**2, 0.99**3)]
)
def test_what_is_recorded_fits_together(n_step, reward, gamma_n):
    config = TargetLagConfig(steps=500, target_period=100, initial_bias=0.3, n_step=n_step)
    run = lag.simulate(config)
    before = np.r_[0.3, run.bias[:-1]]
    np.testing.assert_allclose(run.td_error, reward + gamma_n * run.target_bias - before)
    np.testing.assert_array_equal(run.gradient, -2 * run.td_error)
    assert len(set(run.target_bias)) == 5
    assert not run.diverged


def test_what_is_recorded_is_what_moved_the_bias():
    config = TargetLagConfig(optimizer="sgd", learning_rate=0.1, steps=50, n_step=2, tau=0.1)
    run = lag.simulate(config)
    np.testing.assert_allclose(np.diff(run.bias), -0.1 * run.gradient[1:], rtol=1e-9)


# (learning rate, largest |b - y| beyond the target, largest update / learning rate)
ADAM_TABLE = [
    (1e-4, -1.46, 1.24),
    (1e-3, -8.87e-10, 5.95),
    (5e-3, 0, 6.39),
    (7e-3, 5.2e-4, 6.35),
    (1e-2, 0.064, 6.29),
    (1e-1, 1.105, 4.95),
    (1.0, 2.06, 3.12),
]


@pytest.mark.parametrize(("rate", "beyond", "fastest"), ADAM_TABLE)
def test_the_table_of_adam(rate, beyond, fastest):
    run = lag.simulate(TargetLagConfig(learning_rate=rate))
    over = (run.bias - (2 + 0.99 * run.target_bias)).max()
    assert over == pytest.approx(beyond, rel=0.01, abs=1e-13)
    moves = np.abs(np.diff(run.bias, prepend=0)) / rate
    assert moves.max() == pytest.approx(fastest, abs=0.006)
    if rate >= 5e-3:
        assert run.bias[-1] == pytest.approx(lag.horizon_bound(9, 2, 0.99), abs=1e-4)


# (learning rate, first step with b above B_k, largest excess); computed once in float64.
OVERSHOOT = [(7e-3, 5_347, 5e-4), (1e-2, 5_056, 0.064), (1e-1, 24, 1.11), (1.0, 3, 2.06)]


@pytest.mark.parametrize(("rate", "first", "excess"), OVERSHOOT)
def test_fast_adam_breaks_the_bound(rate, first, excess):
    over = excess_over_bound(rate)
    assert int(np.argmax(over > 1e-9)) + 1 == first
    assert over.max() == pytest.approx(excess, rel=0.06)


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 5e-3])
def test_slow_adam_keeps_the_bound(rate):
    assert excess_over_bound(rate).max() < 1e-12


def excess_over_bound(rate):
    run = lag.simulate(TargetLagConfig(learning_rate=rate))
    k = lag.used_syncs(np.arange(1, 50_001), 5_000)
    return run.bias - lag.horizon_bound(k, 2.0, 0.99)


@given(GAMMAS, st.floats(0, 0.5), PERIODS, st.floats(0.01, 5))
def test_sgd_never_breaks_the_bound(gamma, rate, period, reward):
    config = TargetLagConfig(
        reward=reward, gamma=gamma, learning_rate=rate, target_period=period,
        optimizer="sgd", steps=250,
    )  # fmt: skip
    bound = lag.horizon_bound(lag.used_syncs(np.arange(1, 251), period), reward, gamma)
    assert (lag.simulate(config).bias - bound).max() <= 1e-12 * (1 + bound.max())


def test_an_exploding_run_is_a_result_and_not_an_error():
    config = TargetLagConfig(optimizer="sgd", learning_rate=50.0, target_period=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = lag.simulate(config)
        assert np.isnan(run.td_error[-1])
        assert not np.isfinite(oracle.sgd_bias(config)[-1])
    np.testing.assert_allclose(run.bias[:4], [200, -19_600, 200, -1_960_000], rtol=1e-9)
    assert run.diverged


def test_no_lag_and_a_huge_step_lands_at_once():
    run = lag.simulate(
        TargetLagConfig(optimizer="sgd", learning_rate=50.0, target_period=1, steps=3)
    )
    np.testing.assert_allclose(run.bias, 200)


def test_the_fast_run_leaves_the_envelope_only_inside_a_period():
    config = TargetLagConfig()
    over = lag.simulate(config).bias - oracle.adam_envelope(config)
    assert 0.55 < over.max() < 0.62  # the burst after a sync
    assert over[4_999::5_000].max() < 1e-3


@pytest.mark.parametrize("rate", [1e-3, 0.02, 0.3])
def test_the_envelope_is_its_recursion(rate):
    config = TargetLagConfig(learning_rate=rate, target_period=30, steps=400)
    envelope, target, expected = 0.0, 0.0, []
    for step in range(1, 401):
        envelope = min(envelope + rate, 2 + 0.99 * target)
        expected.append(envelope)
        if step % 30 == 0:
            target = envelope
    np.testing.assert_allclose(oracle.adam_envelope(config), expected, rtol=1e-10)


def test_the_envelope_of_the_slow_run_is_tight():
    config = TargetLagConfig(learning_rate=1e-4)
    gap = oracle.adam_envelope(config) - lag.simulate(config).bias
    assert gap.min() > -1e-12
    assert gap.max() < 0.05


@pytest.mark.parametrize(
    ("name", "config", "after_150"),
    [
        ("correct", {"target_period": 50}, 5.9099),
        ("synced every step", {"target_period": 1}, 27.8713),
        ("never synced", {"target_period": 1_000}, 2.0000),
        ("gamma replaced by epsilon", {"target_period": 50, "gamma": 0.05}, 2.1049),
        ("sum for mean", {"target_period": 50, "learning_rate": 0.1}, 5.9401),
    ],
)
def test_each_bug_leaves_its_own_number(name, config, after_150):
    settings = {"optimizer": "sgd", "learning_rate": 0.05, "steps": 150, **config}
    assert lag.simulate(TargetLagConfig(**settings)).bias[-1] == pytest.approx(after_150, abs=5e-5)


def test_the_settings_of_a_run_all_matter():
    base = {"steps": 300, "target_period": 50, "learning_rate": 0.01}
    changes = [
        {}, {"reward": 1.0}, {"gamma": 0.9}, {"learning_rate": 0.02}, {"target_period": 60},
        {"tau": 0.1}, {"optimizer": "sgd"}, {"beta1": 0.5}, {"beta2": 0.9}, {"eps": 0.1},
        {"initial_bias": 1.0}, {"n_step": 2},
    ]  # fmt: skip
    finals = [lag.simulate(TargetLagConfig(**{**base, **change})).bias[-1] for change in changes]
    assert all(a != b for a, b in itertools.combinations(finals, 2))


HUGE = [1e308, -1e308, 1e200, 1e30, 10**6]
WITH_HUGE = {
    "simulate": lambda x: (
        lag.simulate(TargetLagConfig(reward=x, initial_bias=-x, steps=20)).gradient
    ),
    "step size": lambda x: (
        lag.simulate(TargetLagConfig(learning_rate=x, optimizer="sgd", steps=20)).td_error
    ),
    "corridor": lambda x: lag.corridor(
        5, [np.random.default_rng(0)], updates=20, learning_rate=x, cells=4
    ),
    "horizon": lambda x: lag.horizon_bound([1, 5], x, 0.9, -x),
    "horizon's gamma": lambda x: lag.horizon_bound([1, 5], 1.0, x),
    "sum": lambda x: lag.geometric_sum(x, 100),
    "return": lambda x: lag.discounted_return([1.0] * 9, x),
    "period": lambda x: lag.contraction_per_period(0.9, x, 1_000),
    "step": lambda x: lag.contraction_per_step(0.9, x, 1_000),
    "map": lambda x: lag.hard_sync_map(lag.baird(), x, 1_000),
    "rate": lambda x: lag.hard_sync_rate(lag.baird(), x, 1_000),
    "long periods": lambda x: lag.hard_sync_rate(lag.baird(), 1.0, int(min(x, 1e9))),
    "error": lambda x: lag.error_over_time(lag.baird(), 1.0, 10**9, int(abs(x))),
}


@pytest.mark.parametrize("huge", HUGE)
@pytest.mark.parametrize("name", WITH_HUGE)
@pytest.mark.filterwarnings("error")
def test_what_is_huge_is_refused_by_name_or_answered_without_a_warning(name, huge):
    names = "reward|initial_bias|gamma|learning_rate|target_period|updates"
    with contextlib.suppress(ValueError), sentence(rf"({names}) = .*: it must be .*\. Use"):
        WITH_HUGE[name](huge)


@contextlib.contextmanager
def sentence(pattern):
    """See that an error, if there is one, says this."""
    try:
        yield
    except ValueError as error:
        if not re.match(pattern, str(error)):
            raise AssertionError(str(error)) from error
        raise
