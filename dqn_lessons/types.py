"""The course's configurations: frozen, and checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dqn_lessons import _validate as check


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
        steps: number of updates, >= 1.
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
        check.integer("steps", self.steps, 1, remedy="Use a number of updates such as 50_000.")
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
