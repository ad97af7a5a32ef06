"""The same training in JAX: whole trainings compiled, learners side by side by ``vmap``.

What compiled code can do with this algorithm. Needs ``jax``; nothing else of the course does.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from dqn_lessons.config import DQNConfig

LIMITS = jnp.array([2.4, jnp.inf, 12 * 2 * jnp.pi / 360, jnp.inf])


def cartpole(state: Any, action: Any) -> Any:
    """Gymnasium's equations, for one CartPole."""
    _, x_dot, theta, theta_dot = state
    sin, cos = jnp.sin(theta), jnp.cos(theta)
    push = ((action - 0.5) * 20 + 0.05 * theta_dot**2 * sin) / 1.1
    theta_acc = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
    x_acc = push - 0.05 * theta_acc * cos / 1.1
    return state + 0.02 * jnp.array([x_dot, x_acc, theta_dot, theta_acc])


def values(params: Any, obs: Any) -> Any:
    for weight, bias in params[:-1]:
        obs = jax.nn.relu(obs @ weight + bias)
    return obs @ params[-1][0] + params[-1][1]


@partial(jax.jit, static_argnums=0)
@partial(jax.vmap, in_axes=(None, 0))
def train(config: DQNConfig, key: Any) -> Any:
    """Train one learner; returns its weights and how many episodes ended."""
    sizes = (4, *config.hidden_sizes, 2)
    key, *keys = jax.random.split(key, len(sizes))
    params = []
    for layer_key, n, out in zip(keys, sizes, sizes[1:], strict=False):
        draws = jax.random.uniform(layer_key, (n + 1, out), minval=-1, maxval=1) / jnp.sqrt(n)
        params.append((draws[:-1], draws[-1]))
    zeros = jax.tree.map(jnp.zeros_like, params)
    size = config.replay_capacity
    rows = (jnp.zeros((size, 4)), jnp.zeros(size, int), jnp.zeros((size, 4)), jnp.zeros(size, bool))

    def loss_of(params: Any, target: Any, batch: Any) -> Any:
        obs, action, next_obs, terminated = batch
        y = 1.0 + config.gamma * values(target, next_obs).max(-1) * ~terminated
        taken = jnp.take_along_axis(values(params, obs), action[:, None], -1)[:, 0]
        return ((taken - y) ** 2).mean()

    def update(carry: Any) -> Any:
        params, target, mean, square, count, rows, step, key = carry
        index = jax.random.randint(key, (config.batch_size,), 0, jnp.minimum(step, size))
        grad = jax.grad(loss_of)(params, target, tuple(part[index] for part in rows))
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, grad)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, grad)
        count = count + 1
        rate = config.learning_rate * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        params = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, mean, square
        )
        sync = count % config.target_period == 0
        target = jax.tree.map(lambda t, p: jnp.where(sync, p, t), target, params)
        return params, target, mean, square, count

    def step(carry: Any, t: Any) -> Any:
        params, target, mean, square, count, rows, state, age, ends, key = carry
        key, coin, pick, draw, start = jax.random.split(key, 5)
        walked = jnp.minimum(t / config.epsilon_duration, 1)
        epsilon = config.epsilon_start + walked * (config.epsilon_end - config.epsilon_start)
        best, any_action = values(params, state).argmax(), jax.random.randint(pick, (), 0, 2)
        action = jnp.where(jax.random.uniform(coin) < epsilon, any_action, best)
        after, age = cartpole(state, action), age + 1
        terminated = (jnp.abs(after) > LIMITS).any()
        row = (state, action, after, terminated)
        rows = tuple(part.at[t % size].set(one) for part, one in zip(rows, row, strict=True))
        ended = terminated | (age >= 500)
        fresh = jax.random.uniform(start, (4,), minval=-0.05, maxval=0.05)
        state, age = jnp.where(ended, fresh, after), jnp.where(ended, 0, age)
        due = (t + 1 >= config.learning_starts) & ((t + 1) % config.update_period == 0)
        learned = (params, target, mean, square, count)
        learned = jax.lax.cond(due, update, lambda carry: carry[:5], (*learned, rows, t + 1, draw))
        return (*learned, rows, state, age, ends + ended, key), None

    key, start = jax.random.split(key)
    state = jax.random.uniform(start, (4,), minval=-0.05, maxval=0.05)
    carry = (params, params, zeros, zeros, 0, rows, state, 0, 0, key)
    carry, _ = jax.lax.scan(step, carry, jnp.arange(config.steps))
    return carry[0], carry[8]


def run(config: DQNConfig, learners: int) -> int:
    keys = jax.random.split(jax.random.key(0), learners)
    jax.block_until_ready(train(config, keys))
    return learners * config.steps
