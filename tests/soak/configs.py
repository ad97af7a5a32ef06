"""Random bad configurations: each is refused by name, or trains to finite numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import torch

import tests.core.gym_helpers  # noqa: F401 (environments that cannot be learned)
from dqn_lessons.checks import shown
from dqn_lessons.config import DQNConfig
from dqn_lessons.train import Run, train
from tests.soak.bad_values import VALUES, Fault, call

MODULES = {"config", "checks", "train", "vector_envs"}
SMALL: dict[str, Any] = {
    "env_id": "CartPole-v1",
    "steps": 24,
    "hidden_sizes": (8,),
    "gamma": 0.9,
    "learning_rate": 1e-3,
    "learning_rate_end": None,
    "loss": "mse",
    "value_range": None,
    "max_grad_norm": None,
    "double": False,
    "n_step": 1,
    "layer_norm": False,
    "batch_size": 4,
    "replay_capacity": 16,
    "learning_starts": 4,
    "update_period": 2,
    "update_unit": "steps",
    "target_period": 3,
    "tau": None,
    "epsilon_start": 1.0,
    "epsilon_end": 0.1,
    "epsilon_duration": 10,
    "epsilon_unit": "steps",
    "eval_period": 12,
    "eval_episodes": 1,
    "seeds": [0],
}
# Values that are near the edge, right or wrong, or wrong only beside another field.
NEAR: dict[str, list[Any]] = {
    "env_id": [
        *("CartPole-v0", "CartPole-v9", "cartpole", "CartPole", "NoSuchWorld-v0", "os:CartPole-v1"),
        *("Pendulum-v1", "FrozenLake-v1", "Blackjack-v1", "LunarLander-v3", "CarRacing-v3"),
        *("Ant-v5", "tests/Unusable-v0", "tests/Picture-v0", "dqn_lessons/OneState-v0"),
        *("a/b/c-v0", "CartPole-v1\n", "no_such_module:X-v0", "Taxi-v3", "dqn_lessons/Catch-v0"),
    ],
    "steps": [1, 2, np.int64(7), 10**9 + 1, 24.0],
    "hidden_sizes": [
        *((), (1,), (8, 8), (0,), (-1,), (8.0,), (True,), [8], (10**9,), (10**5, 10**5)),
        *((2,) * 51, ("8",), (None,), (np.int32(4),), (8, (8,)), np.array([8])),
    ],
    "gamma": [0, 1, 1.0000001, -1e-9, np.float32(0.5), 2],
    "learning_rate": [1, 1e-30, 1.0001, 0, 5e-324, np.float64(0.1), 100],
    "learning_rate_end": [0, 0.0, 1, 1.5, -1e-9],
    "loss": ["huber", "MSE", "l1", ["mse"]],
    "value_range": [
        *((0, 1), (0.0, 100.0), (1.0, 0.0), (0, 0), (0,), (0, 1, 2), [0, 1], 100.0, (None, 1)),
        *((0, "1"), (-1e300, 1e300), (float("nan"), 1), (0, float("inf")), (-1e30, 1e30)),
        *((True, 5), (0, 10**400)),
    ],
    "max_grad_norm": [1e-30, 1e30, 10, 0, -1.0],
    "double": [True, 1, "yes"],
    "n_step": [2, 16, 17, 1_000, 1_001, 0, 2.0],
    "layer_norm": [True, 0, np.True_],
    "batch_size": [1, 5, 17, 64, 100_001],
    "replay_capacity": [1, 3, 4, 10**9, 10**8],
    "learning_starts": [1, 3, 100, 10**9],
    "update_period": [1, 10**9, 10**9 + 1],
    "update_unit": ["episodes", "days", "Steps"],
    "target_period": [1, 10**9, 10**10],
    "tau": [1, 1e-30, 0, 1.1, 0.5],
    "epsilon_start": [0, 1, 1.1, -0.1],
    "epsilon_end": [0, 1, 1.1, -0.1],
    "epsilon_duration": [1, 10**9, 10**10],
    "epsilon_unit": ["episodes", "minutes"],
    "eval_period": [1, 5, 100, 10**9, 10**10],
    "eval_episodes": [2, 3, 1_001, 10**9],
    "seeds": [
        *([0, 1], [1, 1], [], [-1], [0.0], [True], [2**63], [2**63 - 1], 0, None, "01", b"01"),
        *(range(3), np.arange(2), np.array(3), [[0]], range(10**9), [None], (5,), {"a": 1}),
        *(np.array([0.5]), ["0"], [np.nan], [10**400]),
    ],
}
# A value that is right by itself can be named together with these.
PARTNERS = {
    "batch_size": {"replay_capacity", "learning_starts"},
    "n_step": {"replay_capacity", "learning_starts"},
    "seeds": {"update_unit", "replay_capacity"},
}


def draw(rng: np.random.Generator) -> dict[str, Any]:
    """Spoil one to four fields of a small configuration that is right."""
    fields = rng.choice(list(SMALL), size=rng.choice([1, 2, 3, 4], p=[0.6, 0.2, 0.1, 0.1]))
    spoiled = {}
    for field in dict.fromkeys(fields.tolist()):
        pool = VALUES if rng.random() < 0.4 else NEAR[field]
        spoiled[field] = pool[rng.integers(len(pool))]
    return spoiled


def judge(spoiled: dict[str, Any]) -> str:
    """Return ``"refused"`` or ``"trained"``.

    Raises:
        Fault: neither, as it should be.
    """
    names = set(spoiled)
    for field, partners in PARTNERS.items():
        if names & (partners | {field}):
            names |= partners | {field}
    what = ", ".join(f"{field}={shown(value)}" for field, value in spoiled.items())
    fields = SMALL | spoiled
    seeds = fields.pop("seeds")
    run = call(what, lambda: train(DQNConfig(**fields), seeds, progress=False), names, MODULES)
    if run is None:
        return "refused"
    problem = _not_finite(run)
    if problem:
        raise Fault(f"{what}: {problem}")
    return "trained"


def _not_finite(run: Run) -> str | None:
    history = run.history
    if not history.complete or history.step != run.config.steps:
        return f"it stopped at {history.step} steps"
    for name in ("eval_return", "q_probe", "action_gap", "max_abs_q"):
        if not np.isfinite(getattr(history, name)).all():
            return f"{name} is not finite"
    if not all(torch.isfinite(param).all() for param in run.online.parameters()):
        return "a weight is not finite"
    if np.isinf(history.loss).any():
        return "the loss is not finite"
    return None


def check(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Judge random configurations.

    Returns:
        How many were refused and trained, and the faults.
    """
    rng = np.random.default_rng(seed)
    outcomes: Counter[str] = Counter()
    faults = []
    for _ in range(count):
        try:
            outcomes[judge(draw(rng))] += 1
        except Fault as fault:
            outcomes["fault"] += 1
            faults.append(str(fault))
    return outcomes, faults
