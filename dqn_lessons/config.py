"""The course's configurations: frozen, and checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from itertools import pairwise
from typing import Any, Literal

import numpy.typing as npt

from dqn_lessons import checks as check

Array = npt.NDArray[Any]

# Beyond these a run takes memory or days that no lesson has; a slip of the finger gets there.
_MOST_UPDATES = 10_000_000
_MOST_STEPS = 1_000_000_000
_MOST_LAYERS = 50
_MOST_WEIGHTS = 10_000_000
_LARGEST_VALUE = 1e30  # its square is no longer a float32


@dataclass(frozen=True)
class TargetLagConfig:
    """One run of the single-bias critic (lesson 1).

    The critic is one number ``b``; its target is ``y = r + gamma * b_target``.
    The target copy follows ``b`` in one of two ways: a *hard* sync every
    ``target_period`` updates (the default), or, when ``tau`` is given, a *soft*
    (Polyak) update after every update.

    Args:
        reward: reward per step, any finite number.
        gamma: discount, in [0, 1].
        learning_rate: step size of the optimiser, >= 0.
        steps: number of updates, from 1 to 10 million.
        target_period: updates between hard syncs (``C``), >= 1; ignored when ``tau`` is given.
        tau: soft update rate in (0, 1], or ``None`` for hard syncs.
        optimizer: ``"adam"`` or ``"sgd"``.
        beta1, beta2, eps: Adam's constants; betas in [0, 1), ``eps`` >= 0.
        initial_bias: ``b`` and its copy before the first update.
        reward_noise: standard deviation of Gaussian noise on each reward, >= 0.
        n_step: rewards summed before bootstrapping, >= 1.

    Raises:
        TypeError: a field of the wrong type.
        ValueError: a field outside its limits.
    """

    reward: float = 2.0
    gamma: float = 0.99
    learning_rate: float = 1e-3
    steps: int = 50_000
    target_period: int = 5_000
    tau: float | None = None
    optimizer: Literal["adam", "sgd"] = "adam"
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    initial_bias: float = 0.0
    reward_noise: float = 0.0
    n_step: int = 1

    def __post_init__(self) -> None:
        check.real("reward", self.reward, remedy="Use the reward of one step, for example 2.0.")
        check.real("gamma", self.gamma, 0, 1, remedy="Use a discount such as 0.99.")
        check.real("learning_rate", self.learning_rate, 0, remedy="Use a step size such as 1e-3.")
        remedy = "Use a number of updates such as 50_000."
        check.integer("steps", self.steps, 1, _MOST_UPDATES, remedy=remedy)
        check.integer(
            "target_period",
            self.target_period,
            1,
            remedy="Use 1 to copy after every update, 5_000 for the lesson's lag.",
        )
        if self.tau is not None:
            check.real(
                "tau",
                self.tau,
                0,
                1,
                low_open=True,
                remedy="Use 1.0 to copy everything, 0.005 to follow slowly, None for hard syncs.",
            )
        check.choice("optimizer", self.optimizer, ("adam", "sgd"), remedy="Pick one of the two.")
        for name in ("beta1", "beta2"):
            check.real(
                name, getattr(self, name), 0, 1, high_open=True, remedy="Adam's default is near 1."
            )
        check.real("eps", self.eps, 0, remedy="Adam's default is 1e-8.")
        check.real("initial_bias", self.initial_bias, remedy="Use 0.0 to start from nothing.")
        check.real("reward_noise", self.reward_noise, 0, remedy="Use 0.0 for no noise.")
        check.integer("n_step", self.n_step, 1, remedy="Use 1 for the ordinary TD target.")


@dataclass(frozen=True)
class DQNConfig:
    """One way to train a Q-network; the difference of two configurations is the experiment.

    Vanilla DQN is the corner ``replay_capacity=1, batch_size=1, target_period=1``.

    Args:
        env_id: a registered Gymnasium environment, discrete actions, flat observations.
        steps: environment steps of each learner, >= 1. Counts are at most 1,000 million, batches
            100,000 and evaluation episodes 1,000.
        hidden_sizes: units of the hidden layers (ReLU); ``()`` is a linear Q-function.
        gamma: discount, in [0, 1].
        learning_rate: Adam's step size, in (0, 1].
        learning_rate_end: step size at the last environment step, reached on a straight line,
            in [0, 1]; ``None`` for a constant one.
        loss: ``"mse"``, or ``"huber"`` (quadratic up to a TD error of 1, linear beyond).
        value_range: smallest and largest value that can be true; the values of next states are
            cut to it in the target. ``None`` for no limit.
        max_grad_norm: largest gradient norm of one learner, or ``None`` for no clipping.
        batch_size: transitions in one update, >= 1.
        replay_capacity: transitions kept, the oldest leaves first, >= ``batch_size``.
        learning_starts: environment steps before the first update, >= ``batch_size``.
        update_period: environment steps (or episodes) from one update to the next, >= 1.
        update_unit: what ``update_period`` counts, ``"steps"`` or ``"episodes"``.
        target_period: updates between two hard copies to the target network (``C``), >= 1;
            ignored when ``tau`` is given.
        tau: soft update rate in (0, 1], after every update, or ``None`` for hard copies.
        epsilon_start, epsilon_end: probability of a random action, first and last, in [0, 1].
        epsilon_duration: steps (or episodes) from the first to the last, >= 1.
        epsilon_unit: what ``epsilon_duration`` counts, ``"steps"`` or ``"episodes"``.
        eval_period: environment steps between two evaluations, >= 1.
        eval_episodes: greedy episodes of each learner in one evaluation, >= 1.

    Raises:
        TypeError: a field of the wrong type.
        ValueError: a field outside its limits.
    """

    env_id: str = "CartPole-v1"
    steps: int = 50_000
    hidden_sizes: tuple[int, ...] = (64, 64)
    gamma: float = 0.99
    learning_rate: float = 1e-3
    learning_rate_end: float | None = None
    loss: Literal["mse", "huber"] = "mse"
    value_range: tuple[float, float] | None = None
    max_grad_norm: float | None = None
    batch_size: int = 64
    replay_capacity: int = 10_000
    learning_starts: int = 1_000
    update_period: int = 4
    update_unit: Literal["steps", "episodes"] = "steps"
    target_period: int = 500
    tau: float | None = None
    epsilon_start: float = 1.0
    epsilon_end: float = 0.05
    epsilon_duration: int = 10_000
    epsilon_unit: Literal["steps", "episodes"] = "steps"
    eval_period: int = 2_500
    eval_episodes: int = 10

    def __post_init__(self) -> None:
        if not isinstance(self.env_id, str):
            raise TypeError(
                f"env_id = {check.shown(self.env_id)} is a {type(self.env_id).__name__}: it must "
                'be the name of a registered environment. Use "CartPole-v1".'
            )
        # Kept as plain Python numbers: NumPy's cannot be written to a checkpoint.
        keep = partial(object.__setattr__, self)
        keep("hidden_sizes", _checked_hidden_sizes(self.hidden_sizes))
        for name, (most, remedy) in _COUNTS.items():
            keep(name, check.integer(name, getattr(self, name), 1, most, remedy=remedy))
        for name, remedy in _FRACTIONS.items():
            keep(name, check.real(name, getattr(self, name), 0, 1, remedy=remedy))
        rate = check.real("learning_rate", self.learning_rate, 0, 1, low_open=True, remedy=_RATE)
        keep("learning_rate", rate)
        if self.learning_rate_end is not None:
            remedy = "Use 0.0 to come to rest, None for a constant step size."
            rate = check.real("learning_rate_end", self.learning_rate_end, 0, 1, remedy=remedy)
            keep("learning_rate_end", rate)
        check.choice("loss", self.loss, ("mse", "huber"), remedy="Pick one of the two.")
        for name in ("update_unit", "epsilon_unit"):
            units = ("steps", "episodes")
            check.choice(name, getattr(self, name), units, remedy="Pick one of the two.")
        if self.tau is not None:
            remedy = "Use 0.005 to follow slowly, None for hard copies."
            keep("tau", check.real("tau", self.tau, 0, 1, low_open=True, remedy=remedy))
        if self.max_grad_norm is not None:
            remedy = "Use a norm such as 10.0, None for no clipping."
            norm = check.real("max_grad_norm", self.max_grad_norm, 0, low_open=True, remedy=remedy)
            keep("max_grad_norm", norm)
        if self.value_range is not None:
            keep("value_range", _checked_value_range(self.value_range))
        for name in ("replay_capacity", "learning_starts"):
            if self.batch_size > getattr(self, name):
                raise ValueError(
                    f"batch_size = {self.batch_size} > {name} = {getattr(self, name)}: a batch is "
                    f"drawn from what is stored. Lower batch_size or raise {name}."
                )


_RATE = "Use a step size such as 1e-3."
_COUNTS = {
    "steps": (_MOST_STEPS, "Use environment steps per learner, such as 50_000."),
    "batch_size": (100_000, "Use 1 for vanilla DQN, 64 with replay."),
    "replay_capacity": (_MOST_STEPS, "Use 1 for no replay, 10_000 with it."),
    "learning_starts": (_MOST_STEPS, "Use 1 for vanilla DQN, 1_000 with replay."),
    "update_period": (_MOST_STEPS, "Use 1 to learn at every step, 4 to learn at every fourth."),
    "target_period": (_MOST_STEPS, "Use 1 for no target network, 500 with it."),
    "epsilon_duration": (_MOST_STEPS, "Use the length of the exploration phase, such as 10_000."),
    "eval_period": (_MOST_STEPS, "Use environment steps, such as 2_500."),
    "eval_episodes": (1_000, "Use a few, such as 10."),
}
_FRACTIONS = {
    "gamma": "Use a discount such as 0.99.",
    "epsilon_start": "Use 1.0 to begin at random.",
    "epsilon_end": "Use a small probability such as 0.05.",
}


def _checked_value_range(limits: Any) -> tuple[float, float]:
    remedy = "Use (0.0, 100.0) for rewards from 0 to 1 and gamma = 0.99, None for no limit."
    if not isinstance(limits, tuple) or len(limits) != 2:
        raise TypeError(
            f"value_range = {check.shown(limits)} is a {type(limits).__name__}: it must be a pair, "
            f"smallest and largest. {remedy}"
        )
    low, high = (
        check.real("value_range", limit, -_LARGEST_VALUE, _LARGEST_VALUE, remedy=remedy)
        for limit in limits
    )
    if low >= high:
        raise ValueError(
            f"value_range = {limits!r}: the smallest value must be below the largest. {remedy}"
        )
    return low, high


def _checked_hidden_sizes(sizes: Any) -> tuple[int, ...]:
    remedy = "Use units per layer, such as (64, 64)."
    if not isinstance(sizes, tuple):
        raise TypeError(
            f"hidden_sizes = {check.shown(sizes)} is a {type(sizes).__name__}: it must be a tuple "
            f"of whole numbers. {remedy}"
        )
    if len(sizes) > _MOST_LAYERS:
        raise ValueError(
            f"hidden_sizes = {check.shown(sizes)}: it must be at most {_MOST_LAYERS} layers. "
            f"{remedy}"
        )
    units = tuple(
        check.integer("hidden_sizes", size, 1, _MOST_WEIGHTS, remedy=remedy) for size in sizes
    )
    weights = sum(inputs * outputs for inputs, outputs in pairwise(units))
    if weights > _MOST_WEIGHTS:
        raise ValueError(
            f"hidden_sizes = {check.shown(sizes)} makes {weights} weights: it must be at most "
            f"{_MOST_WEIGHTS}. {remedy}"
        )
    return units


def differences(one: DQNConfig, other: DQNConfig) -> dict[str, tuple[Any, Any]]:
    """What turns one configuration into the other: field -> (value here, value there)."""
    pairs = (
        (field.name, getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
    )
    return {name: (here, there) for name, here, there in pairs if here != there}
