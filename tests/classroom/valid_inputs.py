"""Random arguments that an exercise must cope with: what its text and the notebooks allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Luck = np.random.Generator
Arguments = tuple[Any, ...]


def _gamma(luck: Luck) -> float:
    """A discount below 1: where the formulas divide by 1 - gamma, 1 has no answer."""
    return float(luck.choice([0.0, 0.5, luck.random(), luck.random()]))


def _number(luck: Luck) -> float:
    return float(luck.normal(0, 5))


def _leading(luck: Luck, most: int = 5) -> tuple[int, ...]:
    """Leading axes: a batch [B], or learners and a batch [S, B]."""
    return tuple(int(n) for n in luck.integers(1, most, size=luck.integers(1, 3)))


def _tensor(luck: Luck, *shape: int) -> torch.Tensor:
    return torch.tensor(luck.normal(0, 3, shape), dtype=torch.float32)


def _few(luck: Luck, *shape: int) -> Any:
    """Numbers among which ties are common."""
    return luck.integers(-2, 4, shape) * 1.5


def discounted_return(luck: Luck) -> Arguments:
    rewards = luck.normal(0, 2, luck.integers(1, 9))
    return (rewards if luck.random() < 0.5 else rewards.tolist()), _gamma(luck)


def bias_td_target(luck: Luck) -> Arguments:
    return _number(luck), _gamma(luck), _number(luck)


def hard_update(luck: Luck) -> Arguments:
    return _number(luck), _number(luck), int(luck.integers(1, 60)), int(luck.integers(1, 13))


def soft_update(luck: Luck) -> Arguments:
    return _number(luck), _number(luck), 1 - float(luck.random())


def horizon_bound(luck: Luck) -> Arguments:
    start = (_number(luck),) if luck.random() < 0.7 else ()
    return int(luck.integers(0, 25)), _number(luck), _gamma(luck), *start


def equivalent_tau(luck: Luck) -> Arguments:
    return int(luck.choice([1, 2, 3, luck.integers(1, 2_000)])), float(
        10 ** luck.uniform(-4, -0.35)
    )


def epsilon_greedy(luck: Luck) -> Arguments:
    shape = () if luck.random() < 0.3 else (int(luck.integers(1, 6)),)
    actions = int(luck.integers(2, 6))
    # Coins in tenths: some fall exactly on epsilon.
    coins, epsilon = luck.integers(0, 10, shape) / 10, float(luck.integers(0, 11) / 10)
    if not shape:
        coins = np.float64(coins)
    return luck.normal(0, 3, (*shape, actions)), epsilon, coins, luck.integers(0, actions, shape)


def linear_schedule(luck: Luck) -> Arguments:
    start, end = (float(value) for value in luck.uniform(0.01, 1, 2))
    return int(luck.integers(0, 60)), start, end, int(luck.integers(1, 50))


def taken_values(luck: Luck) -> Arguments:
    shape, actions = _leading(luck), int(luck.integers(1, 5))
    return _tensor(luck, *shape, actions), torch.tensor(luck.integers(0, actions, shape))


def td_target(luck: Luck) -> Arguments:
    shape, actions = _leading(luck), int(luck.integers(1, 5))
    terminated = torch.tensor(luck.random(shape) < 0.3)
    return _tensor(luck, *shape), terminated, _tensor(luck, *shape, actions), _gamma(luck)


def ring_row(luck: Luck) -> Arguments:
    return int(luck.integers(0, 60)), int(luck.integers(1, 13))


def sample_rows(luck: Luck) -> Arguments:
    draws = luck.random(_leading(luck)) * luck.choice([0, 1, 1, 1])
    return draws, int(luck.choice([1, 2, luck.integers(1, 1_000)]))


def update_is_due(luck: Luck) -> Arguments:
    return int(luck.integers(1, 60)), int(luck.integers(0, 60)), int(luck.integers(1, 9))


def autocorrelation(luck: Luck) -> Arguments:
    length = int(luck.integers(2, 12))
    series = luck.normal(4, 3, length)
    if luck.random() < 0.3:
        series = np.arange(length) + luck.integers(0, 9, length) * length  # whole, not constant
    return series, int(luck.integers(0, length))


def hard_update_(luck: Luck) -> Arguments:
    shapes = [_leading(luck) for _ in range(luck.integers(1, 4))]
    target = [_tensor(luck, *shape) for shape in shapes]
    return target, [_tensor(luck, *shape).requires_grad_() for shape in shapes]


def soft_update_(luck: Luck) -> Arguments:
    return *hard_update_(luck), 1 - float(luck.random())


def td_loss(luck: Luck) -> Arguments:
    shape = _leading(luck)
    kind = () if luck.random() < 0.2 else (str(luck.choice(["mse", "huber"])),)
    return _tensor(luck, *shape), _tensor(luck, *shape), *kind


def reachable_share(luck: Luck) -> Arguments:
    return int(luck.integers(1, 200)), int(luck.integers(1, 50)), _gamma(luck)


def percentile_interval(luck: Luck) -> Arguments:
    estimates = luck.normal(0, 5, (luck.integers(2, 30), luck.integers(1, 4)))
    if luck.random() < 0.5:
        estimates = estimates[:, 0]
    return estimates, *((float(luck.uniform(0.05, 0.99)),) if luck.random() < 0.8 else ())


def iqm(luck: Luck) -> Arguments:
    if luck.random() < 0.4:
        axis = () if luck.random() < 0.5 else (0,)
        return luck.normal(0, 5, luck.integers(1, 14)), *axis
    axis = (int(luck.choice([0, 1, -1])),)
    return luck.normal(0, 5, luck.integers(1, 14, 2)), *axis


def percentile_rank(luck: Luck) -> Arguments:
    others = _few(luck, luck.integers(1, 9), luck.integers(1, 5))
    if luck.random() < 0.5:
        return float(_few(luck, 1)[0]), others[:, 0]
    return _few(luck, others.shape[1]), others


def performance_profile(luck: Luck) -> Arguments:
    return _few(luck, luck.integers(1, 9)), np.sort(_few(luck, luck.integers(1, 6)))


def expected_value(luck: Luck) -> Arguments:
    period = int(luck.integers(1, 20))
    copies = int(luck.integers(1, 7))
    return _number(luck), _gamma(luck), float(luck.uniform(0.005, 0.45)), copies * period, period


def broken_rows(luck: Luck) -> Arguments:
    shape = tuple(luck.integers((2, 1), (7, 4)))
    obs, next_obs = luck.integers(0, 2, (2, *shape)).astype(float)
    follows = luck.random(shape[0] - 1) < 0.5
    next_obs[:-1][follows] = obs[1:][follows]
    return obs, next_obs, luck.random(shape[0]) < 0.3


def outside_band(luck: Luck) -> Arguments:
    healthy = _few(luck, luck.integers(1, 5), luck.integers(1, 8))
    return _few(luck, healthy.shape[1]), healthy


GENERATORS: dict[str, Callable[[Luck], Arguments]] = {
    make.__name__: make
    for make in (
        discounted_return, bias_td_target, hard_update, soft_update, horizon_bound,
        equivalent_tau, epsilon_greedy, linear_schedule, taken_values, td_target,
        ring_row, sample_rows, update_is_due, autocorrelation, hard_update_, soft_update_,
        td_loss, reachable_share, percentile_interval, iqm, percentile_rank,
        performance_profile, expected_value, broken_rows, outside_band,
    )
}  # fmt: skip
