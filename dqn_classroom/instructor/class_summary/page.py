"""The page that a lecturer reads: one file, no script, nothing fetched."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dqn_classroom.instructor import plural
from dqn_classroom.instructor.class_summary.catalogue import GENERAL, Asked, Course
from dqn_classroom.instructor.class_summary.counting import FILES, LECTURES, UNKNOWN, Row, Table

TOP = 5
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
        first = [table[part, key, option, "chose first"] for option in question.options]
        if chosen[0].of:
            label = key.replace("lesson ", "").replace("-", " · question ")
            line = {"asked": question, "chosen": chosen, "first": first, "label": label}
            judged = ("right", "right at first")
            found.append(line | {name: table.get((part, key, "", name)) for name in judged})
    return found


def render(table: Table, course: Course, skipped: int = 0, copies: int = 0) -> str:
    """Return the page.

    Args:
        table: the counts of a class.
        course: the names that were counted.
        skipped: number of files that were left out.
        copies: number of files equal to another, not counted again.
    """
    _TEMPLATES.filters |= {"share": share, "plural": plural}
    return _TEMPLATES.get_template("page.html.j2").render(
        students=table[FILES].value,
        lectures=table[LECTURES].value,
        unknown=table[UNKNOWN].value,
        skipped=skipped,
        copies=copies,
        course=course,
        general=GENERAL,
        lines=partial(lines, table),
        questions=partial(_questions, table),
        top=TOP,
    )
