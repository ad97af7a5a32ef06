"""Every figure of every lesson on a slow computer: none stays blank, none leads out."""

import re

import pytest

from tests.browser.conftest import NOTEBOOKS, on
from tests.browser.lab import expect

pytestmark = pytest.mark.browser

LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
FIGURES = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(c => c.node.querySelector('.dqn-live, .jp-RenderedPlotly')).map(c => c.model.id)"""
DRAWN = """(index) => [...document.querySelectorAll(`.jp-Cell[data-windowed-list-index="${index}"]
    :is(.dqn-live, .jp-RenderedPlotly)`)].every(
        e => e.querySelector('.trace path[d], .heatmaplayer image'))"""
BUTTONS = "() => [...document.querySelectorAll('.modebar-btn')].map(e => e.dataset.title)"
LINKS = """() => [...document.querySelectorAll('.jp-OutputArea-output [href]')]
    .map(e => e.getAttribute('href')).filter(to => to.includes('//'))"""
LOCAL = {
    "Download plot as a PNG", "Zoom", "Pan", "Box Select", "Lasso Select", "Zoom in", "Zoom out",
    "Autoscale", "Reset axes",
}  # fmt: skip
FORGET = """() => {
    globalThis.kept = _JUPYTERLAB['jupyterlab-plotly'];
    delete _JUPYTERLAB['jupyterlab-plotly'];
    delete globalThis.dqnPlotly;
}"""
REMEMBER = "() => { _JUPYTERLAB['jupyterlab-plotly'] = globalThis.kept; }"


@on(*LESSONS)
def test_no_figure_stays_blank_and_no_control_leads_out(page):
    cells = page.js(FIGURES)
    with page.slowed():
        for name in cells:
            page.show(name)
            page.wait_for(DRAWN, page.index(name))
    buttons = set(page.js(BUTTONS))
    source = (NOTEBOOKS / f"{page.stem}.ipynb").read_text(encoding="utf-8")
    drawn = bool(re.search(r"(Explorer|FlightView|SeedLottery|TrainingView)\(", source))
    assert drawn == bool(cells) == bool(buttons)
    assert buttons <= LOCAL
    assert page.js(LINKS) == []


@pytest.mark.edits
@on("01_target_lag")
def test_where_the_page_has_no_plotly_the_kernel_sends_it(page):
    page.js(FORGET)
    try:
        cell = page.rerun("explorer")
        expect(cell.locator(".trace path.js-line")).to_have_count(3)
        assert page.key_to_curve(cell, "learning rate") > 0
    finally:
        page.js(REMEMBER)
