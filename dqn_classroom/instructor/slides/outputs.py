"""Give every output of a notebook a static form."""

from __future__ import annotations

from collections.abc import Mapping

from bs4 import BeautifulSoup
from nbformat import NotebookNode

from dqn_classroom.instructor.slides.plot import plot_html

_WIDGET = "application/vnd.jupyter.widget-view+json"
_PLOTLY = "application/vnd.plotly.v1+json"


def make_static(notebook: NotebookNode, stills: Mapping[str, str]) -> None:
    """Replace widgets and plotly figures by HTML, in place.

    Args:
        notebook: an executed notebook.
        stills: widget model id -> HTML; a widget that is not in it keeps its plain text, and one
            with nothing to show is left out.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                output
                for place, output in enumerate(cell.outputs)
                if _keep(output, _described(cell.outputs[place + 1 : place + 2]), stills)
            ]


def _keep(output: NotebookNode, alt: str, stills: Mapping[str, str]) -> bool:
    """Make an output static; False when it shows nothing."""
    data = output.get("data", {})
    if _PLOTLY in data:
        output.data = {"text/html": plot_html(data[_PLOTLY], alt)}
    elif _WIDGET in data:
        shown = stills.get(data[_WIDGET]["model_id"])
        output.data = {"text/html": shown} if shown else {"text/plain": data.get("text/plain", "")}
        return shown != ""
    return True


def _described(following: list[NotebookNode]) -> str:
    """Return the text alternative that the next output carries, as `AccessibleFigure` writes it."""
    page = "".join(output.get("data", {}).get("text/html", "") for output in following)
    said = BeautifulSoup(page, "html.parser").select_one("details > p")
    return said.get_text() if said else "figure"
