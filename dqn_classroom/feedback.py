"""How results are shown: HTML for notebooks in light and dark themes, and the same as text."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_GOOD = ("✓", "var(--jp-success-color1, #2e7d32)")
_BAD = ("✗", "var(--jp-error-color1, #c62828)")
# A status is a symbol and a word; its colour is only a third sign. The colours come from
# JupyterLab's theme, with fallbacks for other front ends.
_SIGNS = {
    **dict.fromkeys(("passes", "right"), _GOOD),
    **dict.fromkeys(("wrong", "raised"), _BAD),
    "not attempted": ("○", "var(--jp-border-color0, #757575)"),
    "": ("", "var(--jp-brand-color1, #1565c0)"),
}
_BOX = (
    "border-left:6px solid {colour};padding:6px 12px;margin:4px 0;line-height:1.5;"
    "color:var(--jp-content-font-color1, inherit);background:var(--jp-layout-color1, transparent)"
)


def table_html(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table as HTML: the names of its columns, and rows of as many cells, all escaped."""

    def joined(cells: Iterable[str], start: str, end: str) -> str:
        return "".join(f"{start}{html.escape(cell)}{end}" for cell in cells)

    names = joined(head, '<th scope="col">', "</th>")
    body = "".join(f"<tr>{joined(cells, '<td>', '</td>')}</tr>" for cells in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def closed_html(label: str, body: str) -> str:
    """Return HTML that shows its body once its label, which is escaped, is opened."""
    # nbclassic's style sheet makes of a summary a block, which has no triangle.
    summary = f'<summary style="display:list-item">{html.escape(label)}</summary>'
    return f"<details>{summary}{body}</details>"


@dataclass(frozen=True)
class Feedback:
    """A message to the student; shown by itself, or as the last value of a cell.

    Args:
        title: what it is about.
        status: ``passes``, ``wrong``, ``raised``, ``not attempted``, ``right``; or empty.
        text: paragraphs.
        code: lines shown as code below the text.
        details: closed sections, label -> text; plain text leaves them out.
        hint: said in plain text instead of the details.
        table: rows of cells, the first is the head.
    """

    title: str
    status: str = ""
    text: Sequence[str] = ()
    code: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    table: Sequence[Sequence[str]] = ()

    @property
    def heading(self) -> str:
        """The first line: symbol, title and status."""
        symbol, _ = _SIGNS[self.status]
        return f"{symbol} {self.title}: {self.status}" if self.status else self.title

    def __repr__(self) -> str:
        lines = [self.heading, *self.text]
        if self.code:
            lines += ["    " + line for line in self.code.splitlines()]
        lines += ["  ".join(row) for row in self.table]
        lines += [self.hint] if self.hint else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        escape = html.escape
        parts = [f"<strong>{escape(self.heading)}</strong>"]
        parts += [f"<div>{escape(line)}</div>" for line in self.text]
        if self.code:
            parts.append(f'<pre style="margin:4px 0">{escape(self.code)}</pre>')
        if self.table:
            parts.append(table_html(self.table[0], self.table[1:]))
        parts += [
            closed_html(
                label, f'<pre style="margin:4px 0;white-space:pre-wrap">{escape(text)}</pre>'
            )
            for label, text in self.details.items()
        ]
        _, colour = _SIGNS[self.status]
        return f'<div style="{_BOX.format(colour=colour)}">{"".join(parts)}</div>'

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
