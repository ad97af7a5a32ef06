"""One notebook in, one page of slides out."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import SlidesExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode

from dqn_classroom.instructor.slides import assets
from dqn_classroom.instructor.slides.markdown import SlideRenderer
from dqn_classroom.instructor.slides.outline import set_slide_types, title
from dqn_classroom.instructor.slides.outputs import make_static
from dqn_classroom.instructor.slides.run import execute


class LessonExporter(SlidesExporter):
    """nbconvert's slides, from local files and without MathJax, RequireJS and jQuery."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            template_file="slides.html.j2",
            extra_template_paths=[str(assets.HERE)],
            reveal_url_prefix=f"{assets.FOLDER}/reveal",
            reveal_theme=assets.THEME,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
            exclude_anchor_links=True,
            **settings,
        )

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Return text as HTML; also used for the presenter's notes."""
        cell = context.get("cell", {})
        renderer = SlideRenderer(
            escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def slides_html(notebook: NotebookNode, stills: Mapping[str, str], name: str) -> str:
    """Return the page for a notebook that has its outputs.

    Args:
        notebook: the notebook; it is not changed.
        stills: widget model id -> what it shows, as HTML.
        name: the page's title where the notebook has no heading.
    """
    shown = copy.deepcopy(notebook)
    set_slide_types(shown)
    make_static(shown, stills)
    shown.metadata["title"] = title(shown, name)
    # plotly.js is 5 MB to read: only a page with plots loads it.
    page, _ = LessonExporter().from_notebook_node(shown, {"plots": _has_plots(shown)})
    return str(page)


def _has_plots(notebook: NotebookNode) -> bool:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return any('class="plot"' in output.get("data", {}).get("text/html", "") for output in outputs)


def make_deck(path: Path, out: Path, profile: str | None) -> Path:
    """Write the slides of a notebook and return where they are.

    Args:
        path: the notebook.
        out: the folder, with the assets in it.
        profile: run it with this profile; None takes the outputs that the file holds.

    Raises:
        run.CellFailed: a cell raised; the message names the notebook.
    """
    stills: dict[str, str] = {}
    if profile is None:
        notebook = nbformat.read(path, as_version=4)
    else:
        notebook, stills = execute(path, profile)
    page = out / f"{path.stem}.html"
    page.write_text(slides_html(notebook, stills, path.stem), encoding="utf-8")
    return page
