"""Named configurations: where each number comes from, and where texts and their code differ.

The lessons follow three published write-ups of DQN on CartPole. Each is here as its *text*
describes it; where the code beside that text does something else, the comment says so.
Change one with ``dataclasses.replace(preset, ...)``; the difference is the experiment.
"""

from dataclasses import replace

from dqn_lessons.config import DQNConfig

FAST_CARTPOLE = DQNConfig()
"""The course's own: 64-64 units, batch 64, an update every 4 steps, a sync every 500 updates."""

VANILLA = replace(
    FAST_CARTPOLE, replay_capacity=1, batch_size=1, learning_starts=1, target_period=1
)
"""Q-learning with a network: each transition once, as it comes, and no target network."""

SOLVED_CARTPOLE = DQNConfig(
    steps=130_000, hidden_sizes=(256,),
    learning_rate=2e-3, learning_rate_end=0.0, loss="huber", value_range=(0.0, 100.0),
    batch_size=128, replay_capacity=20_000, learning_starts=500, update_period=8,
    tau=0.04,
    epsilon_end=0.01, epsilon_duration=5_000,
    eval_period=5_000, eval_episodes=100,
)  # fmt: skip
"""Solves CartPole at the end of training. Found by search: see benchmarks/solve_cartpole.py."""

STEP_BY_STEP = DQNConfig(
    steps=50_000, loss="huber", learning_rate=5e-4, gamma=0.99,
    batch_size=32, replay_capacity=50_000, learning_starts=1_000, update_period=1,
    target_period=1_000,
    epsilon_start=1.0, epsilon_end=0.02, epsilon_duration=10_000,
    eval_period=1_000, eval_episodes=20,
)  # fmt: skip
"""An update at every step, a hard sync every 1,000; lesson 10 has the soft one beside it.

The text has no value of tau, and no layer sizes: 64-64 is ours. Its code fills the buffer by one
random episode only (the 1,000 are never used), and resets only after termination.
"""

EPISODE_BY_EPISODE = DQNConfig(
    env_id="CartPole-v0", steps=50_000, hidden_sizes=(128, 128),
    loss="huber", learning_rate=1e-4, gamma=0.9,
    batch_size=128, replay_capacity=10_000, learning_starts=128,
    update_period=1, update_unit="episodes", target_period=200,
    epsilon_start=0.3, epsilon_end=0.0, epsilon_duration=250, epsilon_unit="episodes",
)  # fmt: skip
"""One update at the end of each episode, a sync every 200, 250 episodes of at most 200 steps.

One learner at a time: episodes of different learners end at different steps. 50,000 steps hold
the 250 episodes. The text names epsilon (0.3) and that it decays over training; its code divides it
by the number of the episode, passes epsilon where gamma belongs, drops the newest transition of
a full buffer instead of the oldest, and has no mask for terminal states.
"""

LECTURE = DQNConfig(
    steps=200_000, hidden_sizes=(64, 32), loss="mse", learning_rate=1e-3, gamma=0.95,
    batch_size=32, replay_capacity=50_000, learning_starts=2_000, update_period=4,
    target_period=10,
    epsilon_start=0.5, epsilon_end=0.005, epsilon_duration=5_000, epsilon_unit="episodes",
    eval_period=10_000, eval_episodes=100,
)  # fmt: skip
"""An update every 4 steps, a sync every 10 updates, epsilon falling over 5,000 episodes.

Its code updates every 5 steps, treats truncated episodes as terminated, and counts 10,000 episodes
where we count steps: 200,000 is ours.
"""

PRESETS = {name.lower(): one for name, one in [*vars().items()] if isinstance(one, DQNConfig)}
"""All of them: name in small letters -> configuration."""
