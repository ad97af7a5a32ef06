"""Figures of training runs: curves over time, seeds, intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dqn_classroom.figures.accessible import (
    BLUE,
    GREY,
    ORANGE,
    AccessibleFigure,
    draw_lines,
    legend_above,
    new_axes,
)

_STEPS = "environment steps of each learner"
_SMALL = {"color": GREY, "fontsize": 9}


def line_plot(
    x: ArrayLike, lines: Mapping[str, ArrayLike], xlabel: str, ylabel: str, *, stem: bool = False
) -> AccessibleFigure:
    """Draw lines over a common axis.

    Args:
        x: shape [T].
        lines: name -> values, shape [T] each.
        xlabel, ylabel: with units.
        stem: mark every point, for lines that are few points long.
    """
    at = np.asarray(x)
    figure, axis = new_axes(xlabel, ylabel)
    axis.axhline(0, color=GREY, linewidth=0.8)
    columns = draw_lines(axis, at, lines, **({} if stem else {"marker": ""}))
    said = "; ".join(f"{name} from {v[0]:.3g} to {v[-1]:.3g}" for name, v in columns.items())
    return AccessibleFigure(figure, f"{ylabel} against {xlabel}: {said}.", {xlabel: at, **columns})


def learning_curves(
    steps: ArrayLike,
    curves: Mapping[str, Any],
    ylabel: str,
    *,
    seeds: int,
    limits: Mapping[str, ArrayLike] | None = None,
    log: bool = False,
) -> AccessibleFigure:
    """Draw means over seeds with their intervals.

    Args:
        steps: environment steps of each evaluation, shape [E].
        curves: name -> (estimate, low, high), shape [E] each, as `stats.bootstrap_ci` gives.
        ylabel: what is averaged, with its unit.
        seeds: how many there are; stands in the legend.
        limits: name -> a number, or values [E], drawn in grey: what could be reached.
        log: logarithmic values, for what explodes.
    """
    at = np.asarray(steps)
    figure, axis = new_axes(_STEPS, ylabel)
    table: dict[str, Any] = {"steps": at}
    for (name, limit), dash in zip((limits or {}).items(), (":", "-.", "--"), strict=False):
        level = np.broadcast_to(np.asarray(limit, dtype=float), at.shape)
        axis.step(at, level, where="post", color=GREY, linestyle=dash, linewidth=2, label=name)
        table[name] = level
    means = {name: mean for name, (mean, _, _) in curves.items()}
    draw_lines(axis, at, means, markevery=max(1, len(at) // 8))
    drawn = axis.lines[len(limits or {}) :]
    for line, (name, (mean, low, high)) in zip(drawn, curves.items(), strict=True):
        axis.fill_between(at, low, high, color=line.get_color(), alpha=0.18, linewidth=0)
        table |= {name: np.asarray(mean), f"{name}, low": low, f"{name}, high": high}
    axis.set_yscale("log" if log else "linear")
    axis.set_title(f"mean of {seeds} seeds, 95 % interval", loc="right", y=0.01, **_SMALL)
    ends = "; ".join(
        f"{name} ends at {mean[-1]:.3g} [{low[-1]:.3g}, {high[-1]:.3g}]"
        for name, (mean, low, high) in curves.items()
    )
    alt = f"{ylabel} against environment steps, mean of {seeds} seeds with 95 % intervals: {ends}."
    return AccessibleFigure(figure, alt, table)


def seed_curves(steps: ArrayLike, scores: ArrayLike, ylabel: str) -> AccessibleFigure:
    """Draw one thin line per seed and their mean: what an interval does not show.

    Args:
        steps: environment steps of each evaluation, shape [E].
        scores: shape [S, E].
        ylabel: what is drawn, with its unit.
    """
    at, values = np.asarray(steps), np.asarray(scores, dtype=float)
    figure, axis = new_axes(_STEPS, ylabel)
    axis.plot(at, values.T, color=BLUE, linewidth=0.8, alpha=0.5)
    axis.plot(at, values.mean(0), color=ORANGE, linewidth=3, label=f"mean of {len(values)} seeds")
    legend_above(axis)
    low, high = values.min(0), values.max(0)
    alt = (
        f"{ylabel} against environment steps, one line for each of {len(values)} seeds. At the "
        f"end they lie between {low[-1]:.3g} and {high[-1]:.3g}, their mean at "
        f"{values[:, -1].mean():.3g}."
    )
    table = {"steps": at, "mean": values.mean(0), "lowest": low, "highest": high}
    return AccessibleFigure(figure, alt, table)


def forest_plot(rows: Mapping[str, Any], xlabel: str) -> AccessibleFigure:
    """Draw estimates with their intervals, one row each, and a line at zero.

    Args:
        rows: name -> (estimate, low, high).
        xlabel: what is estimated, with its unit.
    """
    figure, axis = new_axes(xlabel, "", height=0.9 + 0.45 * len(rows))
    for y, (estimate, low, high) in enumerate(rows.values()):
        axis.plot([low, high], [y, y], color=BLUE, linewidth=2)
        axis.plot(estimate, y, "D", color=BLUE)
    axis.axvline(0, color=GREY, linestyle=":")
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set_ylim(len(rows) - 0.5, -0.5)
    said = "; ".join(f"{name}: {m:.3g} [{lo:.3g}, {hi:.3g}]" for name, (m, lo, hi) in rows.items())
    columns = np.array(list(rows.values()), dtype=float).reshape(-1, 3).T
    table: dict[str, Any] = {
        "what": list(rows),
        **dict(zip(("estimate", "low", "high"), columns, strict=True)),
    }
    return AccessibleFigure(figure, f"{xlabel}, with 95 % intervals. {said}.", table)


def scatter_plot(panels: Mapping[str, Any], xlabel: str, ylabel: str) -> AccessibleFigure:
    """Draw one number of each pair against the other, with the line on which both are equal.

    Args:
        panels: name -> the two numbers of every pair, shape [S] each.
        xlabel, ylabel: of all panels, with units.
    """
    figure, axes = new_axes(xlabel, ylabel, columns=len(panels))
    said: list[str] = []
    table: dict[str, Any] = {}
    for axis, (name, pairs) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        x, y = (np.asarray(values, dtype=float) for values in pairs)
        axis.axline((x.mean(), x.mean()), slope=1, color=GREY, linestyle=":")
        axis.plot(x, y, "o", color=BLUE, alpha=0.6)
        axis.set_title(name, fontsize=10)
        equal = np.isclose(x, y).mean()
        said.append(f"{name}: {len(x)} points, {equal:.0%} of them on the line of equal values")
        table |= {f"{name}, {xlabel}": x, f"{name}, {ylabel}": y}
    return AccessibleFigure(figure, f"{ylabel} against {xlabel}. {'; '.join(said)}.", table)


def rank_among_runs(
    steps: ArrayLike, others: ArrayLike, yours: ArrayLike, rank: ArrayLike, ylabel: str
) -> AccessibleFigure:
    """Draw one run among many: its curve over theirs, and its percentile over time.

    Args:
        steps: environment steps of each evaluation, shape [E].
        others: shape [S, E].
        yours: shape [E].
        rank: percentile of yours among the others, shape [E].
        ylabel: what is drawn, with its unit.
    """
    at, many, one, place = (np.asarray(values) for values in (steps, others, yours, rank))
    figure, (left, right) = new_axes(_STEPS, ylabel, columns=2)
    left.plot(at, many.T, color=GREY, linewidth=0.7, alpha=0.6)
    left.plot(at, one, color=ORANGE, linewidth=3, label="your run")
    left.plot([], [], color=GREY, linewidth=0.7, label=f"{len(many)} shipped runs")
    legend_above(left)
    right.set(ylabel="percentile of your run", ylim=(-4, 104))
    right.axhspan(10, 90, color=GREY, alpha=0.12, linewidth=0)
    right.axhline(50, color=GREY, linestyle=":")
    right.plot(at, place, color=ORANGE, linewidth=2, marker="s", markevery=max(1, len(at) // 8))
    right.set_title("grey: the middle 80 of 100 runs", **_SMALL)
    alt = (
        f"{ylabel} of your run among {len(many)} shipped runs. At the end it reaches "
        f"{one[-1]:.3g}, the others between {many[:, -1].min():.3g} and {many[:, -1].max():.3g}; "
        f"that is percentile {place[-1]:.0f}."
    )
    table = {"steps": at, "your run": one, "lowest": many.min(0), "median": np.median(many, 0)}
    table |= {"highest": many.max(0), "percentile": place}
    return AccessibleFigure(figure, alt, table)


def heat_map(
    x: ArrayLike, y: ArrayLike, panels: Mapping[str, ArrayLike], xlabel: str, ylabel: str
) -> AccessibleFigure:
    """Draw values over a plane, one panel each; where a value crosses 0 there is a line.

    Args:
        x, y: places, shapes [W] and [H].
        panels: what is drawn, with its unit -> values [H, W].
        xlabel, ylabel: of the plane, with units.
    """
    across, down = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    figure, axes = new_axes(xlabel, ylabel, columns=len(panels))
    grid_y, grid_x = (grid.ravel() for grid in np.meshgrid(down, across, indexing="ij"))
    table: dict[str, Any] = {xlabel: grid_x, ylabel: grid_y}
    said = []
    for axis, (label, panel) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        values = np.asarray(panel, dtype=float)
        signed = values.min() < 0 < values.max()
        reach = np.abs(values).max()
        scale = {"cmap": "PuOr", "vmin": -reach, "vmax": reach} if signed else {"cmap": "cividis"}
        mesh = axis.pcolormesh(across, down, values, shading="nearest", **scale)
        if signed:
            axis.contour(across, down, values, levels=[0], colors="black", linewidths=1.2)
        axis.set_title(label, fontsize=10)
        axis.grid(False)
        figure.colorbar(mesh, ax=axis)
        table[label] = values.ravel()
        said.append(f"{label} from {values.min():.3g} to {values.max():.3g}")
    alt = f"Maps over {xlabel} and {ylabel}: {'; '.join(said)}."
    return AccessibleFigure(figure, alt, table)
