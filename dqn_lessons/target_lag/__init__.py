"""Lesson 1: the single-bias critic, its theory, and the MDPs where lag pays. NumPy only.

Notation: reward r, discount gamma, bias b, target b⁻, ``B* = r / (1 - gamma)``; an update by SGD
leaves ``q = 1 - 2 * learning_rate`` of the gap. Unless a function says otherwise:

Args:
    reward: reward of each step, r.
    gamma: discount, in [0, 1].
    learning_rate: step size of SGD, >= 0.
    target_period: updates between hard syncs, C >= 1.
    tau: soft update rate, in (0, 1]: the share that the target moves after each update.
    bias: b, the online weight.
    target_bias: b⁻, the target.
    problem: the MDP, with its weights and data.

Raises:
    TypeError: an argument that is no number, or a period that is not whole.
    ValueError: an argument outside its limits.
"""

# isort: off
# fmt: off
from dqn_lessons.target_lag.linear_td import (
    CorridorResult, LinearTD, baird, corridor, error_over_time, hard_sync_map, hard_sync_rate,
    one_weight, tsitsiklis_van_roy, two_weight_rescue,
)
from dqn_lessons.target_lag.simulate import (
    TargetLagConfig, TargetLagRun, bias_td_target, hard_update, simulate, soft_update,
)
from dqn_lessons.target_lag.theory import (
    contraction_per_period, contraction_per_step, discounted_return, equivalent_tau, fixed_point,
    geometric_sum, horizon_bound, reachable_share, speed_ratio, steps_to_tolerance, used_syncs,
)

__all__ = [
    "CorridorResult", "LinearTD", "TargetLagConfig", "TargetLagRun", "baird", "bias_td_target",
    "contraction_per_period", "contraction_per_step", "corridor", "discounted_return",
    "equivalent_tau", "error_over_time", "fixed_point", "geometric_sum", "hard_sync_map",
    "hard_sync_rate", "hard_update", "horizon_bound", "one_weight", "reachable_share",
    "simulate", "soft_update", "speed_ratio", "steps_to_tolerance", "tsitsiklis_van_roy",
    "two_weight_rescue", "used_syncs",
]
