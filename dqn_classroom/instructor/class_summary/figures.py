"""The figures of the page, in matplotlib: what a class did, in numbers of students."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dqn_classroom.figures import BLUE, GREY

_PALE = "#d9e6f2"


def bars(lines: Sequence[dict[str, Any]], measure: str, part: str, whole: str) -> Figure:
    """Draw horizontal bars: a part, in the pale bar of its whole, with both as numbers.

    Args:
        lines: one per bar, from top to bottom; each has a label.
        measure: which row of a line is drawn: its value, and what that is a part of.
        part, whole: what the dark and the pale bars are, in words.
    """
    figure = Figure(figsize=(8.6, 0.9 + 0.29 * len(lines)))
    with matplotlib.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        axis = figure.subplots()
    parts, wholes = ([getattr(line[measure], name) for line in lines] for name in ("value", "of"))
    at = np.arange(len(lines))
    axis.barh(at, wholes, 0.72, color=_PALE, edgecolor=GREY, linewidth=0.6, label=whole)
    axis.barh(at, parts, 0.72, color=BLUE, label=part)
    for i, (some, all_) in enumerate(zip(parts, wholes, strict=True)):
        words = f"{some} of {all_}"
        axis.annotate(words, (all_, i), (4, 0), textcoords="offset points", va="center")
    # A `$` in a label is no formula.
    axis.set_yticks(at, [line["label"] for line in lines], parse_math=False)
    axis.set(xlabel="students", ylim=(len(lines) - 0.4, -0.6), xlim=(0, 1.12 * max(1, *wholes)))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    return figure


def matrix(planted: Sequence[str], named: Sequence[str], numbers: Sequence[int]) -> Figure:
    """Draw a table of shades with a number in each cell.

    Args:
        planted: the K rows.
        named: the L columns.
        numbers: row by row, K * L of them.
    """
    figure = Figure(figsize=(1.8 + 0.8 * len(named), 1.4 + 0.45 * len(planted)))
    axis, top = figure.subplots(), max(1, *numbers)
    shades = np.reshape(numbers, (len(planted), len(named)))
    axis.imshow(shades, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    for (row, column), number in np.ndenumerate(shades):
        colour = "white" if number > 0.6 * top else "black"
        axis.text(column, row, str(number), ha="center", va="center", color=colour)
    axis.set_yticks(range(len(planted)), planted, parse_math=False)
    axis.set_xticks(range(len(named)), named, rotation=30, ha="right", parse_math=False)
    axis.set(xlabel="taken for", ylabel="planted")
    return figure
