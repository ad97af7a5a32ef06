"""What all figures share: a text alternative, the numbers behind them, colours and axes."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Any

import matplotlib
import numpy as np
import plotly.graph_objects as go
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from plotly.io.json import to_json_plotly

from dqn_classroom.feedback import closed_html, table_html

# Okabe and Ito's palette: told apart with every common kind of colour blindness. Lines differ
# in dash as well, so that no figure depends on colour.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#D55E00", "#009E73", "#AA3377", "#595959"
STYLES = [(BLUE, "solid"), (ORANGE, "dash"), (GREEN, "dashdot"), (RED, "longdash")]
MPL_STYLES = [(BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (RED, ":", "D")]
_MAX_ROWS = 24
PLOTLY = "application/vnd.plotly.v1+json"
# No button uploads a figure, none leads to a website.
_CONFIG = {"showSendToCloud": False, "displaylogo": False}


def decimate(values: ArrayLike, buckets: int = 400) -> NDArray[np.int64]:
    """Return indices that draw a long curve faithfully with few points.

    Each of ``buckets`` slices keeps its first, last, lowest and highest value.

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
class AccessibleFigure:
    """A figure with a text alternative and its numbers.

    Args:
        figure: a plotly or matplotlib figure.
        alt: what there is to see, in one or two sentences.
        table: column name -> values ``[R]``, all of one length; thinned when shown.
    """

    figure: Any
    alt: str
    table: Mapping[str, ArrayLike]

    def table_html(self) -> str:
        """Return the numbers as an HTML table, thinned evenly to at most 24 rows."""
        rows = list(zip(*map(np.asarray, self.table.values()), strict=True))
        shown = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MAX_ROWS)).astype(int))
        return table_html(self.table, ([_cell(value) for value in rows[i]] for i in shown))

    def details(self) -> str:
        """Return the text alternative and the data table as HTML, closed until asked for."""
        body = f"<p>{html.escape(self.alt)}</p>{self.table_html()}"
        return closed_html("Text alternative and data table", body)

    def html(self) -> str:
        """Return a matplotlib figure as an image with its text alternative and its numbers."""
        image = f'<img class="dqn-figure" style="max-width:100%" alt="{html.escape(self.alt)}" '
        return f'{image}src="{data_uri(self.figure)}">{self.details()}'

    def _ipython_display_(self) -> None:
        if isinstance(self.figure, Figure):
            display({"text/html": self.html(), "text/plain": self.alt}, raw=True)
        else:
            spec = json.loads(plotly_json(self.figure))
            display({PLOTLY: spec, "text/plain": self.alt}, raw=True)
            display({"text/html": self.details(), "text/plain": ""}, raw=True)


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)


def data_uri(figure: Figure) -> str:
    """Return a figure, as png, as an address that needs no file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", dpi=110)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def new_axes(xlabel: str, ylabel: str, columns: int = 1, height: float = 3.8) -> tuple[Figure, Any]:
    """Return an empty figure that no global state knows about, so that nothing leaks."""
    figure = Figure(figsize=(7.2 if columns == 1 else 4.8 * columns, height))
    with matplotlib.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        axes = figure.subplots(1, columns, gridspec_kw={"wspace": 0.35})
    for axis in np.atleast_1d(axes):
        axis.set(xlabel=xlabel, ylabel=ylabel)
        axis.grid(alpha=0.25)
        if columns > 1:  # numbers of six digits would run into each other
            axis.locator_params(axis="x", nbins=max(3, 10 // columns))
    return figure, axes


def legend_above(axis: Axes) -> None:
    """Put the legend where no line can run behind it."""
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, frameon=False)


def draw_lines(
    axis: Axes, x: ArrayLike, lines: Mapping[str, ArrayLike], **style: Any
) -> dict[str, NDArray[np.float64]]:
    """Draw lines that differ in colour, dash and marker, and the legend; return them as arrays.

    Args:
        axis: where.
        x: shape [T].
        lines: name -> values, shape [T] each.
        style: for matplotlib's ``plot``.
    """
    columns = {name: np.asarray(values, dtype=float) for name, values in lines.items()}
    for (name, values), (colour, dash, marker) in zip(columns.items(), cycle(MPL_STYLES)):
        look = {"color": colour, "linestyle": dash, "marker": marker, "label": name, **style}
        axis.plot(x, values, **look)
    legend_above(axis)
    return columns


def plotly_layout(xtitle: str, ytitle: str) -> dict[str, Any]:
    """Return the layout shared by all plotly figures (no title: the text says what to see)."""
    return {
        "template": "plotly_white",
        "xaxis_title": xtitle,
        "yaxis_title": ytitle,
        "width": 810,
        "height": 420,
        "margin": {"l": 70, "r": 20, "t": 20, "b": 60},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified",
        # Redrawing keeps the reader's zoom.
        "uirevision": "keep",
    }


def plotly_json(figure: go.Figure) -> str:
    """Return what plotly.js draws: data, layout, and the configuration that all figures share."""
    return str(to_json_plotly({**figure.to_dict(), "config": _CONFIG}))
