"""Lessons 8 and 9 in JupyterLab: the lottery, the solved agent, the recorder one drags through."""

import pytest

from tests.browser.conftest import ARTIFACTS, on
from tests.browser.lab import expect
from tests.browser.test_training_lessons import shows

pytestmark = pytest.mark.browser

WRONG_INTERVAL = """@exercise
def percentile_interval(estimates, level=0.95):
    return np.quantile(estimates, [1 - level, level], axis=0)
"""


def press(page, cell, slider, key, times=1):
    """Move a slider by the keyboard, and wait until all is drawn."""
    handle = cell.locator(".widget-hslider", has_text=slider).locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    for _ in range(times):
        page.page.keyboard.press(key)
    page.wait_idle()


@on("08_evidence")
def test_evidence_is_drawn_and_drawn_again(page):
    for name in ("curves", "pairs", "power", "longer-figure", "profile"):
        shows(page, name)

    lottery = page.show("lottery")
    status = lottery.locator("[role=status]")
    before = status.inner_text()
    lottery.get_by_role("button", name="Draw another study").click()
    status.get_by_text("Study 2 with 3 seeds").wait_for()
    expect(status).not_to_have_text(before)
    press(page, lottery, "seeds in a study", "End")
    status.get_by_text("0.0%").wait_for()
    lottery.screenshot(path=ARTIFACTS / "05-lottery.png")

    wrong = page.rerun("ex-interval", WRONG_INTERVAL)
    assert "twice as much as allowed" in wrong.inner_text()


@on("09_solve_cartpole")
def test_the_solver_is_drawn_dragged_and_filmed(page):
    for name in ("leave-one-out", "training-curve", "normal", "q-map"):
        shows(page, name)

    flight = page.show("flight")
    status = flight.locator("[role=status]")
    last = status.inner_text()
    press(page, flight, "training step", "Home")
    expect(status).not_to_have_text(last)
    press(page, flight, "training step", "End")
    expect(status).to_have_text(last)
    plot = flight.locator(".js-plotly-plot").first
    heat = plot.evaluate("e => [Math.min(...e._fullData[0].x), Math.max(...e._fullData[0].x)]")
    assert heat[0] < -13
    assert heat[1] > 13, "the map lies where its labels say"
    drawn = plot.evaluate("e => e.calcdata[0][0].x")
    assert min(drawn) < -13, "and is drawn there"
    flight.get_by_role("button", name="Play this episode").click()
    video = flight.locator("img[alt*='the agent after']")
    video.wait_for()
    assert video.evaluate("e => e.naturalWidth") > 100
    flight.screenshot(path=ARTIFACTS / "06-flight.png")
