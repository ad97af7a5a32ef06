"""Lesson 1: the single-bias critic, its theory, and the worlds where lag pays. NumPy only.

Notation: reward r, discount gamma, bias b, its copy b⁻, ``B* = r / (1 - gamma)``; an update by SGD
leaves ``q = 1 - 2 * learning_rate`` of the gap. Unless a function says otherwise:

Args:
    reward: reward of each step, r.
    gamma: discount, in [0, 1].
    learning_rate: step size of SGD, >= 0.
    target_period: updates between hard syncs, C >= 1.
    tau: soft update rate, in (0, 1]: the share that is copied after each update.
    bias: b, the online weight.
    target_bias: b⁻, the copy.
    beta1, beta2: Adam's constants, in [0, 1).
    problem: the world, with its weights and data.

Raises:
    TypeError: an argument that is no number, or a period that is not whole.
    ValueError: an argument outside its limits.
"""

from dqn_lessons.target_lag.linear_td import (
    CorridorResult,
    LinearTD,
    baird,
    corridor,
    error_over_time,
    hard_sync_map,
    hard_sync_rate,
    one_weight,
    soft_update_rate,
    tsitsiklis_van_roy,
    two_weight_rescue,
)
from dqn_lessons.target_lag.simulate import (
    TargetLagRun,
    bias_td_target,
    hard_update,
    simulate,
    soft_update,
)
from dqn_lessons.target_lag.theory import (
    adam_envelope,
    adam_step_limit,
    contraction_per_period,
    contraction_per_step,
    discounted_return,
    equivalent_tau,
    fixed_point,
    geometric_sum,
    horizon_bound,
    max_stable_learning_rate,
    noise_variance,
    polyak_eigenvalues,
    polyak_matrix,
    reachable_share,
    sgd_bias,
    speed_ratio,
    steps_to_tolerance,
    update_factor,
    used_syncs,
    wake_up_burst,
)

__all__ = [
    "CorridorResult",
    "LinearTD",
    "TargetLagRun",
    "adam_envelope",
    "adam_step_limit",
    "baird",
    "bias_td_target",
    "contraction_per_period",
    "contraction_per_step",
    "corridor",
    "discounted_return",
    "equivalent_tau",
    "error_over_time",
    "fixed_point",
    "geometric_sum",
    "hard_sync_map",
    "hard_sync_rate",
    "hard_update",
    "horizon_bound",
    "max_stable_learning_rate",
    "noise_variance",
    "one_weight",
    "polyak_eigenvalues",
    "polyak_matrix",
    "reachable_share",
    "sgd_bias",
    "simulate",
    "soft_update",
    "soft_update_rate",
    "speed_ratio",
    "steps_to_tolerance",
    "tsitsiklis_van_roy",
    "two_weight_rescue",
    "update_factor",
    "used_syncs",
    "wake_up_burst",
]
