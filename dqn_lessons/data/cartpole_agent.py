"""Make cartpole_agent.npz, the trained agent of the first notebook (about two minutes).

    python -m dqn_lessons.data.cartpole_agent

Eight learners are trained; the first whose greedy policy holds the pole for all 500 steps
in 100 episodes of its own is kept, at the moment it does.
"""

from pathlib import Path

import numpy as np
from torch import nn

from dqn_lessons.train import Run, evaluate, train
from dqn_lessons.types import DQNConfig

TARGET = Path(__file__).with_name("cartpole_agent.npz")
STRIDE = 2_500


def weights(run: Run, learner: int) -> dict[str, np.ndarray]:
    """Return the layers of one learner as layer_0 [in, out], layer_1 [out], and so on."""
    layers = [m for m in run.online.learner(learner) if isinstance(m, nn.Linear)]
    arrays = [a.detach().numpy() for m in layers for a in (m.weight.T, m.bias)]
    return {f"layer_{i}": array for i, array in enumerate(arrays)}


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
                np.savez_compressed(TARGET, **weights(run, int(scores.argmax())))  # type: ignore[arg-type]
                return
    raise SystemExit("no learner was perfect: nothing was written")


if __name__ == "__main__":
    main()
