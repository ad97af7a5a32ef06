"""The figures of the page: counts in, a described picture as HTML out."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dqn_classroom.figures import BLUE, GREY

_PALE = "#d9e6f2"


def image(figure: Figure, alt: str) -> str:
    """Return a figure as an image that needs no other file; equal figures give equal bytes.

    Args:
        figure: a matplotlib figure.
        alt: what there is to see.
    """
    buffer = io.BytesIO()
    # Without a fixed salt and date two pages of the same class would differ.
    with matplotlib.rc_context({"svg.hashsalt": "class summary"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    svg = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{svg}">'


def bars(
    labels: Sequence[str],
    parts: Sequence[int],
    wholes: Sequence[int],
    names: tuple[str, str],
    alt: str,
) -> str:
    """Return horizontal bars: a part, in the pale bar of its whole, with both as numbers.

    Args:
        labels: one per bar, from top to bottom.
        parts: the dark bars, one per label.
        wholes: the pale bars, one per label.
        names: what the dark and the pale bars are, in words.
        alt: what there is to see.
    """
    figure = Figure(figsize=(8.6, 0.9 + 0.29 * len(labels)))
    with matplotlib.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        axis = figure.subplots()
    at = np.arange(len(labels))
    axis.barh(at, wholes, 0.72, color=_PALE, edgecolor=GREY, linewidth=0.6, label=names[1])
    axis.barh(at, parts, 0.72, color=BLUE, label=names[0])
    for i, (part, whole) in enumerate(zip(parts, wholes, strict=True)):
        axis.annotate(
            f"{part} of {whole}", (whole, i), (4, 0), textcoords="offset points", va="center"
        )
    # A `$` in a label is no formula.
    axis.set_yticks(at, labels, parse_math=False)
    axis.set(xlabel="students", ylim=(len(labels) - 0.4, -0.6), xlim=(0, 1.12 * max(1, *wholes)))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    return image(figure, alt)


def matrix(names: Sequence[str], said: Sequence[str], numbers: NDArray[np.int64], alt: str) -> str:
    """Return a table of shades with a number in each cell.

    Args:
        names: the rows, K of them.
        said: the columns, L of them.
        numbers: shape [K, L].
        alt: what there is to see.
    """
    figure = Figure(figsize=(1.8 + 0.8 * len(said), 1.4 + 0.45 * len(names)))
    axis = figure.subplots()
    top = max(1, int(numbers.max()))
    axis.imshow(numbers, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    for (row, column), number in np.ndenumerate(numbers):
        colour = "white" if number > 0.6 * top else "black"
        axis.text(column, row, str(number), ha="center", va="center", color=colour)
    axis.set_yticks(range(len(names)), names, parse_math=False)
    axis.set_xticks(range(len(said)), said, rotation=30, ha="right", parse_math=False)
    axis.set(xlabel="taken for", ylabel="planted")
    return image(figure, alt)
