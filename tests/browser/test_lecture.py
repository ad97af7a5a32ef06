"""Lecture mode: full-screen, step by step, by keyboard; sliders, live figures, videos work."""

import re
from pathlib import Path

import pytest

from dqn_classroom.instructor import lecture
from tests.browser.axe import grave_violations, unroll
from tests.browser.conftest import ARTIFACTS, on
from tests.browser.lab import expect
from tests.notebooks import tools

pytestmark = pytest.mark.browser

SCRIPT = Path(lecture.__file__).parent / "labextension" / "static" / "remoteEntry.js"
SHOWN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell, i) => [i, cell.node.getBoundingClientRect()])
    .filter(([, box]) => box.height > 0).map(([i]) => i)"""
# A step is shown, and nothing of another slide; what came before it on its slide may have left.
STEP = f"""([slide, step]) => {{
    const shown = ({SHOWN})();
    return step.every(i => shown.includes(i)) && shown.every(i => slide.includes(i));
}}"""
# Cells that begin above the screen or end below it, by more than other fonts can make of a line.
BEYOND = """() => window.jupyterapp.shell.currentWidget.content.widgets.filter(cell => {
    const {top, bottom, height} = cell.node.getBoundingClientRect();
    const end = document.querySelector('#dqn-lecture-bar').getBoundingClientRect().top;
    return height > 0 && (top < 0 || bottom > end + 20);
}).map(cell => cell.model.id)"""
PROJECTOR = {"width": 1280, "height": 720}
# What has more lines than a projector can show: code, and the table of all exercises.
LONG = {
    "00_start_here": {"progress"},
    "04_replay": {"loop"},
    "05_target_network": {"loop"},
    "06_write_it_yourself": {"ex-buffer", "ex-train"},
    "11_two_biases": {"parallel"},
}
# What other tests of these pages have opened, a table and a film, is closed by another run.
OPENED = {"01_target_lag": ("explorer",), "09_solve_cartpole": ("flight",)}
# Code cells on the screen whose code is seen beside a figure, or hidden with nothing to show, or
# hidden though it is an exercise. The MIME types of the outputs tell which are figures; cards of
# the course are HTML and no figures.
WRONG_CODE = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code' && cell.node.getBoundingClientRect().height > 0)
    .filter(cell => {
        const code = cell.node.querySelector('.jp-Cell-inputWrapper').offsetHeight;
        const figure = cell.model.sharedModel.getOutputs().some(({data}) => data && (
            Object.keys(data).some(type => /plotly|widget-view|^image/.test(type))
            || /<(img|svg) /.test(data['text/html'])));
        const source = cell.model.sharedModel.getSource();
        const call = /^(predict|quiz|recall)[(]/m.test(source);
        const shows = cell.model.sharedModel.getOutputs().length && !/^@exercise/m.test(source);
        return code ? figure || call : !(figure || call || shows);
    }).map(cell => cell.model.id)"""
# Texts that no one reads from the last row, with their size in pixels as it is seen.
SMALL_TYPE = """() => {
    const found = [], lecture = document.querySelector('.dqn-lecture');
    const walk = document.createTreeWalker(lecture, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const e = node.parentElement, {fontSize, opacity} = getComputedStyle(e);
        const skip = 'mjx-container, sub, sup, style, script, .modebar, .dqn-elsewhere';
        if (!node.data.trim() || e.closest(skip) || opacity === '0') continue;
        if (!e.getBoundingClientRect().width) continue;
        const scale = /scale.([.0-9]+)/.exec(e.closest('.js-plotly-plot')?.style.transform) || [];
        const size = parseFloat(fontSize) * e.currentCSSZoom * (scale[1] || 1);
        // The digits between the powers of a logarithmic axis are small.
        if (size < (e.closest('.js-plotly-plot') ? 7.5 : 11.5)) found.push([node.data, size]);
    }
    return found;
}"""
# A figure is fitted a moment after it has grown.
FITS = """(selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return box.width > 200 && box.left >= 0 && box.right <= innerWidth
        && box.top > -1 && box.bottom <= innerHeight;
}"""


def steps_of(stem):
    """The cells of the slide up to each step, and those of the step, as the metadata say."""
    steps, slide = [], []
    for number, cell in enumerate(tools.load(tools.NOTEBOOKS / f"{stem}.ipynb").cells):
        kind = cell.metadata["slideshow"]["slide_type"]
        if kind == "skip":
            continue
        slide = [number] if kind in ("slide", "subslide") else [*slide, number]
        if kind == "-continue":
            steps[-1] = [slide, [*steps[-1][1], number]]
        else:
            steps.append([slide, [number]])
    return steps


def lecture_notes(stem):
    """The cells of each step alone: how long they take, and what to say."""
    alone = []
    for cell in tools.load(tools.NOTEBOOKS / f"{stem}.ipynb").cells:
        kind, note = cell.metadata["slideshow"]["slide_type"], cell.metadata.get("lecture", {})
        if kind == "-continue":
            alone[-1].append(note)
        elif kind != "skip":
            alone.append([note])
    minutes = [sum(note.get("minutes", 0) for note in notes) for notes in alone]
    return minutes, [" ".join(n["say"] for n in notes if n.get("say")) for notes in alone]


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
    for name in OPENED.get(page.stem, ()):
        page.rerun(name)
    page.page.set_viewport_size(PROJECTOR)
    begin(page, tools.load(tools.NOTEBOOKS / f"{page.stem}.ipynb").cells[0].id)
    steps = steps_of(page.stem)
    assert len(steps) >= 15
    long = {page.index(name) for name in LONG.get(page.stem, ())}
    for number, (slide, step) in enumerate(steps, start=1):
        at = page.page.locator("#dqn-lecture-bar .dqn-at").inner_text()
        assert at.endswith(f"step {number} of {len(steps)}")
        page.wait_for(STEP, [slide, step])
        page.until(WRONG_CODE, [])
        page.until(SMALL_TYPE, [])
        if not long.intersection(step):
            page.until(BEYOND, [])
        page.page.keyboard.press("PageDown")
    press(page, "Home")
    page.until(SHOWN, steps[0][0])
    press(page, "Escape")
    assert page.page.locator("#dqn-lecture-bar").count() == 0
    assert page.page.locator(".jp-NotebookPanel-toolbar").first.is_visible()


@on("01_target_lag")
def test_what_a_step_speaks_of_stays_and_the_rest_leaves_where_there_is_no_room(page):
    names = ["best-figure", "recall-best", "best-read"]
    cells = [page.index(name) for name in names]
    page.page.set_viewport_size(PROJECTOR)
    begin(page, "best-read")
    page.until(SHOWN, [cells[0], cells[2]])
    page.until(BEYOND, [])
    page.page.set_viewport_size({"width": 1280, "height": 1200})
    page.until(SHOWN, cells)
    page.page.set_viewport_size(PROJECTOR)
    page.until(SHOWN, [cells[0], cells[2]])
    size = "() => document.querySelector('.dqn-lecture').style.getPropertyValue('--dqn-size')"
    press(page, "+")
    assert page.js(size) == "1.6", "the lecturer's size holds"
    press(page, "-", "PageUp", "PageUp")
    page.until(SHOWN, cells[:1])


@on("04_replay")
def test_type_shrinks_where_text_alone_is_too_tall(page):
    page.page.set_viewport_size(PROJECTOR)
    begin(page, "off-policy")
    size = "() => document.querySelector('.dqn-lecture').style.getPropertyValue('--dqn-size')"
    text = page.cell("off-policy")
    page.until(BEYOND, [])
    assert 1 <= float(page.js(size)) < 1.4
    press(page, "PageDown")
    page.until(size, "1.4")  # code that has no room at any size is shown large, and scrolls
    expect(text).to_be_hidden()


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


def step_of(sentence):
    return int(re.search(r"step ([\d,]+) of", sentence)[1].replace(",", ""))


@on("03_vanilla_dqn")
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
    # The training loop plays the picture. Did it not wait, it would come to a later evaluation
    # first, and say so.
    cell.get_by_role("button", name="Greedy episode").click()
    picture = cell.locator("img").first
    picture.wait_for()
    assert picture.evaluate("e => e.naturalWidth") > 100
    assert says.inner_text() == held, "paused, nothing moves"
    cell.get_by_role("button", name="Step").click()
    expect(says, "a step leads to the next evaluation").to_contain_text(
        f"step {step_of(held) + 200:,} of"
    )
    expect(says).to_contain_text("Paused")
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


@on("01_target_lag")
def test_a_key_shows_the_code_of_a_slide_and_hides_it(page):
    begin(page, "three-figure")
    code = page.cell("three-figure").locator(".jp-Cell-inputWrapper")
    before = page.cell("three-finals").locator(".jp-Cell-inputWrapper")
    expect(code).to_be_hidden()
    press(page, "h")
    expect(code).to_be_visible()
    expect(before).to_be_visible()
    press(page, "h")
    expect(code).to_be_hidden()
    expect(before).to_be_hidden()
    page.page.get_by_role("button", name="H code").click()
    expect(code).to_be_visible()
    press(page, "Escape")
    expect(page.show("three-figure").locator(".jp-Cell-inputWrapper")).to_be_visible()


@on("01_target_lag")
def test_the_bar_and_the_presenters_window_say_where_one_is(page):
    minutes, say = lecture_notes(page.stem)
    begin(page, "three-figure")
    bar = page.page.locator("#dqn-lecture-bar")
    number = int(bar.locator(".dqn-at").inner_text().split()[5])
    expect(bar.locator(".dqn-title")).to_have_text("Three runs")
    press(page, "t")
    page.js("() => { window.jupyterapp.shell.currentWidget.dqnBegan -= 12 * 60000; }")
    expect(bar.locator(".dqn-clock")).to_have_text(
        f"12 min elapsed, {sum(minutes[number - 1 :])} remaining"
    )
    with page.page.expect_popup() as opened:
        page.page.keyboard.press("p")
    notes = opened.value
    expect(notes.get_by_role("heading", name="Three runs")).to_be_visible()
    assert len(say[number - 1]) > 20
    expect(notes.locator(".dqn-say")).to_contain_text(say[number - 1])
    expect(notes.locator(".dqn-next")).to_contain_text(say[number])
    notes.keyboard.press("PageDown")
    expect(notes.locator(".dqn-at")).to_contain_text(f"step {number + 1} of {len(minutes)}")
    expect(bar.locator(".dqn-at")).to_contain_text(f"step {number + 1} of {len(minutes)}")
    expect(notes.locator(".dqn-clock")).to_contain_text("12 min elapsed")
    expect(notes.locator(".dqn-say")).to_contain_text(say[number])
    notes.screenshot(path=ARTIFACTS / "lecture-presenter.png")
    page.page.bring_to_front()
    with notes.expect_event("close"):
        press(page, "Escape")


@on("01_target_lag")
def test_a_refused_window_is_said(page):
    begin(page, "three-figure")
    # What a browser that blocks pop-ups returns.
    page.js("() => { window.opens = window.open; window.open = () => null; }")
    press(page, "p")
    page.js("() => { window.open = window.opens; }")
    told = page.page.locator("#dqn-lecture-bar .dqn-told")
    expect(told).to_contain_text("refused")
    press(page, "PageDown")
    expect(told).to_be_hidden()


@on("01_target_lag")
def test_one_goes_to_a_slide_by_its_number(page):
    begin(page, "title")
    at = page.page.locator("#dqn-lecture-bar .dqn-at")
    press(page, "g")
    slides = page.page.get_by_role("listbox", name="Slide")
    expect(slides).to_be_focused()
    titles = slides.get_by_role("option").all_inner_texts()
    assert at.inner_text().startswith(f"slide 1 of {len(titles)},")
    assert titles[10].startswith("11 · ")
    unroll(page)
    assert not grave_violations(page, ".dqn-dialog")
    page.page.set_viewport_size({"width": 1366, "height": 768})
    # The slide below is not turned, and Escape closes the list alone.
    press(page, "PageDown", "Escape", "g", "1", "1", "Enter")
    expect(slides).to_have_count(0)
    expect(at).to_contain_text(f"slide 11 of {len(titles)},")
    expect(page.page.locator("#dqn-lecture-bar .dqn-title")).to_have_text(titles[10][5:])


@on("00_start_here")
def test_votes_are_counted_by_hand_and_kept(page):
    begin(page, "predict-random")
    told = page.page.locator("#dqn-lecture-bar .dqn-told")
    options = page.page.locator(".dqn-dialog").get_by_role("spinbutton")
    press(page, "v")
    expect(options).to_have_count(4)
    group = page.page.get_by_role("group", name="How many steps does the pole stay up")
    expect(group.get_by_role("spinbutton", name="about 22")).to_be_visible()
    unroll(page)
    assert not grave_violations(page, ".dqn-dialog")
    page.page.set_viewport_size({"width": 1366, "height": 768})
    options.nth(0).fill("12")
    options.nth(3).fill("7")
    page.page.screenshot(path=ARTIFACTS / "lecture-votes.png")
    page.page.keyboard.press("Enter")
    expect(told).to_have_text("Kept: 19 votes.")
    press(page, "v")
    expect(options.nth(3)).to_have_value("7")
    expect(options.nth(1)).to_have_value("")
    press(page, "Escape", "PageDown", "v")
    expect(told).to_have_text("No question on this slide.")


def test_the_plugin_starts_in_a_shell_without_notebooks(browser):
    """Voila and RISE run the plugins of JupyterLab in a shell without `currentChanged`."""
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_script_tag(path=SCRIPT)
    for app in ("{shell: {}}", "{shell: {}, restored: Promise.resolve()}"):
        commands = page.evaluate(
            f"async () => {{ const app = {app}, found = {{}};"
            " app.commands = {addCommand: (id, c) => { found[id] = c.isEnabled(); },"
            "     addKeyBinding: () => {}};"
            " const make = await window._JUPYTERLAB['dqn-lessons-lecture'].get('./extension');"
            " make().default.activate(app); await app.restored; return found; }"
        )
        assert commands == {"dqn-lessons:lecture": False}
    assert errors == []
    page.close()
