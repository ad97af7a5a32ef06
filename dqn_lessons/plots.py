"""Figures: results in, a described figure out; nothing is computed here.

Plotly for what is explored, matplotlib for what is read. Every figure comes as a
`Described`: with a text alternative, and the numbers behind it in a table.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Any

import matplotlib
import numpy as np
import plotly.graph_objects as go
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

# Okabe and Ito's palette: told apart with every common kind of colour blindness. Lines differ
# in dash as well, so that no figure depends on colour.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#D55E00", "#009E73", "#AA3377", "#595959"
_STYLES = [(BLUE, "solid"), (ORANGE, "dash"), (GREEN, "dashdot"), (RED, "longdash")]
_MPL_STYLES = [(BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (RED, ":", "D")]
_MAX_ROWS = 24


def decimate(values: ArrayLike, buckets: int = 400) -> NDArray[np.int64]:
    """Return indices that draw a long curve faithfully with few points.

    Each of ``buckets`` slices keeps its first, last, lowest and highest value, so the
    drawn curve covers the same pixels as the full one and no extreme is lost.

    Args:
        values: the curve, shape [T].
        buckets: number of slices; at most ``4 * buckets`` indices come back.

    Returns:
        Sorted, distinct indices, shape [<= 4 * buckets].

    Raises:
        ValueError: ``values`` is not one-dimensional.
    """
    curve = np.asarray(values, dtype=float)
    if curve.ndim != 1:
        raise ValueError(f"values has shape {curve.shape}: it must be [T]. Pass one curve.")
    if len(curve) <= 4 * buckets:
        return np.arange(len(curve))
    edges = np.linspace(0, len(curve), buckets + 1).astype(int)
    keep = [edges[:-1], edges[1:] - 1]
    for fill, pick in ((-np.inf, np.argmax), (np.inf, np.argmin)):
        filled = np.where(np.isnan(curve), fill, curve)
        keep.append(np.array([a + pick(filled[a:b]) for a, b in pairwise(edges)]))
    return np.unique(np.concatenate(keep))


@dataclass(frozen=True)
class Described:
    """A figure with a text alternative and its numbers.

    Args:
        figure: a plotly or matplotlib figure.
        alt: what there is to see, in one or two sentences.
        table: column name -> values of equal length; long tables are thinned when shown.
    """

    figure: Any
    alt: str
    table: Mapping[str, ArrayLike]

    def table_html(self) -> str:
        """Return the numbers as an HTML table, thinned evenly to at most 24 rows."""
        rows = list(zip(*map(np.asarray, self.table.values()), strict=True))
        shown = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MAX_ROWS)).astype(int))
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.table)
        body = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in rows[i]) + "</tr>"
            for i in shown
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def details(self) -> str:
        """Return the text alternative and the data table as HTML, closed until asked for."""
        return (
            "<details><summary>Text alternative and data table</summary>"
            f"<p>{html.escape(self.alt)}</p>{self.table_html()}</details>"
        )

    def _ipython_display_(self) -> None:
        if isinstance(self.figure, Figure):
            png = base64.b64encode(_png(self.figure)).decode()
            image = (
                f'<img style="max-width:100%" alt="{html.escape(self.alt, quote=True)}" '
                f'src="data:image/png;base64,{png}">'
            )
            display(HTML(image + self.details()))
        else:
            display(self.figure)
            display(HTML(self.details()))


def _cell(value: Any) -> str:
    number = isinstance(value, (float, np.floating))
    return html.escape(f"{value:.6g}" if number else str(value))


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    return buffer.getvalue()


def _axes(xlabel: str, ylabel: str, columns: int = 1) -> tuple[Figure, Any]:
    """Return an empty figure that no global state knows about, so that nothing leaks."""
    figure = Figure(figsize=(7.2, 3.8))
    with matplotlib.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        axes = figure.subplots(1, columns)
    for axis in np.atleast_1d(axes):
        axis.set(xlabel=xlabel, ylabel=ylabel)
        axis.grid(alpha=0.25)
    return figure, axes


def _legend_above(axis: Axes) -> None:
    """Put the legend where no line can run behind it."""
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, frameon=False)


def plotly_layout(xtitle: str, ytitle: str) -> dict[str, Any]:
    """Return the layout shared by all plotly figures (no title: the text says what to see)."""
    return {
        "template": "plotly_white",
        "xaxis_title": xtitle,
        "yaxis_title": ytitle,
        "width": 860,
        "height": 420,
        "margin": {"l": 70, "r": 20, "t": 20, "b": 60},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified",
        # Redrawing keeps the reader's zoom.
        "uirevision": "keep",
    }


def bias_curves(
    biases: Mapping[str, ArrayLike], ceiling: ArrayLike, target_period: int
) -> Described:
    """Draw runs of the single-bias critic under the staircase B_k.

    Args:
        biases: run name -> bias after each update, shape [T] each.
        ceiling: B_k in force at each update, shape [T].
        target_period: updates between syncs, for the labels of the stairs.
    """
    stairs = np.asarray(ceiling, dtype=float)
    steps = np.arange(1, len(stairs) + 1)
    figure = go.Figure(layout=plotly_layout("training step (updates)", "bias b"))
    for (name, curve), (colour, dash) in zip(biases.items(), _STYLES, strict=False):
        values = np.asarray(curve, dtype=float)
        keep = decimate(values)
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=steps[keep], y=values[keep], name=name, mode="lines", line=line)
    corners = np.unique(np.r_[0, np.flatnonzero(np.diff(stairs)) + 1, len(stairs) - 1])
    figure.add_scatter(
        x=steps[corners],
        y=stairs[corners],
        name="ceiling B<sub>k</sub>: k syncs = k+1 steps of horizon",
        mode="lines",
        line={"color": GREY, "dash": "dot", "shape": "hv"},
    )
    for k in range(0, -(-len(stairs) // target_period), 2):
        at = min(k * target_period, len(stairs) - 1)
        figure.add_annotation(
            x=steps[at],
            y=stairs[at],
            text=f"horizon {k + 1}",
            showarrow=False,
            yshift=10,
            xshift=28,
        )
    last = len(stairs) - 1
    ends = np.unique(np.r_[target_period - 1 : last : target_period, last])
    table = {"step": steps[ends], "ceiling B_k": stairs[ends]}
    table |= {name: np.asarray(curve, dtype=float)[ends] for name, curve in biases.items()}
    finals = ", ".join(f"{name} {np.asarray(curve)[-1]:.3f}" for name, curve in biases.items())
    alt = (
        f"Bias against training step for {len(biases)} runs, under a staircase that rises every "
        f"{target_period} steps to {stairs[-1]:.4f}. Final biases: {finals}."
    )
    return Described(figure, alt, table)


def steps_to_learn(periods: ArrayLike, steps: Mapping[str, ArrayLike], ylabel: str) -> Described:
    """Draw how many updates a run needs against the target period C, both on log axes.

    Args:
        periods: target periods C, shape [K].
        steps: line name -> updates needed, shape [K] each.
        ylabel: what is counted, with its tolerance.
    """
    x = np.asarray(periods)
    figure, axis = _axes("target period C (updates between syncs)", ylabel)
    for (name, values), (colour, dash, marker) in zip(steps.items(), _MPL_STYLES, strict=False):
        axis.loglog(x, values, color=colour, linestyle=dash, marker=marker, label=name)
    _legend_above(axis)
    columns = {name: np.asarray(values) for name, values in steps.items()}
    best = "; ".join(f"{name}: fewest at C = {x[np.argmin(v)]}" for name, v in columns.items())
    alt = f"Updates needed against the target period, log-log. {best}."
    return Described(figure, alt, {"C": x, **columns})


def corridor_values(truth: ArrayLike, values: Mapping[str, ArrayLike]) -> Described:
    """Draw the learned value of each corridor cell against its distance from the goal.

    Args:
        truth: exact values by distance from the goal, shape [L].
        values: line name -> learned values in the same order, shape [L] each.
    """
    exact = np.asarray(truth, dtype=float)
    distance = np.arange(1, len(exact) + 1)
    figure, axis = _axes("distance from the goal (steps)", "value of the best action")
    axis.plot(distance, exact, color=GREY, linewidth=5, alpha=0.35, label="truth")
    for (name, curve), (colour, dash, marker) in zip(values.items(), _MPL_STYLES, strict=False):
        axis.plot(distance, curve, color=colour, linestyle=dash, marker=marker, ms=4, label=name)
    axis.set_xticks(distance[::2])
    _legend_above(axis)
    columns = {name: np.asarray(curve, dtype=float) for name, curve in values.items()}
    worst = "; ".join(
        f"{name}: largest error {np.max(np.abs(curve - exact)):.3f}"
        for name, curve in columns.items()
    )
    alt = f"Learned values of {len(exact)} corridor cells against the truth. {worst}."
    return Described(figure, alt, {"distance": distance, "truth": exact, **columns})


def series(
    x: ArrayLike, lines: Mapping[str, ArrayLike], xlabel: str, ylabel: str, *, stem: bool = False
) -> Described:
    """Draw lines over a common axis.

    Args:
        x: shape [T].
        lines: name -> values, shape [T] each.
        xlabel, ylabel: with units.
        stem: mark every point, for lines that are few points long.
    """
    at = np.asarray(x)
    figure, axis = _axes(xlabel, ylabel)
    for (name, values), (colour, dash, marker) in zip(
        lines.items(), cycle(_MPL_STYLES), strict=False
    ):
        axis.plot(
            at, values, color=colour, linestyle=dash, marker=marker if stem else "", label=name
        )
    axis.axhline(0, color=GREY, linewidth=0.8)
    _legend_above(axis)
    columns = {name: np.asarray(values, dtype=float) for name, values in lines.items()}
    said = "; ".join(f"{name} from {v[0]:.3g} to {v[-1]:.3g}" for name, v in columns.items())
    return Described(figure, f"{ylabel} against {xlabel}: {said}.", {xlabel: at, **columns})


def learning_curves(
    steps: ArrayLike,
    curves: Mapping[str, Any],
    ylabel: str,
    *,
    seeds: int,
    limits: Mapping[str, ArrayLike] | None = None,
    log: bool = False,
) -> Described:
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
    figure, axis = _axes("environment steps of each learner", ylabel)
    table: dict[str, Any] = {"steps": at}
    for (name, limit), dash in zip((limits or {}).items(), (":", "-.", "--"), strict=False):
        level = np.broadcast_to(np.asarray(limit, dtype=float), at.shape)
        axis.step(at, level, where="post", color=GREY, linestyle=dash, linewidth=2, label=name)
        table[name] = level
    for (name, (mean, low, high)), (colour, dash, marker) in zip(
        curves.items(), _MPL_STYLES, strict=False
    ):
        every = max(1, len(at) // 8)
        axis.plot(
            at, mean, color=colour, linestyle=dash, marker=marker, markevery=every, label=name
        )
        axis.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)
        table |= {name: np.asarray(mean), f"{name}, low": low, f"{name}, high": high}
    if log:
        axis.set_yscale("log")
    _legend_above(axis)
    axis.annotate(
        f"mean of {seeds} seeds, 95 % interval", (0.99, 0.02), xycoords="axes fraction", ha="right",
        color=GREY, fontsize=8,
    )  # fmt: skip
    ends = "; ".join(
        f"{name} ends at {mean[-1]:.3g} [{low[-1]:.3g}, {high[-1]:.3g}]"
        for name, (mean, low, high) in curves.items()
    )
    alt = f"{ylabel} against environment steps, mean of {seeds} seeds with 95 % intervals: {ends}."
    return Described(figure, alt, table)


def every_seed(steps: ArrayLike, scores: ArrayLike, ylabel: str) -> Described:
    """Draw one thin line per seed and their mean: what an interval does not show.

    Args:
        steps: environment steps of each evaluation, shape [E].
        scores: shape [S, E].
        ylabel: what is drawn, with its unit.
    """
    at, values = np.asarray(steps), np.asarray(scores, dtype=float)
    figure, axis = _axes("environment steps of each learner", ylabel)
    axis.plot(at, values.T, color=BLUE, linewidth=0.8, alpha=0.5)
    axis.plot(at, values.mean(0), color=ORANGE, linewidth=3, label=f"mean of {len(values)} seeds")
    _legend_above(axis)
    low, high = values.min(0), values.max(0)
    alt = (
        f"{ylabel} against environment steps, one line for each of {len(values)} seeds. At the "
        f"end they lie between {low[-1]:.3g} and {high[-1]:.3g}, their mean at "
        f"{values[:, -1].mean():.3g}."
    )
    return Described(
        figure, alt, {"steps": at, "mean": values.mean(0), "lowest": low, "highest": high}
    )


def intervals(rows: Mapping[str, Any], xlabel: str) -> Described:
    """Draw estimates with their intervals, one row each, and a line at zero.

    Args:
        rows: name -> (estimate, low, high).
        xlabel: what is estimated, with its unit.
    """
    figure, axis = _axes(xlabel, "")
    figure.set_size_inches(7.2, 0.9 + 0.45 * len(rows))
    for y, (estimate, low, high) in enumerate(rows.values()):
        axis.plot([low, high], [y, y], color=BLUE, linewidth=2)
        axis.plot(estimate, y, "D", color=BLUE)
    axis.axvline(0, color=GREY, linestyle=":")
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set_ylim(len(rows) - 0.5, -0.5)
    said = "; ".join(f"{name}: {m:.3g} [{lo:.3g}, {hi:.3g}]" for name, (m, lo, hi) in rows.items())
    columns = np.array(list(rows.values()), dtype=float).reshape(-1, 3).T
    table = dict(zip(("estimate", "low", "high"), columns, strict=True))
    return Described(
        figure, f"{xlabel}, with 95 % intervals. {said}.", {"what": list(rows), **table}
    )
