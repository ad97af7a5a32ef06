"""Lesson 7 in JupyterLab: a case is solved by the keyboard alone, an update is brought."""

import pytest

from dqn_classroom.clinic import BUGS
from tests.browser.conftest import ARTIFACTS, on
from tests.browser.test_training_lessons import shows

pytestmark = pytest.mark.browser

FORGIVING = """@exercise
def broken_rows(obs, next_obs, ended):
    return (next_obs[:-1] != obs[1:]).any(-1) & ~ended[:-1]
"""
ONE_ROW = """@exercise
def update_is_right(update):
    return one_row(update)
"""
FOCUSED = """() => {
    const e = document.activeElement;
    return e.tagName + ' ' + (e.getAttribute('aria-label') || e.innerText || e.value || '');
}"""


def tab_to(page, words, most=20):
    """Press Tab until the element with these words has the focus."""
    for _ in range(most):
        page.page.keyboard.press("Tab")
        if words in page.js(FOCUSED):
            return
    raise AssertionError(f"Tab never comes to {words!r}")


def choose(page, cell, key, diagnosis):
    """Press an arrow until the list shows a diagnosis, no faster than a hand does."""
    shown = cell.locator("select").last
    for _ in BUGS:
        page.page.keyboard.press(key)
        page.wait_idle()
        # An option's spaces are ones that do not break.
        text = shown.evaluate("e => e.selectedOptions[0].text").replace("\xa0", " ")
        if text.endswith(diagnosis):
            return
    raise AssertionError(f"{key} never comes to {diagnosis!r}")


@on("07_bug_clinic")
def test_a_case_is_solved_by_the_keyboard_alone(page):
    for name in ("first-patient", "second-patient"):
        shows(page, name)

    cell = page.show("clinic")
    status = cell.locator("[role=status]")
    status.get_by_text("Case 13, 16 learners").wait_for()
    cell.screenshot(path=ARTIFACTS / "06-case_of.png")
    keyboard = page.page.keyboard
    # From here on: no mouse.
    cell.locator("input").first.focus()
    keyboard.press("Control+A")
    keyboard.type("10")
    tab_to(page, "Deal this case")
    keyboard.press("Enter")
    status.get_by_text("Case 10, 16 learners").wait_for()
    page.wait_idle()
    tab_to(page, "ends")
    keyboard.press("Space")
    cell.get_by_text("a state that ends, reward 2").wait_for()
    page.wait_idle()
    tab_to(page, "SELECT")
    choose(page, cell, "ArrowDown", "no discount")
    tab_to(page, "That is it")
    keyboard.press("Enter")
    status.get_by_text("is not: no discount").wait_for()
    keyboard.press("Shift+Tab")
    choose(page, cell, "ArrowUp", "no terminal mask")
    tab_to(page, "That is it")
    keyboard.press("Enter")
    status.get_by_text("Case 10: no terminal mask: right").wait_for()
    cell.get_by_text("solved 1, cases 2, wrong diagnoses 1, probes 1").wait_for()
    cell.screenshot(path=ARTIFACTS / "06-solved.png")

    quiz = page.show("quiz")
    quiz.locator("input[type=radio]").first.focus()
    keyboard.press("Space")
    quiz.get_by_text("Look at values, at the replay buffer").wait_for()

    report = page.show("own-report")
    report.get_by_text("What is wrong: online network for the target").first.wait_for()
    report.screenshot(path=ARTIFACTS / "06-report.png")

    wrong = page.rerun("ex-jumps", FORGIVING)
    assert "You ask nothing of rows that end an episode" in wrong.inner_text()

    weak = page.rerun("ex-test", ONE_ROW)
    assert "Your test passes targets that are far too low" in weak.inner_text()
