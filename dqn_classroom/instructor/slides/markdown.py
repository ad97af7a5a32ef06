"""Text cells for a page without scripts: formulas as MathML, links from slides to slides."""

from __future__ import annotations

import re

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer

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
