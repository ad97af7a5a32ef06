"""A plain DQN: four parts and one loop for one learner, as lesson 6 asks for them.

A batch is five columns: obs float32 ``[B, D]``, action int64 ``[B]``, reward float32 ``[B]``,
next_obs float32 ``[B, D]``, terminated bool ``[B]``. A network gives the values of A actions.
"""

import copy
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn

from dqn_lessons.config import Array


class ReplayBuffer:
    """The last transitions, at most ``capacity`` of them; the oldest makes room."""

    def __init__(self, capacity: int, obs_size: int) -> None:
        """Make an empty buffer for observations ``[obs_size]``."""
        self.capacity, self.added = capacity, 0
        self.obs = np.zeros((capacity, obs_size), np.float32)
        self.action = np.zeros(capacity, np.int64)
        self.reward = np.zeros(capacity, np.float32)
        self.next_obs = np.zeros((capacity, obs_size), np.float32)
        self.terminated = np.zeros(capacity, bool)

    def add(self, obs: Any, action: int, reward: float, next_obs: Any, terminated: bool) -> None:
        """Store one transition: its numbers, not the caller's arrays."""
        row = self.added % self.capacity
        self.obs[row] = obs
        self.action[row] = action
        self.reward[row] = reward
        self.next_obs[row] = next_obs
        self.terminated[row] = terminated
        self.added += 1

    def __len__(self) -> int:
        """How many transitions can be drawn."""
        return min(self.added, self.capacity)

    def sample(self, batch_size: int, rng: np.random.Generator) -> tuple[Array, ...]:
        """Draw rows uniformly; return obs, action, reward, next_obs, terminated of them."""
        rows = rng.integers(len(self), size=batch_size)
        columns = self.obs, self.action, self.reward, self.next_obs, self.terminated
        return tuple(column[rows] for column in columns)


class QNetwork(nn.Module):
    """Values of all actions: ``[B, obs_size] -> [B, actions]``."""

    def __init__(self, obs_size: int, actions: int) -> None:
        """Make two hidden layers of 64, and an output for each action."""
        super().__init__()
        hidden = nn.Linear(obs_size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()
        self.layers = nn.Sequential(*hidden, nn.Linear(64, actions))

    def forward(self, obs: Tensor) -> Tensor:
        """Return the values ``[B, actions]`` of observations ``[B, obs_size]``."""
        values: Tensor = self.layers(obs)
        return values


def update(batch: Any, online: nn.Module, target: nn.Module, optimizer: Any, gamma: float) -> None:
    """Make one gradient step: towards r + gamma * max_a Q(s', a), or r where an episode ended."""
    obs, action, reward, next_obs, terminated = batch
    with torch.no_grad():
        q_next = target(next_obs).max(dim=1).values
        y = reward + gamma * q_next * ~terminated
    q_taken = online(obs).gather(1, action[:, None]).squeeze(1)
    loss = nn.functional.mse_loss(q_taken, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def evaluate(q: Callable[[Tensor], Tensor], env_id: str, *, episodes: int, seed: int) -> Array:
    """Return the greedy returns ``[episodes]``, undiscounted, in an environment of its own."""
    env, returns = gym.make(env_id), np.zeros(episodes)
    for episode in range(episodes):
        obs, _ = env.reset(seed=seed + episode)
        ended = False
        while not ended:
            with torch.no_grad():
                values = q(torch.as_tensor(obs)[None])
            obs, reward, terminated, truncated, _ = env.step(int(values.argmax()))
            returns[episode] += float(reward)
            ended = terminated or truncated
    return returns


def train(
    env_id: str, *, steps: int, gamma: float, seed: int, on_eval: Any = None,
    learning_rate: float = 1e-3, batch_size: int = 32, capacity: int = 10_000,
    learning_starts: int = 400, update_period: int = 2, target_period: int = 200,
    epsilon_end: float = 0.05,
) -> nn.Module:  # fmt: skip
    """Train one agent; return its online network. Call on_eval(step, online) every 400 steps."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    env: Any = gym.make(env_id)
    obs, _ = env.reset(seed=seed)
    online = QNetwork(len(obs), env.action_space.n)
    target = copy.deepcopy(online)
    optimizer = torch.optim.Adam(online.parameters(), lr=learning_rate)
    buffer, updates = ReplayBuffer(capacity, len(obs)), 0
    for step in range(1, steps + 1):
        epsilon = max(epsilon_end, 1 - step / (0.75 * steps))
        if rng.random() < epsilon:
            action = int(rng.integers(env.action_space.n))
        else:
            with torch.no_grad():
                action = int(online(torch.as_tensor(obs)[None]).argmax())
        next_obs, reward, terminated, truncated, _ = env.step(action)
        buffer.add(obs, action, float(reward), next_obs, terminated)
        obs = next_obs
        if terminated or truncated:
            obs, _ = env.reset()
        if step >= learning_starts and step % update_period == 0:
            batch = [torch.as_tensor(column) for column in buffer.sample(batch_size, rng)]
            update(batch, online, target, optimizer, gamma)
            updates += 1
            if updates % target_period == 0:
                target.load_state_dict(online.state_dict())
        if on_eval and step % 400 == 0:
            on_eval(step, online)
    return online
