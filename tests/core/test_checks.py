"""Arguments are checked first: an error names field, value, limit and remedy."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dqn_lessons.target_lag import TargetLagConfig

OUTSIDE = {
    "reward": [math.nan, math.inf],
    "gamma": [-0.1, 1.1, math.nan],
    "learning_rate": [-1e-3, math.nan, math.inf],
    "steps": [0, -5],
    "target_period": [0, -1],
    "tau": [0.0, 1.5, math.nan],
    "optimizer": ["rmsprop", ""],
    "beta1": [-0.1, 1.0],
    "beta2": [1.0, math.nan],
    "eps": [-1e-8],
    "initial_bias": [math.inf],
    "n_step": [0],
}
NUMBERS = [name for name in OUTSIDE if name != "optimizer"]


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, vs in OUTSIDE.items() for v in vs])
def test_a_value_outside_the_limits_is_named(field, value):
    with pytest.raises(ValueError, match=rf"^{field} = .*must be .*\. \S") as caught:
        TargetLagConfig(**{field: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("field", OUTSIDE)
@pytest.mark.parametrize("value", [[1.0], {}, True, object(), 1j])
def test_a_value_of_the_wrong_type_is_named(field, value):
    with pytest.raises(TypeError, match=rf"^{field} = .*{type(value).__name__}.*must be"):
        TargetLagConfig(**{field: value})


@pytest.mark.parametrize("field", NUMBERS)
def test_a_string_is_not_a_number(field):
    with pytest.raises(TypeError, match=f"^{field} = '1'"):
        TargetLagConfig(**{field: "1"})


@pytest.mark.parametrize("field", ["steps", "target_period", "n_step"])
def test_a_count_is_a_whole_number(field):
    with pytest.raises(TypeError, match="whole number"):
        TargetLagConfig(**{field: 5.0})


@given(st.floats(), st.floats(), st.integers())
@example(0.5, 0.5, 2**63 - 1)
@example(0.5, 0.5, 2**63)  # no array of whole numbers can hold it
def test_any_number_is_accepted_or_refused_by_name(gamma, learning_rate, period):
    fields = {"gamma": gamma, "learning_rate": learning_rate, "target_period": period}
    bad = [not 0 <= gamma <= 1, not 0 <= learning_rate < math.inf, not 1 <= period < 2**63]
    if any(bad):
        with pytest.raises(ValueError, match=f"^{list(fields)[bad.index(True)]} = "):
            TargetLagConfig(**fields)
    else:
        TargetLagConfig(**fields)


def test_numbers_of_numpy_are_numbers():
    TargetLagConfig(reward=np.float64(2), steps=np.int64(10), gamma=np.float32(0.5))
