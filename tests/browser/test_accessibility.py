"""What the notebooks render, in both themes, by keyboard, and in a narrow window."""

import pytest

from tests.browser.axe import grave_violations, unroll
from tests.browser.conftest import ARTIFACTS
from tests.browser.lab import expect
from tests.browser.test_lecture import begin

pytestmark = pytest.mark.browser

WRONG = """@exercise
def discounted_return(rewards, gamma):
    return sum(rewards)
"""
HINTS = 'display(hint("discounted_return"), recall("00-random-return", "about 22"))'
TRAINING = """from dqn_lessons.train import train
view = TrainingView("a small training", ceiling=100)
display(view)
small = DQNConfig(steps=600, learning_starts=100, eval_period=200, eval_episodes=1)
run = train(small, [0, 1], on_eval=view, progress=False)
"""
MAP = "heat_map(range(4), range(3), {'value': np.arange(12.).reshape(3, 4) - 5}, 'x', 'y')"
CLINIC = """from dataclasses import replace
from dqn_classroom.clinic import ward
ward.CASE_CONFIG = replace(ward.CASE_CONFIG, steps=1_000)
Clinic(number=13)
"""
FLIGHT = 'FlightView(shipped.ShippedRun("solver", "step size stays").flight)'
# One of each kind of thing that is rendered: where a cell is found, what runs in its place.
SHOWN = {
    "00_start_here.ipynb": {
        "doctor()": None,
        "from dqn_classroom import": None,
        "video.animate(": None,
        "def discounted_return(": None,
        "recall(": HINTS,
        'print(f"100 rewards': WRONG,
        "quiz(": None,
        "progress_report()": None,
    },
    "01_target_lag.ipynb": {
        "from dqn_classroom import": None,
        "first_run =": None,
        'predict("01-final-bias")': None,
        "TargetLagExplorer()": None,
        "steps_to_learn(\n": None,
        "LinearTDExplorer()": None,
    },
    "05_ablation_and_evidence.ipynb": {
        "import tempfile": None,
        "SeedLottery(\n": None,
        "my_seed = 12_345": TRAINING,
        "plane = CARTPOLE_SLICE": MAP,
        "flight = shipped.ShippedRun(": FLIGHT,
    },
    "06_bug_clinic.ipynb": {
        "import torch": None,
        "def update(": None,
        "report = clinic.report(": None,
        "Clinic(number=": CLINIC,
    },
}
THEMES = {"JupyterLab Light": "true", "JupyterLab Dark": "false"}
FOCUSED = """() => {
    const e = document.activeElement, style = getComputedStyle(e);
    return {
        name: e.getAttribute('aria-label') || e.innerText.trim() || e.value || e.tagName,
        ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inside: e.closest('.dqn-panel') !== null,
    };
}"""
ROOM = "e => [e.scrollWidth, e.clientWidth, e.tabIndex]"


def change_theme(page, theme):
    page.js("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    # The theme's stylesheet arrives after the attribute that announces it.
    page.wait_for(
        "light => document.body.dataset.jpThemeLight === light && (light === 'true') !=="
        " /^#[0-3]/.test("
        "getComputedStyle(document.body).getPropertyValue('--jp-layout-color1').trim())",
        THEMES[theme],
    )
    page.page.wait_for_timeout(500)


def show_all(page, name):
    """Run the cells, and open what can be opened."""
    for text, source in SHOWN[name].items():
        cell = page.rerun(page.index(text), source)
        for button in cell.get_by_role("button", name="Data table").all():
            button.click()
        for summary in cell.locator("summary").all():
            summary.click()


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_breaks_a_serious_rule(lab, name):
    page = lab(name)
    show_all(page, name)
    unroll(page)
    try:
        for theme in THEMES:
            change_theme(page, theme)
            page.page.screenshot(path=ARTIFACTS / f"{name[:2]}-{theme[11:].lower()}.png")
            found = grave_violations(page)
            assert not found, "\n".join([f"{theme}: {len(found)}", *map(str, found)])
    finally:
        change_theme(page, "JupyterLab Light")


def test_the_bar_of_a_lecture_breaks_none(lab):
    page = lab("00_start_here.ipynb")
    begin(page)
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


def test_an_explorer_is_used_by_the_keyboard_alone(lab):
    page = lab("01_target_lag.ipynb")
    page.rerun(page.index("from dqn_classroom import"))
    cell = page.rerun(page.index("TargetLagExplorer()"))
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


def test_a_training_view_is_used_by_the_keyboard_alone(lab):
    page = lab("05_ablation_and_evidence.ipynb")
    page.rerun(page.index("import tempfile"))
    cell = page.rerun(page.index("my_seed = 12_345"), TRAINING)
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


def test_a_question_says_what_its_buttons_are_for(lab):
    page = lab("00_start_here.ipynb")
    page.rerun(page.index("from dqn_classroom import"))
    cell = page.rerun(page.index("from dqn_classroom import"))
    group = cell.get_by_role("radiogroup", name="How many steps does the pole stay up")
    assert group.get_by_role("radio").count() == 4
    assert group.get_by_role("radio", name="about 22").count() == 1


def test_in_a_narrow_window_the_figure_scrolls_and_the_controls_do_not(lab):
    page = lab("01_target_lag.ipynb")
    page.rerun(page.index("from dqn_classroom import"))
    where = page.index("TargetLagExplorer()")
    cell = page.rerun(where)
    room = cell.locator(".dqn-figure")
    wide, seen, stop = room.evaluate(ROOM)
    assert (wide, stop) == (seen, -1)
    page.page.screenshot(path=ARTIFACTS / "window-1400.png")
    page.page.set_viewport_size({"width": 600, "height": 1000})
    page.js("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.wait_for("() => document.querySelector('.dqn-figure').tabIndex === 0")
    page.show(where)
    wide, seen, _ = room.evaluate(ROOM)
    assert wide == 810 > seen > 300
    panel, space = cell.locator(".dqn-panel").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert panel <= space
    page.page.screenshot(path=ARTIFACTS / "window-600.png")
    room.focus()
    for _ in range(20):
        page.page.keyboard.press("ArrowRight")
    page.page.wait_for_timeout(500)
    assert room.evaluate("e => e.scrollLeft + e.clientWidth") >= wide - 1
    page.page.screenshot(path=ARTIFACTS / "window-600-scrolled.png")
    unroll(page)
    # Wide tables in text are put into a scroller by JupyterLab, which gives it no focus.
    assert not grave_violations(page, ".jp-OutputArea-output")
