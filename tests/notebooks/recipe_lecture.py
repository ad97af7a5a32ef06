"""Train the lecture's variants at full length, 10,000 episodes, for the table that lesson 10 ships.

python -m tests.notebooks.recipe_lecture     all variants (about forty minutes of one core)
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dqn_classroom import shipped
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.experiments.presets import LECTURE
from dqn_lessons.experiments.sweep import factorial
from dqn_lessons.train import train
from tests.notebooks import tools

PATH = shipped.FOLDER / "recipe_lecture.csv"
VARIANTS = factorial(
    replace(LECTURE, steps=6_000_000, eval_period=50_000),
    replay={"replay_capacity": 1, "batch_size": 1},
    target={"target_period": 1},
)
SEEDS = range(16)


def in_full(config: DQNConfig, seeds: Sequence[int], episodes: int = 10_000) -> Array:
    """Train until every learner has ended so many episodes.

    Args:
        config: its steps are the most that anybody waits.
        seeds: one per learner.
        episodes: of each learner.

    Returns:
        ``[S, 2]``: the environment steps, and the mean return of the greedy episodes, at the first
        evaluation after the last of the episodes. Not a number for a learner that never came there.
    """
    found = np.full((len(seeds), 2), np.nan)

    def look(run):
        there = (run.log.episode_count >= episodes) & np.isnan(found[:, 0])
        found[there, 0] = run.step
        found[there, 1] = run.history.eval_return[there, -1]
        if not np.isnan(found).any():
            run.stop()

    train(config, seeds, on_eval=look, progress=False)
    return found


def main() -> None:
    """Train every variant; two columns each, one row per seed."""
    columns = {}
    for name in VARIANTS:
        found = in_full(VARIANTS[name], SEEDS)
        columns[f"{name}, steps"], columns[f"{name}, return"] = found.T
        print(f"{name}: {found.mean(0).round(1)}", flush=True)
    tools.write_columns(PATH, columns)


if __name__ == "__main__":
    main()
