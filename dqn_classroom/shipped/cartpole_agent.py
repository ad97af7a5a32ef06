"""Make cartpole_agent.npz, the trained agent of the first notebook (about two minutes).

    python -m dqn_classroom.shipped.cartpole_agent

Eight learners are trained; the first whose greedy policy holds the pole for all 500 steps
in 100 episodes of its own is kept, at the moment it does.
"""

from pathlib import Path
from typing import Any

import numpy as np

from dqn_lessons.config import DQNConfig
from dqn_lessons.train import evaluate, train

TARGET = Path(__file__).with_name("cartpole_agent.npz")
STRIDE = 2_500


def main() -> None:
    """Train until one learner is perfect, and write it down."""
    seeds = range(8)
    run = None
    for steps in range(STRIDE, 400_001, STRIDE):
        config = DQNConfig(steps=steps, eval_period=STRIDE, learning_rate=5e-4)
        run = train(config, seeds, resume=run, progress=False)
        promising = run.history.eval_return[:, -1] == 500
        if promising.any():
            scores = evaluate(run.online, "CartPole-v1", [(s, 1) for s in seeds], 100).mean(-1)
            print(f"{steps} steps: {scores.round(1)}", flush=True)
            if scores.max() == 500:
                layers = run.online.layers(int(scores.argmax()))
                named: dict[str, Any] = {f"layer_{i}": array for i, array in enumerate(layers)}
                np.savez_compressed(TARGET, **named)
                return
    raise SystemExit("no learner was perfect: nothing was written")


if __name__ == "__main__":
    main()
