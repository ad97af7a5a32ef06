"""axe-core in the page: what is said about the parts of a notebook that the course renders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python

GRAVE = ("serious", "critical")
# What another theme can break.
OF_COLOURS = ("color-contrast", "link-in-text-block")
# What a cell shows: outputs and text. Prompts, collapsers, editors and menus are JupyterLab's.
OURS = ".jp-Notebook .jp-OutputArea-output, .jp-Notebook .jp-MarkdownOutput, #dqn-lecture-bar"
# axe takes nothing for visible inside a box without height whose overflow is hidden, and
# JupyterLab's <body> is one; nor what lies below the window. So: a body, and a window for all.
UNROLL = """() => {
    for (const e of [document.documentElement, document.body]) e.style.height = '100vh';
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.notebookConfig = {...notebook.notebookConfig, windowingMode: 'none'};
}"""
# Where the last cell ends, with the first one at the top.
END = """() => {
    document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0;
    const cells = [...document.querySelectorAll('.jp-Notebook .jp-Cell')];
    return Math.ceil(Math.max(...cells.map(cell => cell.getBoundingClientRect().bottom)));
}"""
RUN = """async ([selector, only]) => {
    const nodes = [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length);
    const quick = {selectors: false, preload: false, iframes: false};
    if (only) quick.runOnly = only;
    const said = await axe.run({include: nodes}, quick);
    const read = said.passes.filter(rule => rule.id === 'color-contrast');
    return {violations: said.violations, read: read.flatMap(rule => rule.nodes).length};
}"""


@dataclass(frozen=True)
class Violation:
    """One node that breaks one rule, with what axe says would mend it."""

    rule: str
    impact: str
    node: str
    fix: str

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}\n    {self.node[:300]}\n    {self.fix}"


@cache
def _source() -> str:
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


def unroll(page: Any) -> None:
    """Show the whole notebook at once, in a window as tall as it is."""
    page.js(UNROLL)
    # Cells are drawn a few at a time, and grow when they are.
    page.wait_for("() => !document.querySelector('.jp-Notebook .jp-Cell-Placeholder')")
    width, before, end = page.page.viewport_size["width"], 0, page.js(END)
    for _ in range(20):
        page.page.set_viewport_size({"width": width, "height": end + 200})
        page.wait_idle()
        before, end = end, page.js(END)
        if before == end:
            return
    raise AssertionError(f"the notebook is still growing, from {before} to {end} pixels")


def grave_violations(
    page: Any, selector: str = OURS, only: Sequence[str] | None = None
) -> list[Violation]:
    """Return the serious and critical violations inside the nodes that a selector finds.

    Args:
        page: a `LabPage`, unrolled.
        selector: CSS; what it finds must hold text that axe can read.
        only: the rules to ask for, such as `OF_COLOURS`; None for all.
    """
    if not page.js("() => 'axe' in window"):
        page.page.evaluate(_source())
    said = page.js(RUN, [selector, only])
    assert said["read"], f"axe saw no text in {selector!r}, so it saw nothing: unroll the page"
    return list(_grave(said["violations"]))


def grave_violations_of(page: Any) -> list[Violation]:
    """Return the serious and critical violations of a page that is no notebook: playwright's."""
    page.evaluate(_source())
    said = page.evaluate(RUN, ["body", None])
    assert said["read"], "axe saw no text"
    return list(_grave(said["violations"]))


def _grave(violations: Iterable[dict[str, Any]]) -> Iterator[Violation]:
    for rule in violations:
        if rule["impact"] not in GRAVE:
            continue
        for node in rule["nodes"]:
            fix = " ".join(node["failureSummary"].split())
            yield Violation(rule["id"], rule["impact"], node["html"], fix)
