"""Values in tables (lesson 2): swept over a known MDP, or learned by trying.

Args:
    probability, reward, next_state, terminated: of all that may follow, or of one step.
    q, state, action, next_action: S agents' tables, and where each is and what it does.
    outcomes, mdp, policy, v: the MDP, probabilities of actions, values of states.
    chance: of each action to happen (last axis) if another is taken.
    alpha, gamma, tolerance: step size in [0, 1], discount in [0, 1], largest change to stop at.

Source: Sutton & Barto, Reinforcement Learning, 2nd edition (2018): chapters 3, 4 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from dqn_lessons import checks as check
from dqn_lessons.config import Array
from dqn_lessons.envs import TabularMDP


class Outcomes(NamedTuple):
    """An MDP: ``[N, A, K]`` arrays of the K outcomes of each action in each state."""

    probability: Array
    reward: Array
    next_state: Array
    terminated: Array


def outcomes_of(mdp: TabularMDP, chance: Array) -> Outcomes:
    """Let another action happen than the one taken: ``chance`` is ``[A, A]``, K is A."""
    tables = (chance, *(t[:, None] for t in (mdp.reward, mdp.next_state, mdp.terminated)))
    return Outcomes(*np.broadcast_arrays(*tables))


def cliff(slip: float = 0.0) -> Outcomes:
    """Walk from 36 to 47 of 4 rows of 12 cells; between them is the cliff (example 6.6).

    A step costs 1, one into the cliff 100 and it leads back to 36. Actions: up, right, down, left;
    with probability ``slip``, in [0, 1], a step goes to one of its two sides instead.
    """
    check.real("slip", slip, 0, 1, remedy="Use 0 for steps that go where they should.")
    cell = np.stack(np.divmod(np.arange(48), 12), axis=1)[:, None]
    row, column = np.moveaxis(cell + np.array([(-1, 0), (0, 1), (1, 0), (0, -1)]), -1, 0)
    to = np.clip(row, 0, 3) * 12 + np.clip(column, 0, 11)
    falls = (to > 36) & (to < 47)
    after, reward = np.where(falls, 36, to), np.where(falls, -100.0, -1.0)
    mdp = TabularMDP(np.eye(48), after, reward, to == 47, (36,), (4, 12))
    aside = np.roll(np.eye(4), 1, axis=1) + np.roll(np.eye(4), -1, axis=1)
    return outcomes_of(mdp, (1 - slip) * np.eye(4) + slip / 2 * aside)


def bellman_backup(
    probability: Array, reward: Array, next_state: Array, terminated: Array, v: Array, gamma: float
) -> Any:
    """Return Q ``[N, A]`` of outcomes ``[N, A, K]`` if the states are worth ``v [N]``."""
    future = np.where(terminated, 0.0, v[next_state])
    target = reward + gamma * future
    return (probability * target).sum(axis=-1)


def value_iteration(outcomes: Outcomes, gamma: float, tolerance: float = 1e-9) -> Any:
    """Return V, from 0 on, after each sweep ``[sweeps + 1, N]``; the last changes it no more."""
    sweeps, change = [np.zeros(len(outcomes[0]))], np.inf
    while change > tolerance:
        q = bellman_backup(*outcomes, sweeps[-1], gamma)
        sweeps.append(q.max(axis=1))
        change = np.abs(sweeps[-1] - sweeps[-2]).max()
    return np.array(sweeps)


def policy_values(outcomes: Outcomes, policy: Array, gamma: float) -> Any:
    """Return Q of a policy ``[N, A]``, exactly, ``[N, A]``: its Bellman equation is linear."""
    weight = policy[..., None] * outcomes.probability
    moves = np.zeros((len(policy), len(policy)))
    places = np.arange(len(policy))[:, None, None], outcomes.next_state
    np.add.at(moves, places, weight * ~outcomes.terminated)
    paid = (weight * outcomes.reward).sum(axis=(1, 2))
    v = np.linalg.solve(np.eye(len(policy)) - gamma * moves, paid)
    return bellman_backup(*outcomes, v, gamma)


def greedy_policy(q: Array) -> Any:
    """Return probabilities ``[..., A]``: the best actions of q ``[..., A]`` share 1 evenly."""
    best = q == q.max(axis=-1, keepdims=True)
    return best / best.sum(axis=-1, keepdims=True)


def q_learning_update(
    q: Array, state: Array, action: Array, reward: Array, next_state: Array, terminated: Array,
    alpha: float, gamma: float,
) -> None:  # fmt: skip
    """Move one entry of each agent's table in ``q [S, N, A]``, in place; a step is ``[S]`` each."""
    agent = np.arange(len(q))
    future = np.where(terminated, 0.0, q[agent, next_state].max(axis=-1))
    error = reward + gamma * future - q[agent, state, action]
    q[agent, state, action] += alpha * error


def sarsa_update(
    q: Array, state: Array, action: Array, reward: Array, next_state: Array, next_action: Array,
    terminated: Array, alpha: float, gamma: float,
) -> None:  # fmt: skip
    """As `q_learning_update`, ``[S, N, A]`` and ``[S]``, with the action that is taken next."""
    agent = np.arange(len(q))
    future = np.where(terminated, 0.0, q[agent, next_state, next_action])
    error = reward + gamma * future - q[agent, state, action]
    q[agent, state, action] += alpha * error


def learn(
    outcomes: Outcomes, start: int, rngs: Sequence[np.random.Generator], steps: int, epsilon: float,
    update: Callable[..., None], q: Array, noise: float = 0.0,
) -> Iterator[tuple[Array, Array]]:  # fmt: skip
    """Let S agents act ε-greedily side by side; their tables ``q [S, N, A]`` change.

    Args:
        start: state in which episodes start.
        rngs: one per agent, which draws the same alone or beside others.
        steps: environment steps of each agent.
        epsilon: probability of a random action, in [0, 1].
        update: is called as ``update(q, s, a, r, next_s, next_a, terminated)``.
        noise: standard deviation of what is added to the rewards that ``update`` sees.

    Yields:
        Rewards and ends of each step, ``[S]``.
    """
    agent, likely = np.arange(len(q)), outcomes.probability.cumsum(axis=-1)
    draws = np.stack([rng.random((steps + 1, 2)) for rng in rngs], axis=1)
    noises = noise * np.stack([rng.standard_normal(steps) for rng in rngs], axis=1)

    def act(state: Array, draw: Array) -> Any:
        policy = (1 - epsilon) * greedy_policy(q[agent, state]) + epsilon / q.shape[-1]
        return (draw[:, None] > policy.cumsum(axis=-1)[:, :-1]).sum(axis=-1)

    state = np.full(len(q), start)
    action = act(state, draws[steps, :, 0])
    for t in range(steps):
        outcome = (draws[t, :, 1, None] > likely[state, action, :-1]).sum(axis=-1)
        _, reward, after, ended = (part[state, action, outcome] for part in outcomes)
        following = np.where(ended, start, after)
        then = act(following, draws[t, :, 0])
        update(q, state, action, reward + noises[t], after, then, ended)
        yield reward, ended
        state, action = following, then
