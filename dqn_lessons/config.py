"""The configuration of a training: frozen, and checked when it is made.

Raises:
    TypeError: a field of the wrong type.
    ValueError: a field outside its limits.
"""

from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from types import NoneType
from typing import Any, Literal

import numpy.typing as npt

from dqn_lessons import checks as check

Array = npt.NDArray[Any]

# Beyond these a run takes memory or days that no lesson has; a typo gets there.
_MOST_STEPS = 1_000_000_000
_MOST_LAYERS, _MOST_WEIGHTS = 50, 10_000_000
_LARGEST_VALUE = 1e30  # its square is no longer a float32
_UNITS, _NAME = ("steps", "episodes"), "a string, the name of an environment"
_PICK, _FLAG = "Pick one of the two.", (bool, "True or False")
_BY_TYPE: Any = {int: check.integer, float: check.real, NoneType: check.real, str: check.choice}


def setting(default: Any, *limits: Any, by: Any = None, remedy: str, **ends: str) -> Any:
    """Return a field whose limits stand beside its default; a default of ``None`` is allowed.

    Args:
        default: the value if none is given.
        limits, ends: as for the check.
        by: another check than that of the default's type.
        remedy: a sentence that says what to do.
    """
    rule = check.rule(by or _BY_TYPE[type(default)], *limits, remedy=remedy, **ends)
    return field(default=default, metadata={"rule": rule})


def check_settings(config: Any) -> None:
    """Check every `setting`, and keep it as a plain Python number: JSON knows none of NumPy's."""
    for each in fields(config):
        value = getattr(config, each.name)
        if value is not None or each.default is not None:
            object.__setattr__(config, each.name, each.metadata["rule"](each.name, value))


def _pair(name: str, limits: Any, *, remedy: str) -> tuple[float, float]:
    if not isinstance(limits, tuple) or len(limits) != 2:
        check.refuse_type(name, limits, "a pair, smallest and largest", remedy)
    most = _LARGEST_VALUE
    low, high = (check.real(name, limit, -most, most, remedy=remedy) for limit in limits)
    if low >= high:
        check.refuse_value(name, limits, "in order, smallest value first", remedy)
    return low, high


def _layers(name: str, sizes: Any, *, remedy: str) -> tuple[int, ...]:
    check.instance(name, sizes, tuple, "a tuple of whole numbers", remedy=remedy)
    if len(sizes) > _MOST_LAYERS:
        check.refuse_value(name, sizes, f"at most {_MOST_LAYERS} layers", remedy)
    units = tuple(check.integer(name, size, 1, _MOST_WEIGHTS, remedy=remedy) for size in sizes)
    weights = sum(inputs * outputs for inputs, outputs in pairwise(units))
    if weights > _MOST_WEIGHTS:
        found = f" makes {weights} weights"
        check.refuse_value(name, sizes, f"at most {_MOST_WEIGHTS}", remedy, found=found)
    return units


@dataclass(frozen=True)
class DQNConfig:
    """One way to train a Q-network; the difference of two configurations is the experiment.

    Args:
        env_id: a registered Gymnasium environment, discrete actions, flat observations.
        steps: environment steps of each learner.
        hidden_sizes: units of the hidden layers (ReLU); ``()`` is a linear Q-function.
        gamma: discount.
        learning_rate, learning_rate_end: Adam's step size, first and last (``None``: no change).
        loss: ``"mse"``, or ``"huber"`` (quadratic up to a TD error of 1, linear beyond).
        value_range: smallest and largest value in a target, ``None`` for no limit.
        max_grad_norm: largest gradient norm of one learner, or ``None`` for no clipping.
        double: the online network picks the next action, the target network says its value.
        n_step: rewards in a target, environment steps; fewer before an end and the newest row.
        layer_norm: each hidden layer gives mean 0 and variance 1 over its units to its ReLU.
        batch_size: transitions in one update.
        replay_capacity: transitions kept, the oldest leaves first, >= ``batch_size``.
        learning_starts: environment steps before the first update, >= ``batch_size``.
        update_period, update_unit: environment steps, or episodes, from one update to the next.
        target_period: updates between two hard syncs of the target network, ``C``.
        tau: soft update rate, after every update, instead of hard syncs; or ``None``.
        epsilon_start, epsilon_end: probability of a random action, first and last.
        epsilon_duration, epsilon_unit: environment steps, or episodes, from first to last.
        eval_period, eval_episodes: environment steps to an evaluation, and each one's episodes.
    """

    # fmt: off
    env_id: str = setting("CartPole-v1", str, _NAME, by=check.instance, remedy='Use "CartPole-v1".')
    steps: int = setting(50_000, 1, _MOST_STEPS, remedy="Use environment steps, such as 50_000.")
    hidden_sizes: tuple[int, ...] = setting((64, 64), by=_layers, remedy="Use (64, 64).")
    gamma: float = setting(0.99, 0, 1, remedy="Use a discount such as 0.99.")
    learning_rate: float = setting(1e-3, 0, 1, ends="(]", remedy="Use a step such as 1e-3.")
    learning_rate_end: float | None = setting(None, 0, 1, remedy="Use 0.0, None for no change.")
    loss: Literal["mse", "huber"] = setting("mse", ("mse", "huber"), remedy=_PICK)
    value_range: tuple[float, float] | None = setting(None, by=_pair, remedy="Use (0.0, 100.0).")
    max_grad_norm: float | None = setting(None, 0, ends="(]", remedy="Use 10.0, or None.")
    double: bool = setting(False, *_FLAG, by=check.instance, remedy="Use True for Double DQN.")
    n_step: int = setting(1, 1, 1_000, remedy="Use 1 for DQN, or 3.")
    layer_norm: bool = setting(False, *_FLAG, by=check.instance, remedy="Use True to normalise.")
    batch_size: int = setting(64, 1, 100_000, remedy="Use 1 for vanilla DQN, 64 with replay.")
    replay_capacity: int = setting(10_000, 1, _MOST_STEPS, remedy="Use 1 for no replay, or 10_000.")
    learning_starts: int = setting(1_000, 1, _MOST_STEPS, remedy="Use 1 for vanilla DQN, or 1_000.")
    update_period: int = setting(4, 1, _MOST_STEPS, remedy="Use 1 to learn at every step, or 4.")
    update_unit: Literal["steps", "episodes"] = setting("steps", _UNITS, remedy=_PICK)
    target_period: int = setting(500, 1, _MOST_STEPS, remedy="Use 1 for no target network, or 500.")
    tau: float | None = setting(None, 0, 1, ends="(]", remedy="Use 0.005, None for hard syncs.")
    epsilon_start: float = setting(1.0, 0, 1, remedy="Use 1.0 to start at random.")
    epsilon_end: float = setting(0.05, 0, 1, remedy="Use a small probability such as 0.05.")
    epsilon_duration: int = setting(10_000, 1, _MOST_STEPS, remedy="Use a length such as 10_000.")
    epsilon_unit: Literal["steps", "episodes"] = setting("steps", _UNITS, remedy=_PICK)
    eval_period: int = setting(2_500, 1, _MOST_STEPS, remedy="Use environment steps: 2_500.")
    eval_episodes: int = setting(10, 1, 1_000, remedy="Use a few, such as 10.")
    # fmt: on

    def __post_init__(self) -> None:
        check_settings(self)
        for part in ("batch_size", "n_step"):
            for name in ("replay_capacity", "learning_starts"):
                size, most = getattr(self, part), getattr(self, name)
                remedy = f"It is drawn from what is stored: lower {part} or raise {name}."
                if size > most:
                    found = f" > {name} = {most}"
                    check.refuse_value(part, size, f"at most {most}", remedy, found=found)


def stated(config: DQNConfig) -> dict[str, Any]:
    """Every field for a file; younger ones only if they are used, so that old names stay."""
    younger = {"double": False, "n_step": 1, "layer_norm": False}.items()
    return {name: value for name, value in asdict(config).items() if (name, value) not in younger}


def differences(one: DQNConfig, other: DQNConfig) -> dict[str, tuple[Any, Any]]:
    """What turns one configuration into the other: field -> (value here, value there)."""
    there = vars(other)
    return {name: (here, there[name]) for name, here in vars(one).items() if here != there[name]}
