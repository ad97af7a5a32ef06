"""Lecture mode: full-screen, step by step, by keyboard; sliders, live figures, videos work."""

import re

import pytest

from tests.browser.conftest import ARTIFACTS, on
from tests.browser.lab import expect
from tests.notebooks import tools

pytestmark = pytest.mark.browser

SHOWN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell, i) => [i, cell.node.getBoundingClientRect()])
    .filter(([, box]) => box.height > 0).map(([i]) => i)"""


# A figure is fitted a moment after it has grown.
FITS = """(selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return box.width > 200 && box.left >= 0 && box.right <= innerWidth
        && box.top > -1 && box.bottom <= innerHeight;
}"""


def steps_of(stem):
    """The cells that are shown at each step, as the metadata say."""
    steps, slide = [], []
    for number, cell in enumerate(tools.load(tools.NOTEBOOKS / f"{stem}.ipynb").cells):
        kind = cell.metadata["slideshow"]["slide_type"]
        if kind == "skip":
            continue
        slide = [number] if kind in ("slide", "subslide") else [*slide, number]
        steps[-1:] = [slide] if kind == "-continue" else [*steps[-1:], slide]
    return steps


def begin(page, name):
    page.show(name)
    page.page.get_by_role("button", name="Lecture", exact=True).click()
    page.page.locator("#dqn-lecture-bar").wait_for()
    page.wait_drawn()


def press(page, *keys):
    for key in keys:
        page.page.keyboard.press(key)
    page.wait_drawn()


@on(*[path.stem for path in tools.PATHS])
def test_each_notebook_is_a_sequence_of_steps(page):
    begin(page, tools.load(tools.NOTEBOOKS / f"{page.stem}.ipynb").cells[0].id)
    steps = steps_of(page.stem)
    assert len(steps) >= 15
    for number, cells in enumerate(steps, start=1):
        at = page.page.locator("#dqn-lecture-bar .dqn-at").inner_text()
        assert at.endswith(f"step {number} of {len(steps)}")
        page.until(SHOWN, cells)
        page.page.keyboard.press("PageDown")
    press(page, "Home")
    page.until(SHOWN, steps[0])
    press(page, "Escape")
    assert page.page.locator("#dqn-lecture-bar").count() == 0
    assert page.page.locator(".jp-NotebookPanel-toolbar").first.is_visible()


@on("01_target_lag")
def test_a_slider_moves_its_curve_and_the_notes_stay_hidden(page):
    page.rerun("explorer")
    begin(page, "explorer")
    assert page.js("() => document.fullscreenElement !== null")
    cell = page.cell("explorer")
    plot = cell.locator(".js-plotly-plot").first
    plot.wait_for()
    page.wait_for(FITS, f'.jp-Cell[data-windowed-list-index="{page.index("explorer")}"]')
    handle = cell.locator(".widget-hslider", has_text="learning rate").locator(".noUi-handle").first
    says = cell.locator("[role=status]").first
    before = says.inner_text()
    grip = handle.bounding_box()
    page.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(grip["x"] + 80, grip["y"], steps=5)
    page.page.mouse.up()
    expect(says).not_to_have_text(before)
    page.wait_idle()
    dragged = says.text_content()
    handle.focus()
    press(page, "ArrowRight", "ArrowRight")
    expect(says, "a slider keeps its arrows").not_to_have_text(dragged)
    page.wait_idle()
    # The mouse is where the figure thinks it is, at whatever size the figure is shown.
    axes = plot.locator(".nsewdrag").first.bounding_box()
    for part in (0.3, 0.5):
        page.page.mouse.move(axes["x"] + axes["width"] * part, axes["y"] + axes["height"] / 2)
    expect(plot.locator(".hoverlayer")).to_have_text(re.compile(r"^(24\.9|25k|25\.0)"))
    note = page.page.locator("#dqn-lecture-bar .dqn-say")
    assert not note.is_visible()
    page.page.screenshot(path=ARTIFACTS / "lecture-explorer.png")
    press(page, "Escape", "n")
    assert note.is_visible()
    assert len(note.inner_text()) > 40
    press(page, "c", "PageDown", "n")
    assert not note.is_visible()
    white = "() => getComputedStyle(document.querySelector('.dqn-lecture')).backgroundColor"
    assert page.js(white) == "rgb(255, 255, 255)"


@on("02_vanilla_dqn")
def test_a_training_is_paused_stepped_and_stopped_while_it_runs(page):
    where = "first-training"
    page.change(where, "steps=2_000", "steps=1_000_000")
    begin(page, where)
    press(page, "Enter")
    cell = page.cell(where)
    says = cell.locator("[role=status]").first
    cell.get_by_role("button", name="Pause").click()
    cell.get_by_text("Paused").wait_for()
    held = says.inner_text()
    # The one fixed wait: that nothing moves is seen by looking for a while.
    page.page.wait_for_timeout(1500)
    assert says.inner_text() == held, "paused, nothing moves"
    cell.get_by_role("button", name="Step").click()
    page.page.wait_for_function(
        "([before]) => [...document.querySelectorAll('[role=status]')].some(e =>"
        " e.innerText.includes('Paused') && e.innerText !== before)",
        arg=[held],
        polling=100,
    )
    cell.get_by_role("button", name="Greedy episode").click()
    picture = cell.locator("img").first
    picture.wait_for()
    assert picture.evaluate("e => e.naturalWidth") > 100
    page.page.screenshot(path=ARTIFACTS / "lecture-training.png")
    cell.get_by_role("button", name="Stop").click()
    cell.get_by_text("Stopped").wait_for()
    page.wait_idle()
    assert not page.js(
        "(i) => window.jupyterapp.shell.currentWidget.content.widgets[i]"
        ".model.sharedModel.getOutputs().some(o => o.output_type === 'error')",
        page.index(where),
    )


@on("00_start_here")
def test_a_video_plays_and_shift_enter_goes_on(page):
    begin(page, "watch")
    press(page, "Enter")
    page.wait_idle()
    picture = page.cell("watch").locator("img").first
    picture.wait_for()
    page.wait_for(FITS, ".jp-Cell:not(.dqn-elsewhere) img")
    at = page.page.locator("#dqn-lecture-bar .dqn-at").inner_text()
    press(page, "Shift+Enter")
    page.wait_idle()
    assert page.page.locator("#dqn-lecture-bar .dqn-at").inner_text() != at
