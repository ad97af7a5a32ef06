"""Random arguments that an exercise must cope with: what its text and the notebooks allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Rng = np.random.Generator
Arguments = tuple[Any, ...]


def _gamma(rng: Rng) -> float:
    """A discount below 1: where the formulas divide by 1 - gamma, 1 has no answer."""
    return float(rng.choice([0.0, 0.5, rng.random(), rng.random()]))


def _number(rng: Rng) -> float:
    return float(rng.normal(0, 5))


def _leading(rng: Rng, most: int = 5) -> tuple[int, ...]:
    """Leading axes: a batch [B], or learners and a batch [S, B]."""
    return tuple(int(n) for n in rng.integers(1, most, size=rng.integers(1, 3)))


def _tensor(rng: Rng, *shape: int) -> torch.Tensor:
    return torch.tensor(rng.normal(0, 3, shape), dtype=torch.float32)


def _few(rng: Rng, *shape: int) -> Any:
    """Numbers among which ties are common."""
    return rng.integers(-2, 4, shape) * 1.5


def discounted_return(rng: Rng) -> Arguments:
    rewards = rng.normal(0, 2, rng.integers(1, 9))
    return (rewards if rng.random() < 0.5 else rewards.tolist()), _gamma(rng)


def bias_td_target(rng: Rng) -> Arguments:
    return _number(rng), _gamma(rng), _number(rng)


def hard_update(rng: Rng) -> Arguments:
    return _number(rng), _number(rng), int(rng.integers(1, 60)), int(rng.integers(1, 13))


def soft_update(rng: Rng) -> Arguments:
    return _number(rng), _number(rng), 1 - float(rng.random())


def horizon_bound(rng: Rng) -> Arguments:
    start = (_number(rng),) if rng.random() < 0.7 else ()
    return int(rng.integers(0, 25)), _number(rng), _gamma(rng), *start


def equivalent_tau(rng: Rng) -> Arguments:
    return int(rng.choice([1, 2, 3, rng.integers(1, 2_000)])), float(10 ** rng.uniform(-4, -0.35))


def epsilon_greedy(rng: Rng) -> Arguments:
    shape = () if rng.random() < 0.3 else (int(rng.integers(1, 6)),)
    actions = int(rng.integers(2, 6))
    # Draws in tenths: some fall exactly on epsilon.
    draws, epsilon = rng.integers(0, 10, shape) / 10, float(rng.integers(0, 11) / 10)
    if not shape:
        draws = np.float64(draws)
    return rng.normal(0, 3, (*shape, actions)), epsilon, draws, rng.integers(0, actions, shape)


def linear_schedule(rng: Rng) -> Arguments:
    start, end = (float(value) for value in rng.uniform(0.01, 1, 2))
    return int(rng.integers(0, 60)), start, end, int(rng.integers(1, 50))


def q_of_action(rng: Rng) -> Arguments:
    shape, actions = _leading(rng), int(rng.integers(1, 5))
    return _tensor(rng, *shape, actions), torch.tensor(rng.integers(0, actions, shape))


def td_target(rng: Rng) -> Arguments:
    shape, actions = _leading(rng), int(rng.integers(1, 5))
    terminated = torch.tensor(rng.random(shape) < 0.3)
    return _tensor(rng, *shape), terminated, _tensor(rng, *shape, actions), _gamma(rng)


def write_index(rng: Rng) -> Arguments:
    return int(rng.integers(0, 60)), int(rng.integers(1, 13))


def sample_indices(rng: Rng) -> Arguments:
    draws = rng.random(_leading(rng)) * rng.choice([0, 1, 1, 1])
    return draws, int(rng.choice([1, 2, rng.integers(1, 1_000)]))


def should_update(rng: Rng) -> Arguments:
    return int(rng.integers(1, 60)), int(rng.integers(0, 60)), int(rng.integers(1, 9))


def autocorrelation(rng: Rng) -> Arguments:
    length = int(rng.integers(2, 12))
    series = rng.normal(4, 3, length)
    if rng.random() < 0.3:
        series = np.arange(length) + rng.integers(0, 9, length) * length  # whole, not constant
    return series, int(rng.integers(0, length))


def hard_update_(rng: Rng) -> Arguments:
    shapes = [_leading(rng) for _ in range(rng.integers(1, 4))]
    target = [_tensor(rng, *shape) for shape in shapes]
    return target, [_tensor(rng, *shape).requires_grad_() for shape in shapes]


def soft_update_(rng: Rng) -> Arguments:
    return *hard_update_(rng), 1 - float(rng.random())


def td_loss(rng: Rng) -> Arguments:
    shape = _leading(rng)
    kind = () if rng.random() < 0.2 else (str(rng.choice(["mse", "huber"])),)
    return _tensor(rng, *shape), _tensor(rng, *shape), *kind


def reachable_share(rng: Rng) -> Arguments:
    return int(rng.integers(1, 200)), int(rng.integers(1, 50)), _gamma(rng)


def percentile_interval(rng: Rng) -> Arguments:
    estimates = rng.normal(0, 5, (rng.integers(2, 30), rng.integers(1, 4)))
    if rng.random() < 0.5:
        estimates = estimates[:, 0]
    return estimates, *((float(rng.uniform(0.05, 0.99)),) if rng.random() < 0.8 else ())


def iqm(rng: Rng) -> Arguments:
    if rng.random() < 0.4:
        axis = () if rng.random() < 0.5 else (0,)
        return rng.normal(0, 5, rng.integers(1, 14)), *axis
    axis = (int(rng.choice([0, 1, -1])),)
    return rng.normal(0, 5, rng.integers(1, 14, 2)), *axis


def power(rng: Rng) -> Arguments:
    seeds = int(rng.integers(2, 12))
    studies, n = rng.integers(1, 30), rng.integers(2, 9)
    return rng.normal(2, 4, seeds), rng.integers(seeds, size=(studies, n))


def largest_failure_rate(rng: Rng) -> Arguments:
    level = (float(rng.uniform(0.05, 0.99)),) if rng.random() < 0.7 else ()
    return int(rng.integers(1, 200)), *level


def running_mean(rng: Rng) -> Arguments:
    return rng.normal(20, 9, rng.integers(1, 20)), int(rng.integers(1, 25))


def printed_summary(rng: Rng) -> Arguments:
    every = int(rng.integers(2, 6))
    return rng.normal(20, 9, rng.integers(every, 20)), every


def mean_returns(rng: Rng) -> Arguments:
    seeds = rng.permutation(9)[: rng.integers(1, 5)]
    seed = rng.permutation(np.append(seeds, rng.choice(seeds, rng.integers(0, 12))))
    asked = rng.permutation(seeds)[: rng.integers(1, len(seeds) + 1)].tolist()
    return seed, rng.normal(20, 9, len(seed)), asked, int(rng.integers(1, 6))


def syncs_used(rng: Rng) -> Arguments:
    starts, period = int(rng.integers(1, 60)), int(rng.integers(1, 9))
    steps = starts + period + int(rng.integers(0, 300))
    return steps, starts, period, int(rng.integers(1, 30))


def percentile_rank(rng: Rng) -> Arguments:
    others = _few(rng, rng.integers(1, 9), rng.integers(1, 5))
    if rng.random() < 0.5:
        return float(_few(rng, 1)[0]), others[:, 0]
    return _few(rng, others.shape[1]), others


def performance_profile(rng: Rng) -> Arguments:
    return _few(rng, rng.integers(1, 9)), np.sort(_few(rng, rng.integers(1, 6)))


def expected_value(rng: Rng) -> Arguments:
    period = int(rng.integers(1, 20))
    copies = int(rng.integers(1, 7))
    return _number(rng), _gamma(rng), float(rng.uniform(0.005, 0.45)), copies * period, period


def broken_rows(rng: Rng) -> Arguments:
    shape = tuple(rng.integers((2, 1), (7, 4)))
    obs, next_obs = rng.integers(0, 2, (2, *shape)).astype(float)
    follows = rng.random(shape[0] - 1) < 0.5
    next_obs[:-1][follows] = obs[1:][follows]
    return obs, next_obs, rng.random(shape[0]) < 0.3


def outside_band(rng: Rng) -> Arguments:
    healthy = _few(rng, rng.integers(1, 5), rng.integers(1, 8))
    return _few(rng, healthy.shape[1]), healthy


GENERATORS: dict[str, Callable[[Rng], Arguments]] = {
    make.__name__: make
    for make in (
        discounted_return, bias_td_target, hard_update, soft_update, horizon_bound,
        equivalent_tau, epsilon_greedy, linear_schedule, q_of_action, td_target,
        write_index, sample_indices, should_update, autocorrelation, hard_update_, soft_update_,
        td_loss, reachable_share, percentile_interval, power, iqm, largest_failure_rate,
        running_mean, percentile_rank, printed_summary, mean_returns, syncs_used,
        performance_profile, expected_value, broken_rows, outside_band,
    )
}  # fmt: skip
