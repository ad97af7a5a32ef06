"""What the notebooks render, in both themes, by keyboard, and in a narrow window."""

import pytest

from tests.browser.axe import OF_COLOURS, grave_violations, unroll
from tests.browser.conftest import ARTIFACTS, on
from tests.browser.lab import expect
from tests.browser.test_lecture import begin

pytestmark = pytest.mark.browser

WRONG = """@exercise
def discounted_return(rewards, gamma):
    return sum(rewards)
"""
HINTS = 'display(hint("discounted_return"), recall("00-random-return", mean=22))'
TRAINING = """from dqn_lessons.config import DQNConfig
from dqn_lessons.train import train
view = TrainingView("a small training", bound=100)
display(view)
small = DQNConfig(steps=600, learning_starts=100, eval_period=200, eval_episodes=1)
run = train(small, [0, 1], on_eval=view, progress=False)
"""
NOTEBOOKS = ("00_start_here", "01_target_lag", "08_evidence", "09_solve_cartpole", "07_bug_clinic")
# What Run All does not show: cell id -> what runs in its place.
MORE = {"recall-random": HINTS, "ex-return-use": WRONG, "progress": None}
THEMES = ("JupyterLab Light", "JupyterLab Dark")
OPEN_ALL = """() => {
    for (const e of document.querySelectorAll('.jp-Notebook :is(details > summary, button)'))
        if (e.parentElement.open === false || e.innerText.trim() === 'Data table') e.click();
}"""
FOCUSED = """() => {
    const e = document.activeElement, style = getComputedStyle(e);
    return {
        name: e.getAttribute('aria-label') || e.innerText.trim() || e.value || e.tagName,
        ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inside: e.closest('.dqn-panel') !== null,
    };
}"""
ROOM = "e => [e.scrollWidth, e.clientWidth, e.tabIndex]"


@pytest.mark.edits
@on(*NOTEBOOKS)
def test_nothing_breaks_a_serious_rule(page):
    if page.stem == "00_start_here":
        for name, source in MORE.items():
            page.rerun(name, source)
    unroll(page)
    page.js(OPEN_ALL)
    unroll(page)
    for theme in THEMES:
        page.change_theme(theme)
        page.page.screenshot(path=ARTIFACTS / f"{page.stem[:2]}-{theme[11:].lower()}.png")
        found = grave_violations(page, only=None if theme == THEMES[0] else OF_COLOURS)
        assert not found, "\n".join([f"{theme}: {len(found)}", *map(str, found)])


@on("00_start_here")
def test_the_bar_of_a_lecture_breaks_none(page):
    begin(page, "title")
    page.page.keyboard.press("n")
    unroll(page)
    assert not grave_violations(page, "#dqn-lecture-bar")
    page.page.keyboard.press("Escape")
    assert not grave_violations(page, ".dqn-lecture-button")


def tab_through(page, most=40):
    """Press Tab until the panel is left; return what had the focus, with its name."""
    # Names are given a moment after a control is drawn.
    page.wait_for(
        "() => [...document.querySelectorAll('.dqn-panel .noUi-handle')]"
        ".every(e => e.hasAttribute('aria-label'))"
    )
    seen = []
    for _ in range(most):
        at = page.js(FOCUSED)
        if not at["inside"]:
            return seen
        assert at["ring"], f"no ring around {at['name']!r}"
        seen.append(at["name"])
        page.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not leave the panel: {seen}")


def holds(page, locator):
    """Move the focus as Tab does, so that the browser shows its ring."""
    locator.focus()
    page.page.keyboard.press("Shift+Tab")
    locator.focus()


@on("01_target_lag")
def test_an_explorer_is_used_by_the_keyboard_alone(page):
    cell = page.rerun("explorer")
    keyboard, status = page.page.keyboard, cell.locator("[role=status]")
    first = cell.get_by_role("button", name="speed-limited")
    holds(page, first)
    reached = tab_through(page)
    presets = ["speed-limited", "target-limited", "break the bound"]
    sliders = ["learning rate", "discount γ", "target period C", "reward r"]
    choices = ["Adam", "SGD", "hard, every C", "soft, with τ"]
    missing = {*presets, *sliders, *choices, "Data table"} - set(reached)
    assert not missing, f"Tab never comes to {missing}; it comes to {reached}"

    first.focus()
    keyboard.press("Enter")
    status.get_by_text("speed-limited").wait_for()
    for name in sliders:
        slider = cell.get_by_role("slider", name=name)
        before, said = slider.get_attribute("aria-valuetext"), status.inner_text()
        slider.focus()
        keyboard.press("ArrowLeft")
        expect(slider, name).not_to_have_attribute("aria-valuetext", before)
        expect(status, name).not_to_have_text(said)
        shown = cell.locator(".widget-hslider", has_text=name).locator(".widget-readout")
        expect(slider, name).to_have_attribute("aria-valuetext", shown.inner_text())
    figure = cell.get_by_role("figure")
    expect(figure).to_have_attribute("aria-label", " ".join(status.text_content().split()))
    sgd = cell.get_by_role("group", name="optimiser").get_by_role("button", name="SGD")
    assert sgd.get_attribute("aria-pressed") == "false"
    sgd.focus()
    keyboard.press("Space")
    expect(sgd).to_have_attribute("aria-pressed", "true")
    cell.get_by_role("button", name="Data table").focus()
    keyboard.press("Enter")
    cell.locator("table").first.wait_for()


@pytest.mark.edits
@on("09_solve_cartpole")
def test_a_training_view_is_used_by_the_keyboard_alone(page):
    cell = page.rerun("your-agent", TRAINING)
    pause = cell.get_by_role("button", name="Pause")
    holds(page, pause)
    reached = tab_through(page)
    assert {"Pause", "Step", "Stop", "Greedy episode", "Data table"} <= set(reached)
    cell.get_by_role("button", name="Greedy episode").focus()
    page.page.keyboard.press("Space")
    cell.locator("img").first.wait_for()
    assert len(cell.locator("img").first.get_attribute("alt")) > 30
    pause.focus()
    page.page.keyboard.press("Space")
    cell.get_by_role("button", name="Go on").wait_for()
    cell.get_by_role("button", name="Data table").focus()
    page.page.keyboard.press("Space")
    cell.locator("table").first.wait_for()


@on("00_start_here")
def test_a_question_says_what_its_buttons_are_for(page):
    cell = page.rerun("predict-random")
    group = cell.get_by_role("radiogroup", name="How many steps does the pole stay up")
    expect(group.get_by_role("radio")).to_have_count(4)
    assert group.get_by_role("radio", name="about 22").count() == 1


@on("01_target_lag")
def test_in_a_narrow_window_the_figure_scrolls_and_the_controls_do_not(page):
    cell = page.rerun("explorer")
    room = cell.locator(".dqn-figure")
    wide, seen, stop = room.evaluate(ROOM)
    assert (wide, stop) == (seen, -1)
    page.page.screenshot(path=ARTIFACTS / "window-1400.png")
    page.page.set_viewport_size({"width": 600, "height": 1000})
    page.js("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    expect(room).to_have_attribute("tabindex", "0")
    page.show("explorer")
    wide, seen, _ = room.evaluate(ROOM)
    assert wide == 560
    assert 300 < seen < wide
    panel, space = cell.locator(".dqn-panel").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert panel <= space
    page.page.screenshot(path=ARTIFACTS / "window-600.png")
    room.focus()
    for _ in range(20):
        page.page.keyboard.press("ArrowRight")
    page.until(
        "() => { const e = document.activeElement;"
        " return e.scrollLeft + e.clientWidth >= e.scrollWidth - 1; }",
        True,
    )
    page.page.screenshot(path=ARTIFACTS / "window-600-scrolled.png")
    unroll(page)
    # Wide tables in text are put into a scroller by JupyterLab, which gives it no focus.
    assert not grave_violations(page, ".jp-OutputArea-output")
