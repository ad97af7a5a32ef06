"""Which cell begins a slide, and which come one after another on it."""

from __future__ import annotations

import re

from nbformat import NotebookNode

# `-continue` is what the lecture mode calls a cell that is shown together with the one before.
_SAME = {"-continue": "-"}
_KINDS = {"slide", "subslide", "fragment", "-", "skip", "notes"}
_HEADING = re.compile(r"\s*#{1,2}\s")
_TITLE = re.compile(r"^#{1,2}\s+(.+?)\s*$", re.MULTILINE)


def set_slide_types(notebook: NotebookNode) -> None:
    """Write ``slideshow.slide_type`` into every cell, in place.

    What a cell says itself is kept. Else a text that begins with a heading of level 1 or 2
    begins a slide, and everything else is a fragment.

    Raises:
        ValueError: a cell names a type that there is not.
    """
    for cell in notebook.cells:
        named = cell.metadata.get("slideshow", {}).get("slide_type")
        kind = _SAME.get(named, named) or _by_heading(cell)
        if kind not in _KINDS:
            raise ValueError(
                f"slide_type = {named!r} in cell {cell.get('id')!r}: "
                f"it must be one of {sorted(_KINDS | set(_SAME))}."
            )
        cell.metadata.setdefault("slideshow", NotebookNode()).slide_type = kind


def _by_heading(cell: NotebookNode) -> str:
    starts = cell.cell_type == "markdown" and _HEADING.match(cell.source)
    return "slide" if starts else "fragment"


def title(notebook: NotebookNode, otherwise: str) -> str:
    """Return the first heading of a notebook."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = _TITLE.search("\n".join(texts))
    return found[1] if found else otherwise
