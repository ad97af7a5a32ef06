"""Lecture mode: full-screen, step by step, by keyboard; sliders, live figures, videos work."""

import pytest

from tests.browser.conftest import ARTIFACTS
from tests.notebooks import tools

pytestmark = pytest.mark.browser

SHOWN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell, i) => [i, cell.node.getBoundingClientRect()])
    .filter(([, box]) => box.height > 0).map(([i]) => i)"""


def steps_of(name):
    """The cells that are shown at each step, as the metadata say."""
    steps, slide = [], []
    for number, cell in enumerate(tools.load(tools.NOTEBOOKS / name).cells):
        kind = cell.metadata["slideshow"]["slide_type"]
        if kind == "skip":
            continue
        slide = [number] if kind in ("slide", "subslide") else [*slide, number]
        steps[-1:] = [slide] if kind == "-continue" else [*steps[-1:], slide]
    return steps


def begin(page, index=0):
    page.show(index)
    page.page.get_by_role("button", name="Lecture", exact=True).click()
    page.page.locator("#dqn-lecture-bar").wait_for()
    page.page.wait_for_timeout(500)


def press(page, *keys):
    for key in keys:
        page.page.keyboard.press(key)
        page.page.wait_for_timeout(150)


@pytest.mark.parametrize("name", [path.name for path in tools.PATHS])
def test_each_notebook_is_a_sequence_of_steps(lab, name):
    page = lab(name)
    begin(page)
    steps = steps_of(name)
    assert len(steps) >= 15
    for number, cells in enumerate(steps, start=1):
        at = page.page.locator("#dqn-lecture-bar .dqn-at").inner_text()
        assert at.endswith(f"step {number} of {len(steps)}")
        assert page.js(SHOWN) == cells
        page.page.keyboard.press("PageDown")
    press(page, "Home")
    assert page.js(SHOWN) == steps[0]
    press(page, "Escape")
    assert page.page.locator("#dqn-lecture-bar").count() == 0
    assert page.page.locator(".jp-NotebookPanel-toolbar").first.is_visible()


def test_a_slider_moves_its_curve_and_the_notes_stay_hidden(lab):
    page = lab("01_target_lag.ipynb")
    page.rerun(page.index("LinearTDExplorer,"))
    where = page.index("TargetLagExplorer()")
    page.rerun(where)
    begin(page, where)
    assert page.js("() => document.fullscreenElement !== null")
    cell = page.page.locator(f'.jp-Cell[data-windowed-list-index="{where}"]')
    plot = cell.locator(".js-plotly-plot").first
    plot.wait_for()
    page.page.wait_for_timeout(1000)
    size = page.page.viewport_size
    box = cell.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"], "explorer and curve fit on one screen"
    handle = cell.locator(".widget-hslider", has_text="learning rate").locator(".noUi-handle").first
    says = cell.locator("[role=status]").first
    before = says.inner_text()
    grip = handle.bounding_box()
    page.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(grip["x"] + 80, grip["y"], steps=5)
    page.page.mouse.up()
    page.page.wait_for_timeout(800)
    dragged = says.inner_text()
    assert dragged != before
    handle.focus()
    press(page, "ArrowRight", "ArrowRight")
    page.page.wait_for_timeout(800)
    assert says.inner_text() != dragged, "a slider keeps its arrows"
    # The mouse is where the figure thinks it is, at whatever size the figure is shown.
    axes = plot.locator(".nsewdrag").first.bounding_box()
    for part in (0.3, 0.5):
        page.page.mouse.move(axes["x"] + axes["width"] * part, axes["y"] + axes["height"] / 2)
        page.page.wait_for_timeout(500)
    assert plot.locator(".hoverlayer").text_content().startswith(("24.9", "25k", "25.0"))
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


def test_a_training_is_paused_stepped_and_stopped_while_it_runs(lab):
    page = lab("02_vanilla_dqn.ipynb")
    page.rerun(page.index("from dqn_lessons.train import"))
    where = page.index('TrainingView("a first look")')
    page.change(where, "steps=2_000", "steps=100_000")
    begin(page, where)
    press(page, "Enter")
    cell = page.page.locator(f'.jp-Cell[data-windowed-list-index="{where}"]')
    says = cell.locator("[role=status]").first
    cell.get_by_role("button", name="Pause").click()
    cell.get_by_text("Paused").wait_for()
    held = says.inner_text()
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
        where,
    )


def test_a_video_plays_and_shift_enter_goes_on(lab):
    page = lab("00_start_here.ipynb")
    where = page.index("animate(")
    begin(page, where)
    press(page, "Enter")
    cell = page.page.locator(f'.jp-Cell[data-windowed-list-index="{where}"]')
    picture = cell.locator("img").first
    picture.wait_for()
    page.page.wait_for_timeout(1000)
    box, size = picture.bounding_box(), page.page.viewport_size
    assert box["width"] > 200
    assert 0 <= box["y"] <= box["y"] + box["height"] <= size["height"]
    at = page.page.locator("#dqn-lecture-bar .dqn-at").inner_text()
    press(page, "Shift+Enter")
    page.wait_idle()
    assert page.page.locator("#dqn-lecture-bar .dqn-at").inner_text() != at
