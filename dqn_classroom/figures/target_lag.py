"""Figures of lesson 1: the single bias and the corridor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    biases: Mapping[str, ArrayLike], bound: ArrayLike = (), target_period: int = 1
) -> AccessibleFigure:
    """Draw runs of the single-bias critic, perhaps under the staircase B_k.

    Args:
        biases: line name -> bias after each update, shape [T] each.
        bound: B_k in force at each update, shape [T]; without it there are no stairs.
        target_period: updates between syncs, for the labels of the stairs.
    """
    steps = np.arange(1, np.size(next(iter(biases.values()))) + 1)
    finals = ", ".join(f"{name} {np.asarray(curve)[-1]:.3f}" for name, curve in biases.items())
    alt = f"Bias against training step, {len(biases)} lines. Final values: {finals}."
    figure = go.Figure(layout=plotly_layout("training step (updates)", "bias b"))
    for (name, curve), (colour, dash) in zip(biases.items(), STYLES, strict=False):
        values = np.asarray(curve, dtype=float)
        keep = decimate(values)
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=steps[keep], y=values[keep], name=name, mode="lines", line=line)
    if np.size(bound) == 0:
        ends = np.unique(np.linspace(0, len(steps) - 1, 11).astype(int))
        return AccessibleFigure(figure, alt, _rows({"step": steps, **biases}, ends))
    stairs = np.asarray(bound, dtype=float)
    corners = np.unique(np.r_[0, np.flatnonzero(np.diff(stairs)) + 1, len(stairs) - 1])
    line = {"color": GREY, "dash": "dot", "shape": "hv"}
    name = "bound B<sub>k</sub>"
    figure.add_scatter(x=steps[corners], y=stairs[corners], name=name, mode="lines", line=line)
    place = {"showarrow": False, "yshift": 10, "xshift": 28}
    for k in range(0, -(-len(stairs) // target_period), 2):
        at = min(k * target_period, len(stairs) - 1)
        figure.add_annotation(x=steps[at], y=stairs[at], text=f"horizon {k + 1}", **place)
    last = len(stairs) - 1
    ends = np.unique(np.r_[target_period - 1 : last : target_period, last])
    alt += f" A staircase rises every {target_period} steps to {stairs[-1]:.4f}."
    return AccessibleFigure(figure, alt, _rows({"step": steps, "B_k": stairs, **biases}, ends))


def _rows(columns: Mapping[str, ArrayLike], rows: Any) -> dict[str, ArrayLike]:
    return {name: np.asarray(values)[rows] for name, values in columns.items()}


def error_curves(errors: Mapping[str, ArrayLike]) -> AccessibleFigure:
    """Draw TD errors; the axis on the right reads them as the gradient of their square.

    Args:
        errors: run name -> y - b before each update, shape [T] each.
    """
    keep = np.unique(np.concatenate([decimate(curve) for curve in errors.values()]))
    figure, axis = new_axes("training step (updates)", "TD error y − b")
    columns = draw_lines(axis, keep + 1, _rows(errors, keep), marker="")
    right = axis.secondary_yaxis("right", functions=(lambda e: -2 * e, lambda g: -g / 2))
    right.set_ylabel("gradient −2 (y − b)")
    said = "; ".join(f"{name} from {v.min():.3g} to {v.max():.3g}" for name, v in columns.items())
    return AccessibleFigure(figure, f"TD errors: {said}.", {"step": keep + 1, **columns})


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
