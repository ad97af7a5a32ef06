"""What all figures share: a text alternative, the numbers behind them, colours and axes."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

# Okabe and Ito's palette: told apart with every common kind of colour blindness. Lines differ
# in dash as well, so that no figure depends on colour.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#D55E00", "#009E73", "#AA3377", "#595959"
STYLES = [(BLUE, "solid"), (ORANGE, "dash"), (GREEN, "dashdot"), (RED, "longdash")]
MPL_STYLES = [(BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (RED, ":", "D")]
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

    def html(self) -> str:
        """Return a matplotlib figure as an image with its text alternative and its numbers."""
        png = base64.b64encode(_png(self.figure)).decode()
        image = (
            f'<img style="max-width:100%" alt="{html.escape(self.alt, quote=True)}" '
            f'src="data:image/png;base64,{png}">'
        )
        return image + self.details()

    def _ipython_display_(self) -> None:
        if isinstance(self.figure, Figure):
            display(HTML(self.html()))
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


def new_axes(xlabel: str, ylabel: str, columns: int = 1) -> tuple[Figure, Any]:
    """Return an empty figure that no global state knows about, so that nothing leaks."""
    figure = Figure(figsize=(7.2, 3.8))
    with matplotlib.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        axes = figure.subplots(1, columns)
    for axis in np.atleast_1d(axes):
        axis.set(xlabel=xlabel, ylabel=ylabel)
        axis.grid(alpha=0.25)
        if columns > 1:  # numbers of six digits would run into each other
            axis.locator_params(axis="x", nbins=max(3, 10 // columns))
    return figure, axes


def legend_above(axis: Axes) -> None:
    """Put the legend where no line can run behind it."""
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, frameon=False)


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
