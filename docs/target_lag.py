"""Draw the figure of the README: `python docs/target_lag.py`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dqn_classroom.figures import BLUE, GREY, ORANGE, decimate
from dqn_lessons import target_lag
from dqn_lessons.target_lag import TargetLagConfig


def draw() -> Figure:
    """Return two runs of the single-bias critic under the staircase B_k."""
    steps = np.arange(1, 50_001)
    bound = target_lag.horizon_bound(target_lag.used_syncs(steps, 5_000), reward=2.0, gamma=0.99)
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axis = figure.subplots()
    axis.step(steps, bound, where="post", color=GREY, linestyle=":", label="bound $B_k$")
    for rate, colour, line in ((1e-3, BLUE, "-"), (1e-4, ORANGE, "--")):
        bias = target_lag.simulate(TargetLagConfig(learning_rate=rate)).bias
        keep = decimate(bias)
        label = f"learning rate {rate:g}: ends at {bias[-1]:.3f}"
        axis.plot(steps[keep], bias[keep], color=colour, linestyle=line, label=label)
    axis.set(xlabel="training step (updates)", ylabel="bias b")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return figure


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".png"), dpi=120)
