"""axe-core in the page: what is said about the parts of a notebook that the course renders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python

GRAVE = ("serious", "critical")
# What a cell shows: outputs and text. Prompts, collapsers, editors and menus are JupyterLab's.
OURS = ".jp-Notebook .jp-OutputArea-output, .jp-Notebook .jp-MarkdownOutput, #dqn-lecture-bar"
RUN = """async (selector) => {
    const nodes = [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length);
    const said = await axe.run({include: nodes}, {resultTypes: ['violations']});
    return {looked: nodes.length, violations: said.violations};
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


def grave_violations(page: Any, selector: str = OURS) -> list[Violation]:
    """Return the serious and critical violations inside the nodes that a selector finds.

    Args:
        page: a `LabPage`.
        selector: CSS; at least one node must be shown.
    """
    if not page.js("() => 'axe' in window"):
        page.page.evaluate(_source())
    said = page.js(RUN, selector)
    assert said["looked"], f"nothing is shown that matches {selector!r}"
    return list(_grave(said["violations"]))


def _grave(violations: Iterable[dict[str, Any]]) -> Iterable[Violation]:
    for rule in violations:
        if rule["impact"] not in GRAVE:
            continue
        for node in rule["nodes"]:
            fix = " ".join(node["failureSummary"].split())
            yield Violation(rule["id"], rule["impact"], node["html"], fix)
