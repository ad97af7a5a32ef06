"""Bad numbers in the other functions that a student calls: refused by name, or answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from dqn_classroom.figures import animate
from dqn_lessons import target_lag
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import policies
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.sweep import sweep
from dqn_lessons.target_lag import TargetLagConfig
from tests.soak.bad_values import VALUES, call
from tests.soak.configs import SMALL

LAG = {
    "reward": 2.0,
    "gamma": 0.9,
    "learning_rate": 0.1,
    "steps": 20,
    "target_period": 5,
    "tau": None,
    "optimizer": "adam",
    "beta1": 0.9,
    "beta2": 0.99,
    "eps": 1e-8,
    "initial_bias": 0.0,
    "n_step": 1,
}
ARM = DQNConfig(**{name: value for name, value in SMALL.items() if name != "seeds"})
EPISODE = policies.rollout("CartPole-v1", lambda obs: 0, 0)


def _simulate(**fields: Any) -> Any:
    return target_lag.simulate(TargetLagConfig(**fields))


def _quiet_sweep(**arguments: Any) -> Any:
    return sweep(**arguments, progress=False)


def _recorder(**arguments: Any) -> Any:
    recorder = FlightRecorder(**arguments)
    recorder(_Seen())
    return recorder


class _Seen:
    """What a recorder sees of a run."""

    history, step = SimpleNamespace(config=ARM, seeds=(0, 1)), 10

    def weights(self, learner: int) -> int:
        return (0, 1)[learner]

    terminals = weights


RNGS = [np.random.default_rng(0)]

NUMBERS = LAG | {"tau": 0.1, "tolerance": 0.1}
# A formula of `target_lag` -> its arguments.
THEORY = {
    "fixed_point": ("reward", "gamma"),
    "contraction_per_period": ("gamma", "learning_rate", "target_period"),
    "contraction_per_step": ("gamma", "learning_rate", "target_period"),
    "steps_to_tolerance": ("gamma", "learning_rate", "target_period", "tolerance"),
    "equivalent_tau": ("learning_rate", "target_period"),
    "speed_ratio": ("learning_rate", "target_period", "reward"),
}


def _of(*fields: str) -> dict[str, Any]:
    return {field: NUMBERS[field] for field in fields}


# name -> (function, arguments that are right)
POINTS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "simulate": (_simulate, LAG),
    **{name: (getattr(target_lag, name), _of(*fields)) for name, fields in THEORY.items()},
    "corridor": (
        lambda **numbers: target_lag.corridor(rngs=RNGS, **numbers),
        {"target_period": 5, "updates": 20, "learning_rate": 0.1, "gamma": 0.9, "cells": 4},
    ),
    "sweep": (_quiet_sweep, {"arms": {"a": ARM}, "seeds": [0], "jobs": 1}),
    "rollout": (
        lambda env_id, seed: policies.rollout(env_id, lambda obs: 0, seed, render=False),
        {"env_id": "CartPole-v1", "seed": 0},
    ),
    "animate": (
        lambda **numbers: animate([replace(EPISODE)], "", **numbers),
        {"every": 2, "width": 30, "fps": 25},
    ),
    "recorder": (_recorder, {"every": 5, "learner": 1, "seed": 0}),
}
MODULES = {
    *("config", "checks", "train", "vector_envs", "sweep", "video"),
    *("simulate", "theory", "linear_td"),
}


def judge(point: str, field: str, value: Any) -> str:
    """Return ``"refused"`` or ``"answered"``.

    Raises:
        Fault: neither, as it should be.
    """
    function, right = POINTS[point]
    what = f"{point}({field}={type(value).__name__})"
    answer = call(what, lambda: function(**right | {field: value}), {field}, MODULES)
    return "refused" if answer is None else "answered"


def cases() -> list[tuple[str, str, Any]]:
    """Every wrong value in every field of every entry point."""
    return [
        (point, field, value)
        for point, (_, right) in POINTS.items()
        for field in right
        for value in VALUES
    ]
