"""Pieces of HTML. Whatever comes in is text and is escaped here."""

from __future__ import annotations

import html
from collections.abc import Sequence

Cell = str | float
# Words of at most so many characters stay on one line.
_SHORT = 16


def plural(number: int, name: str) -> str:
    """Return a number with its noun: 1 file, 2 files."""
    return f"{number:,} {name}" + ("" if number == 1 else "s")


def share(part: int, whole: int) -> str:
    """Return a count with what it is a part of."""
    return f"{part:,} of {whole:,}" if whole else "nobody yet"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph, of a class of its own if one is named."""
    start = f'<p class="{html.escape(kind)}">' if kind else "<p>"
    return f"{start}{html.escape(text)}</p>"


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        kind = ' class="short"' if len(value) <= _SHORT and "\n" not in value else ""
        return f"<td{kind}>{html.escape(value)}</td>"
    return f'<td class="n">{value:,}</td>'


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table with a caption; numbers stand right, words left.

    Args:
        caption: what it holds.
        head: K names of columns.
        rows: K cells each.
    """
    names = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>\n" for row in rows)
    return (
        f'<div class="wide"><table><caption>{html.escape(caption)}</caption>\n'
        f"<thead><tr>{names}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def closed(label: str, inside: str) -> str:
    """Return HTML that is opened by a click on its label."""
    return f"<details><summary>{html.escape(label)}</summary>{inside}</details>"


def section(title: str, *parts: str) -> str:
    """Return HTML below a heading."""
    return "\n".join([f"<h2>{html.escape(title)}</h2>", *parts])
