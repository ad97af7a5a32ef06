"""Sphinx reads this for the book: `make book`, or `dqn-lessons book`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.ext.napoleon import GoogleDocstring

from dqn_classroom.instructor.slides.deck import mathml

project = "dqn-lessons"
author = copyright = "The dqn-lessons developers"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "sphinx_book_theme"
html_title = "Deep Q-Networks, one idea per notebook"
html_static_path = [str(Path(__file__).with_name("static"))]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # it reads pages by fetch, which a browser forbids on files
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
    "show_toc_level": 2,
    "max_navbar_depth": 1,
}
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 2
default_role = "code"
autodoc_member_order = "bysource"
napoleon_use_ivar = True
autodoc_type_aliases = {name: name for name in ("ArrayLike", "NDArray", "Array")}
# What comes before a colon under Returns is no type: those stand in the signature.
GoogleDocstring._consume_returns_section = lambda self, *_, **__: [
    ("", "", self._dedent(self._consume_to_next_section()))
]


def short(_app: Any, what: str, _name: str, _obj: Any, _options: Any, *signature: Any) -> Any:
    """Let a signature say `ArrayLike` and `Array`, as the source does."""
    aliases = r"TypeAliasForwardRef\('(\w+)'\)"
    if what == "module":
        return None
    arrays = r"ndarray\[tuple\[Any, \.\.\.\], dtype\[Any\]\]"
    return tuple(
        part and re.sub(arrays, "Array", re.sub(aliases, r"\1", part)) for part in signature
    )


def setup(app: Any) -> None:
    """Write formulas as MathML, which browsers draw by themselves."""

    def visit(self: Any, node: nodes.Element) -> None:
        block = isinstance(node, nodes.math_block)
        formula = mathml(node.astext(), display=block)
        # The theme lets the keyboard scroll such a box where a small window cuts it.
        box = f'<div class="pst-scrollable-table-container">{formula}</div>'
        self.body.append(box if block else formula)
        raise nodes.SkipNode

    app.connect("autodoc-process-signature", short)
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
