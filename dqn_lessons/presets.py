"""x."""

from dqn_lessons.types import DQNConfig

FAST_CARTPOLE = DQNConfig()
