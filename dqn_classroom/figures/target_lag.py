"""Figures of lesson 1: the single bias and the corridor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from dqn_classroom.figures.accessible import (
    GREY,
    STYLES,
    AccessibleFigure,
    decimate,
    draw_lines,
    new_axes,
    plotly_layout,
)


def bias_curves(
    biases: Mapping[str, ArrayLike], bound: ArrayLike, target_period: int
) -> AccessibleFigure:
    """Draw runs of the single-bias critic under the staircase B_k.

    Args:
        biases: run name -> bias after each update, shape [T] each.
        bound: B_k in force at each update, shape [T].
        target_period: updates between syncs, for the labels of the stairs.
    """
    stairs = np.asarray(bound, dtype=float)
    steps = np.arange(1, len(stairs) + 1)
    figure = go.Figure(layout=plotly_layout("training step (updates)", "bias b"))
    for (name, curve), (colour, dash) in zip(biases.items(), STYLES, strict=False):
        values = np.asarray(curve, dtype=float)
        keep = decimate(values)
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=steps[keep], y=values[keep], name=name, mode="lines", line=line)
    corners = np.unique(np.r_[0, np.flatnonzero(np.diff(stairs)) + 1, len(stairs) - 1])
    name = "bound B<sub>k</sub>: k syncs = k+1 steps of horizon"
    line = {"color": GREY, "dash": "dot", "shape": "hv"}
    figure.add_scatter(x=steps[corners], y=stairs[corners], name=name, mode="lines", line=line)
    place = {"showarrow": False, "yshift": 10, "xshift": 28}
    for k in range(0, -(-len(stairs) // target_period), 2):
        at = min(k * target_period, len(stairs) - 1)
        figure.add_annotation(x=steps[at], y=stairs[at], text=f"horizon {k + 1}", **place)
    last = len(stairs) - 1
    ends = np.unique(np.r_[target_period - 1 : last : target_period, last])
    table = {"step": steps[ends], "bound B_k": stairs[ends]}
    table |= {name: np.asarray(curve, dtype=float)[ends] for name, curve in biases.items()}
    finals = ", ".join(f"{name} {np.asarray(curve)[-1]:.3f}" for name, curve in biases.items())
    alt = (
        f"Bias against training step for {len(biases)} runs, under a staircase that rises every "
        f"{target_period} steps to {stairs[-1]:.4f}. Final biases: {finals}."
    )
    return AccessibleFigure(figure, alt, table)


def steps_to_learn(
    periods: ArrayLike, steps: Mapping[str, ArrayLike], ylabel: str
) -> AccessibleFigure:
    """Draw how many updates a run needs against the target period C, both on log axes.

    Args:
        periods: target periods C, shape [K].
        steps: line name -> updates needed, shape [K] each.
        ylabel: what is counted, with its tolerance.
    """
    x = np.asarray(periods)
    figure, axis = new_axes("target period C (updates between syncs)", ylabel)
    columns = draw_lines(axis, x, steps)
    axis.set(xscale="log", yscale="log")
    best = "; ".join(f"{name}: fewest at C = {x[np.argmin(v)]}" for name, v in columns.items())
    alt = f"Updates needed against the target period, log-log. {best}."
    return AccessibleFigure(figure, alt, {"C": x, **columns})


def corridor_values(truth: ArrayLike, values: Mapping[str, ArrayLike]) -> AccessibleFigure:
    """Draw the learned value of each corridor cell against its distance from the goal.

    Args:
        truth: exact values by distance from the goal, shape [L].
        values: line name -> learned values in the same order, shape [L] each.
    """
    exact = np.asarray(truth, dtype=float)
    distance = np.arange(1, len(exact) + 1)
    figure, axis = new_axes("distance from the goal (steps)", "value of the best action")
    axis.plot(distance, exact, color=GREY, linewidth=5, alpha=0.35, label="truth")
    columns = draw_lines(axis, distance, values, markersize=4)
    axis.set_xticks(distance[::2])
    worst = "; ".join(
        f"{name}: largest error {np.max(np.abs(curve - exact)):.3f}"
        for name, curve in columns.items()
    )
    alt = f"Learned values of {len(exact)} corridor cells against the truth. {worst}."
    return AccessibleFigure(figure, alt, {"distance": distance, "truth": exact, **columns})
