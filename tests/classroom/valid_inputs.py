"""Random arguments that an exercise must cope with: what its text and the notebooks allow."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from dqn_classroom.lessons.target_lag_probes import SGD
from dqn_classroom.lessons.vanilla_dqn_probes import Descent, Line
from dqn_lessons.tabular import Outcomes

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


def train_critic(rng: Rng) -> Arguments:
    change = SGD(float(rng.uniform(0.01, 0.5)), float(rng.choice([0, 0.5])))
    return _number(rng), _gamma(rng), *(int(n) for n in rng.integers(1, (30, 13))), change


def soft_update(rng: Rng) -> Arguments:
    return _number(rng), _number(rng), 1 - float(rng.random())


def horizon_bound(rng: Rng) -> Arguments:
    start = (_number(rng),) if rng.random() < 0.7 else ()
    return int(rng.integers(0, 25)), _number(rng), _gamma(rng), *start


def equivalent_tau(rng: Rng) -> Arguments:
    return int(rng.choice([1, 2, 3, rng.integers(1, 2_000)])), float(10 ** rng.uniform(-4, -0.35))


def _outcomes(rng: Rng) -> Outcomes:
    shape = tuple(int(n) for n in rng.integers(1, 5, 3))
    probability = rng.dirichlet(np.ones(shape[2]), size=shape[:2])
    after = rng.integers(shape[0], size=shape)
    return Outcomes(probability, rng.normal(0, 3, shape), after, rng.random(shape) < 0.3)


def bellman_backup(rng: Rng) -> Arguments:
    outcomes = _outcomes(rng)
    return *outcomes, rng.normal(0, 5, len(outcomes.reward)), _gamma(rng)


def value_iteration(rng: Rng) -> Arguments:
    return _outcomes(rng), float(rng.uniform(0, 0.9)), float(10 ** rng.uniform(-6, 0))


def greedy_policy(rng: Rng) -> Arguments:
    return (_few(rng, *rng.integers(1, 5, rng.integers(1, 4))),)


def _step(rng: Rng, actions: int) -> Arguments:
    agents, states, count = (int(n) for n in rng.integers(1, 5, 3))
    at = [rng.integers(states, size=agents) for _ in range(2)]
    acted = [rng.integers(count, size=agents) for _ in range(actions)]
    reward, ended = rng.normal(0, 3, agents), rng.random(agents) < 0.3
    step = (at[0], acted[0], reward, at[1], *acted[1:], ended)
    return rng.normal(0, 5, (agents, states, count)), *step, float(rng.random()), _gamma(rng)


def q_learning_update(rng: Rng) -> Arguments:
    return _step(rng, 1)


def sarsa_update(rng: Rng) -> Arguments:
    return _step(rng, 2)


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


def _line(rng: Rng, width: int, actions: int) -> Line:
    return Line.of(rng.normal(0, 2, (actions, width)).tolist(), rng.normal(0, 2, actions).tolist())


def learn_step(rng: Rng) -> Arguments:
    rows, width, actions = (int(n) for n in rng.integers((1, 1, 2), (5, 4, 5)))
    net = _line(rng, width, actions)
    action, end = torch.tensor(rng.integers(0, actions, rows)), torch.tensor(rng.random(rows) < 0.3)
    batch = _tensor(rng, rows, width), action, _tensor(rng, rows), _tensor(rng, rows, width), end
    return net, Descent(net.parameters(), float(rng.uniform(0.01, 0.1))), batch, _gamma(rng)


def td_target(rng: Rng) -> Arguments:
    shape, actions = _leading(rng), int(rng.integers(1, 5))
    terminated = torch.tensor(rng.random(shape) < 0.3)
    return _tensor(rng, *shape), terminated, _tensor(rng, *shape, actions), _gamma(rng)


def _buffer(rng: Rng) -> tuple[list[Any], int]:
    """The arrays of a ring buffer, and how many transitions were added to it."""
    capacity, width, added = (int(n) for n in rng.integers(1, (9, 4, 40)))
    numbers, actions = rng.normal(0, 3, (capacity, width)), rng.integers(0, 3, capacity)
    return [numbers, actions, rng.random(capacity) < 0.5], added


def store_(rng: Rng) -> Arguments:
    buffer, added = _buffer(rng)
    action, end = int(rng.integers(0, 3)), bool(rng.random() < 0.5)
    return buffer, added - 1, (rng.normal(0, 3, buffer[0].shape[1]), action, end)


def minibatch(rng: Rng) -> Arguments:
    return *_buffer(rng), rng.random(int(rng.integers(1, 7))) * rng.choice([0, 1, 1, 1])


def should_update(rng: Rng) -> Arguments:
    return int(rng.integers(1, 60)), int(rng.integers(0, 60)), int(rng.integers(1, 9))


def autocorrelation(rng: Rng) -> Arguments:
    length = int(rng.integers(2, 12))
    series = rng.normal(4, 3, length)
    if rng.random() < 0.3:
        series = np.arange(length) + rng.integers(0, 9, length) * length  # whole, not constant
    return series, int(rng.integers(0, length))


def soft_update_(rng: Rng) -> Arguments:
    shapes = [_leading(rng) for _ in range(rng.integers(1, 4))]
    target = [_tensor(rng, *shape) for shape in shapes]
    online = [_tensor(rng, *shape).requires_grad_() for shape in shapes]
    return target, online, 1 - float(rng.random())


def dqn_update(rng: Rng) -> Arguments:
    net, optimizer, batch, gamma = learn_step(rng)
    target_net = _line(rng, net.in_features, net.out_features).requires_grad_(False)
    period, number = (int(n) for n in rng.integers(1, (9, 40)))
    config = SimpleNamespace(
        gamma=gamma,
        loss=str(rng.choice(["mse", "huber"])),
        target_period=period,
        tau=1 - float(rng.random()) if rng.random() < 0.3 else None,
    )
    return net, target_net, optimizer, batch, number, config


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
    return rng.normal(2, 4, seeds), _number(rng), rng.integers(seeds, size=(studies, n))


def largest_failure_rate(rng: Rng) -> Arguments:
    level = (float(rng.uniform(0.05, 0.99)),) if rng.random() < 0.7 else ()
    return int(rng.integers(1, 200)), *level


def search_scores(rng: Rng) -> Arguments:
    seeds = int(rng.integers(1, 5))
    shape = *(int(n) for n in rng.integers(1, 6, 2)), seeds + int(rng.integers(1, 4))
    return _few(rng, *shape), seeds


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


def double_td_target(rng: Rng) -> Arguments:
    shape, actions = _leading(rng), int(rng.integers(1, 5))
    terminated = torch.tensor(rng.random(shape) < 0.4)
    q_online, q_next = (_tensor(rng, *shape, actions) for _ in range(2))
    return _tensor(rng, *shape), terminated, q_online, q_next, _gamma(rng)


def _window(rng: Rng) -> Arguments:
    shape = (*_leading(rng)[: rng.integers(0, 3)], int(rng.integers(1, 6)))
    terminated = rng.random(shape) < 0.25
    truncated = (rng.random(shape) < 0.25) & ~terminated
    return rng.normal(0, 2, shape), terminated, truncated, rng.normal(0, 5, shape)


def n_step_return(rng: Rng) -> Arguments:
    return *_window(rng), _gamma(rng)


def n_step_bound(rng: Rng) -> Arguments:
    return int(rng.integers(0, 9)), int(rng.integers(1, 9)), _number(rng), _gamma(rng)


def lambda_return(rng: Rng) -> Arguments:
    return *_window(rng), float(rng.choice([0.0, 1.0, rng.random()])), _gamma(rng)


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
        discounted_return, bias_td_target, train_critic, soft_update, horizon_bound,
        equivalent_tau, bellman_backup, value_iteration, greedy_policy, q_learning_update,
        sarsa_update, epsilon_greedy, linear_schedule, td_target, learn_step,
        store_, minibatch, should_update, autocorrelation, dqn_update, soft_update_,
        td_loss, reachable_share, percentile_interval, power, iqm, largest_failure_rate,
        search_scores, running_mean, percentile_rank, printed_summary, mean_returns, syncs_used,
        performance_profile, expected_value, broken_rows, outside_band, double_td_target,
        n_step_return, n_step_bound, lambda_return,
    )
}  # fmt: skip
