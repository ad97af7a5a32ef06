"""Make the pictures of the README and of the book: `python docs/pictures.py`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dqn_classroom import shipped
from dqn_classroom.figures import BLUE, GREY, ORANGE, animate, decimate, learning_curves
from dqn_lessons import stats, target_lag
from dqn_lessons.experiments import policies
from dqn_lessons.target_lag import TargetLagConfig

HERE = Path(__file__).parent


def staircase() -> Figure:
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


def film() -> bytes:
    """Return an animated PNG: a uniform random policy, and the agent of lesson 9."""
    random = policies.random_policy(actions=2, rng=np.random.default_rng(0))
    trained = policies.greedy_policy(shipped.ShippedRun("solve_cartpole", "agent").weights(0))
    both = [policies.rollout("CartPole-v1", policy, seed=0) for policy in (random, trained)]
    return animate(both, alt="", every=4, width=300, fps=12).png


def ingredients() -> Figure:
    """Return the learning curves of 48 agents with and without each ingredient, with intervals."""
    names = {"both": "both", "replay": "replay buffer alone", "neither": "neither"}
    names = {**names, "target": "target network alone"}
    study, rng = shipped.load("cartpole"), np.random.default_rng(0)
    curves = {said: stats.bootstrap_ci(study[arm].eval_return, rng) for arm, said in names.items()}
    shown = learning_curves(study["both"].eval_step, curves, "greedy return", seeds=48)
    figure: Figure = shown.figure
    return figure


if __name__ == "__main__":
    staircase().savefig(HERE / "target_lag.png", dpi=120)
    ingredients().savefig(HERE / "ingredients.png", dpi=100, bbox_inches="tight")
    (HERE / "film.png").write_bytes(film())
