"""The page that a lecturer reads: one file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dqn_classroom.figures import BLUE, GREY, data_uri
from dqn_classroom.instructor import plural
from dqn_classroom.instructor.class_summary.catalogue import GENERAL, Asked, Course
from dqn_classroom.instructor.class_summary.counting import FILES, UNKNOWN, Row, Table

TOP = 5
_PALE = "#d9e6f2"
# Names come from the course alone and are escaped all the same.
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Line = dict[str, Any]


def share(row: Row) -> str:
    """Return a count with what it is a part of."""
    return f"{row.value:,} of {row.of:,}" if row.of else "no one yet"


def lines(table: Table, part: str) -> list[Line]:
    """Return a part of the table, a line an item: its names, and measure -> row."""
    found: dict[tuple[str, str], Line] = {}
    for row in table.values():
        if row.part == part:
            label = f"{row.lesson} · {row.item}" + (f": {row.detail}" if row.detail else "")
            named = {"lesson": row.lesson, "item": row.item, "detail": row.detail, "label": label}
            line = found.setdefault((row.item, row.detail), named)
            line |= {row.measure: row, "same": row.item == row.detail}
    return list(found.values())


def top_five(table: Table) -> list[str]:
    """Return a line for each of the most common misconceptions, for a terminal."""
    return [
        f"lesson {line['lesson']}, {line['item']}: {line['detail']}, {share(line['students'])}"
        for line in lines(table, "misconception")[:TOP]
    ]


def _questions(table: Table, part: str, asked: Mapping[str, Asked]) -> list[Line]:
    """Return a line for each question that was answered, with the rows of its options."""
    found = []
    for key, question in asked.items():
        chosen = [table[part, key, option, "chose"] for option in question.options]
        if chosen[0].of:
            label = key.replace("lesson ", "").replace("-", " · question ")
            right = table.get((part, key, "", "right"))
            found.append({"asked": question, "chosen": chosen, "label": label, "right": right})
    return found


def bars(lines: Sequence[Line], measure: str, part: str, whole: str) -> Figure:
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


def render(table: Table, course: Course, skipped: int = 0, copies: int = 0) -> str:
    """Return the page.

    Args:
        table: the counts of a class.
        course: the names that were counted.
        skipped: number of files that were left out.
        copies: number of files equal to another, not counted again.
    """
    _TEMPLATES.filters |= {"share": share, "svg": partial(data_uri, kind="svg"), "plural": plural}
    return _TEMPLATES.get_template("page.html.j2").render(
        students=table[FILES].value,
        unknown=table[UNKNOWN].value,
        skipped=skipped,
        copies=copies,
        course=course,
        general=GENERAL,
        lines=partial(lines, table),
        questions=partial(_questions, table),
        bars=bars,
        matrix=matrix,
        top=TOP,
    )
