"""One notebook in, one page of slides out."""

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from nbconvert.exporters import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from dqn_classroom.instructor.slides import files
from dqn_classroom.instructor.slides.cells import make_static, set_slide_types, title
from dqn_classroom.instructor.slides.run import execute
from dqn_lessons.experiments.files import atomic_write

_NOTEBOOK = re.compile(r"^(?![a-z]+:)([^#?]+)\.ipynb(?=$|[#?])")


def mathml(tex: str, display: bool = False) -> str:
    """Return a formula as MathML, which browsers draw by themselves.

    Raises:
        ValueError: the formula holds a command that is not known.
    """
    found: str = convert(tex, display="block" if display else "inline")
    if "\\" in found:
        raise ValueError(
            f"formula = {tex!r}: latex2mathml does not know one of its commands. "
            "Write it with another."
        )
    return found


class SlideRenderer(IPythonRenderer):
    """nbconvert's own renderer, with formulas as MathML and links to slides."""

    def block_math(self, body: str) -> str:
        """Return a displayed formula."""
        return mathml(body, display=True)

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return mathml(body)

    def latex_environment(self, name: str, body: str) -> str:
        """Return an environment, such as align, as a displayed formula."""
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link; one to a notebook goes to its slides."""
        return super().link(text, _NOTEBOOK.sub(r"\1.html", url), title)


class LessonExporter(SlidesExporter):
    """nbconvert's slides, from local files and without MathJax, RequireJS and jQuery."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            template_file="slides.html.j2",
            extra_template_paths=[str(files.HERE)],
            reveal_url_prefix=f"{files.ASSETS}/reveal",
            reveal_theme=files.THEME,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
            exclude_anchor_links=True,
            **settings,
        )

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Return text as HTML; also used for the presenter's notes."""
        cell = context.get("cell", {})
        kept = {"attachments": cell.get("attachments", {}), "exclude_anchor_links": True}
        return MarkdownWithMath(renderer=SlideRenderer(escape=False, **kept)).render(source)


def slides_html(notebook: NotebookNode, widgets: Mapping[str, str], name: str) -> str:
    """Return the page for a notebook that has its outputs.

    Args:
        notebook: the notebook; it is not changed.
        widgets: widget model id -> what it shows, as HTML.
        name: the page's title where the notebook has no heading.
    """
    shown = copy.deepcopy(notebook)
    set_slide_types(shown)
    make_static(shown, widgets)
    shown.metadata["title"] = title(shown, name)
    outputs = (output for cell in shown.cells for output in cell.get("outputs", []))
    texts = (output.get("data", {}).get("text/html", "") for output in outputs)
    # plotly.js is 5 MB to read: only a page with plots loads it.
    plots = any('class="plot"' in text for text in texts)
    page, _ = LessonExporter().from_notebook_node(shown, {"plots": plots})
    return str(page)


def make_deck(path: Path, out: Path, profile: str | None) -> Path:
    """Write the slides of a notebook and return where they are.

    Args:
        path: the notebook.
        out: the folder, with the assets in it.
        profile: run it with this profile; None takes the outputs that the file holds.

    Raises:
        run.CellFailed: a cell raised; the message names the notebook.
    """
    widgets: dict[str, str] = {}
    if profile is None:
        notebook = nbformat.read(path, as_version=4)
    else:
        notebook, widgets = execute(path, profile)
    page = out / f"{path.stem}.html"
    with atomic_write(page) as file:
        file.write(slides_html(notebook, widgets, path.stem))
    return page
