"""The cells of a notebook, made ready for slides: what begins a slide, and static outputs."""

import re
from collections.abc import Mapping

from bs4 import BeautifulSoup
from nbformat import NotebookNode

from dqn_classroom.instructor.slides.static_widgets import plot_html

_KINDS = {"slide", "subslide", "fragment", "-", "skip", "notes"}
_TITLE = re.compile(r"^#{1,2}\s+(.+?)\s*$", re.MULTILINE)
_WIDGET = "application/vnd.jupyter.widget-view+json"
_PLOTLY = "application/vnd.plotly.v1+json"


def set_slide_types(notebook: NotebookNode) -> None:
    """Write a ``slideshow.slide_type`` that nbconvert knows into every cell, in place.

    A cell that names none is a fragment. ``-continue`` is what the lecture mode calls a cell that
    is shown together with the one before.

    Raises:
        ValueError: a cell names a type that there is not.
    """
    for cell in notebook.cells:
        show = cell.metadata.setdefault("slideshow", NotebookNode())
        named = show.get("slide_type") or "fragment"
        show.slide_type = "-" if named == "-continue" else named
        if show.slide_type not in _KINDS:
            raise ValueError(
                f"slide_type = {named!r} in cell {cell.get('id')!r}: "
                f"it must be one of {sorted(_KINDS | {'-continue'})}."
            )


def title(notebook: NotebookNode, otherwise: str) -> str:
    """Return the first heading of a notebook."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = _TITLE.search("\n".join(texts))
    return found[1] if found else otherwise


def make_static(notebook: NotebookNode, widgets: Mapping[str, str]) -> None:
    """Replace widgets and plotly figures by HTML, in place.

    Args:
        notebook: an executed notebook.
        widgets: widget model id -> HTML; a widget that is not in it keeps its plain text, and one
            with nothing to show is left out.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            pairs = zip(cell.outputs, [*cell.outputs[1:], NotebookNode()], strict=False)
            cell.outputs = [one for one, after in pairs if _shows(one, _alt(after), widgets)]


def _shows(output: NotebookNode, alt: str, widgets: Mapping[str, str]) -> bool:
    """Make an output static; False when it shows nothing."""
    data = output.get("data", {})
    if _PLOTLY in data:
        output.data = {"text/html": plot_html(data[_PLOTLY], alt)}
    elif _WIDGET in data:
        shown = widgets.get(data[_WIDGET]["model_id"])
        output.data = {"text/html": shown} if shown else {"text/plain": data.get("text/plain", "")}
        return shown != ""
    return True


def _alt(following: NotebookNode) -> str:
    """Return the text alternative that the next output carries, as `AccessibleFigure` writes it."""
    page = BeautifulSoup(following.get("data", {}).get("text/html", ""), "html.parser")
    said = page.select_one("details > p")
    return said.get_text() if said else "figure"
