"""Statistics against SciPy, hand-computed values, and the coverage that they promise."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats as scipy_stats

from dqn_lessons import stats

FINITE = st.floats(-1e6, 1e6)
SCORES = hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=3, min_side=2), elements=FINITE)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_iqm_by_hand():
    assert stats.iqm([100, 1, 2, 3, 4, 5, 6, -100]) == 3.5
    assert stats.iqm([7.0]) == 7
    assert stats.iqm([[1, 2, 3, 400], [5, 6, 7, 8]], axis=1).tolist() == [2.5, 6.5]
    assert stats.iqm([[1, 10], [2, 20], [3, 30], [4, 40]], axis=0).tolist() == [2.5, 25]


@given(SCORES, st.sampled_from([0, -1]))
def test_iqm_is_scipys_trimmed_mean(scores, axis):
    ours = stats.iqm(scores, axis=axis)
    theirs = scipy_stats.trim_mean(scores, 0.25, axis=axis)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("statistic", [np.mean, np.median, stats.iqm])
def test_bootstrap_agrees_with_scipys(statistic):
    scores = rng(1).gamma(2.0, size=24)
    ours = stats.bootstrap_ci(scores, rng(2), statistic=statistic, resamples=20_000)
    theirs = scipy_stats.bootstrap(
        (scores,), statistic, method="percentile", n_resamples=20_000, rng=rng(3)
    ).confidence_interval
    assert ours.estimate == statistic(scores, axis=0)
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=0.03)


def test_a_curve_is_drawn_again_as_a_whole():
    scores = rng(4).normal(size=(16, 5))
    curve = stats.bootstrap_ci(scores, rng(5))
    for column in range(5):
        alone = stats.bootstrap_ci(scores[:, column], rng(5))
        assert [part[column] for part in curve] == pytest.approx(list(alone))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """At 32 seeds a percentile interval of 80 % covers a little less than 80 %."""
    held = 0
    for seed in range(400):
        interval = stats.bootstrap_ci(rng(seed).normal(3, 2, 32), rng(seed), level=0.8)
        held += interval.low <= 3 <= interval.high
    assert 0.72 < held / 400 < 0.85


def test_the_same_draws_give_the_same_interval_and_the_callers_generator_is_used():
    scores = rng(6).normal(size=16)
    assert stats.bootstrap_ci(scores, rng(7)) == stats.bootstrap_ci(scores, rng(7))
    assert stats.bootstrap_ci(scores, rng(7)) != stats.bootstrap_ci(scores, rng(8))


def test_a_higher_level_gives_a_wider_interval():
    scores = rng(9).normal(size=16)
    narrow, wide = (stats.bootstrap_ci(scores, rng(1), level=level) for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_pairs_cancel_what_they_share():
    shared = rng(10).normal(0, 100, 16)
    gain = rng(11).normal(1, 0.1, 16)
    paired = stats.paired_difference_ci(shared + gain, shared, rng(12))
    assert paired.estimate == pytest.approx(gain.mean())
    assert 0.9 < paired.low < 1 < paired.high < 1.1
    reordered = stats.paired_difference_ci(shared + gain, shared[::-1], rng(12))
    assert reordered.high - reordered.low > 50


def test_paired_difference_agrees_with_scipys():
    one, other = rng(13).normal(size=(2, 20))
    ours = stats.paired_difference_ci(one, other, rng(0), resamples=20_000)
    theirs = scipy_stats.bootstrap(
        (one, other),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=rng(1),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=0.03)


def test_performance_profile_by_hand():
    profile = stats.performance_profile([1, 2, 2, 5], [0, 1, 2, 4.9, 5])
    assert profile.tolist() == [1, 0.75, 0.25, 0.25, 0]


@given(SCORES)
def test_a_performance_profile_falls_from_one_to_nothing(table):
    scores = table.ravel()
    levels = np.linspace(scores.min() - 1, scores.max(), 9)
    profile = stats.performance_profile(scores, levels)
    assert profile[0] == 1
    assert profile[-1] == 0
    assert (np.diff(profile) <= 0).all()


def test_percentile_rank_by_hand():
    assert stats.percentile_rank(3, [1, 2, 3, 3, 4]) == pytest.approx(60)
    assert stats.percentile_rank(0, [1, 2]) == 0
    assert stats.percentile_rank(9, [1, 2]) == 100
    curve = stats.percentile_rank([2, 10], [[1, 10], [3, 10], [2, 20], [4, 30]])
    assert curve.tolist() == [37.5, 25]


def test_percentile_rank_is_scipys():
    scores = [3, 1, 4, 1, 5, 9, 2, 6]
    for score in (0, 1, 4, 4.5, 9, 10):
        theirs = scipy_stats.percentileofscore(scores, score, kind="mean")
        assert stats.percentile_rank(score, scores) == pytest.approx(theirs)


@given(SCORES, st.floats(0.01, 0.99))
def test_a_percentile_interval_holds_the_middle_part(table, level):
    low, high = stats.percentile_interval(table.ravel(), level)
    outside = (1 - level) / 2
    expected = np.percentile(table, [100 * outside, 100 * (1 - outside)])
    np.testing.assert_allclose([low, high], expected, atol=1e-6)
    assert low <= np.median(table) + 1e-6
    assert high >= np.median(table) - 1e-6


def test_wrong_signs_by_hand():
    # One seed in four points the other way; all four together never do.
    assert stats.sign_error_rate([1, 1, 1, -1], 1, rng()) == pytest.approx(0.25, abs=0.02)
    assert stats.sign_error_rate([1, 1, 1, -1], 4, rng()) == 0
    # No effect at all: every small study claims one.
    assert stats.sign_error_rate([1, 1, 1, -3], 2, rng()) == pytest.approx(1, abs=0.0)


def test_wrong_signs_of_a_normal_effect():
    """An effect of half a standard deviation: the mean of k has the wrong sign with Phi(-√k/2)."""
    many = rng(5).normal(0.5, 1, 20_000)
    for k in (3, 5):
        expected = scipy_stats.norm.cdf(-np.sqrt(k) * many.mean() / many.std())
        assert stats.sign_error_rate(many, k, rng(), 2_000) == pytest.approx(expected, abs=0.03)


def test_autocorrelation_by_hand():
    assert stats.autocorrelation([1, -1, 1, -1], 0) == 1
    assert stats.autocorrelation([1, -1, 1, -1], 1) == -0.75
    assert stats.autocorrelation([1, 2, 3], 1) == 0
    assert stats.autocorrelation([1, 2, 3], 2) == -0.5


def test_autocorrelation_of_a_known_process():
    """x' = 0.8 x + noise has autocorrelation 0.8 ** lag."""
    series, noise = np.zeros(100_000), rng(17).normal(size=100_000)
    for t in range(1, len(series)):
        series[t] = 0.8 * series[t - 1] + noise[t]
    for lag in (1, 3, 6):
        assert stats.autocorrelation(series, lag) == pytest.approx(0.8**lag, abs=0.02)
    assert stats.autocorrelation(noise, 1) == pytest.approx(0, abs=0.02)


def test_an_interval_reads_well():
    assert str(stats.Interval(12.3456, 10.0, 15.55)) == "12.3 [10, 15.6]"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: stats.bootstrap_ci([1.0], rng()), ["scores", "[1]", "two seeds"]),
        (lambda: stats.bootstrap_ci(3.0, rng()), ["scores", "[]"]),
        (lambda: stats.bootstrap_ci([1, np.nan], rng()), ["scores", "finite"]),
        (lambda: stats.bootstrap_ci([1, 2], rng(), level=1), ["level", "(0, 1)"]),
        (lambda: stats.bootstrap_ci([1, 2], rng(), resamples=9), ["resamples", "9", "100"]),
        (lambda: stats.paired_difference_ci([1, 2], [1, 2, 3], rng()), ["[2]", "[3]", "same"]),
        (lambda: stats.iqm([]), ["no scores"]),
        (lambda: stats.performance_profile([], [1]), ["no scores"]),
        (lambda: stats.performance_profile([[1, 2]], [1]), ["[1, 2]", "one score per seed"]),
        (lambda: stats.percentile_rank(1, []), ["no scores"]),
        (lambda: stats.percentile_rank(np.nan, [1]), ["not finite"]),
        (lambda: stats.percentile_interval([1, 2], 1.0), ["level"]),
        (lambda: stats.sign_error_rate([1, 2], 3, rng()), ["k = 3", "[1, 2]"]),
        (lambda: stats.autocorrelation([1, 1, 1], 1), ["constant"]),
        (lambda: stats.autocorrelation([1, 2], 2), ["lag", "[0, 1]"]),
        (lambda: stats.autocorrelation([[1, 2]], 0), ["(1, 2)", "[T]"]),
    ],
)
def test_errors_name_the_value_and_the_remedy(call, words):
    with pytest.raises(ValueError, match=re.escape(words[0])) as error:
        call()
    for word in words:
        assert word in str(error.value)
