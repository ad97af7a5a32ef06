"""What a student does in lessons 0 and 1, in JupyterLab in Chromium."""

import pytest

from tests.browser.conftest import on

pytestmark = pytest.mark.browser

RIGHT = """@exercise
def bias_td_target(reward, gamma, target_bias):
    return reward + gamma * target_bias
"""
WRONG = RIGHT.replace("gamma * target_bias", "target_bias")


def text_of(cell):
    return cell.locator(".jp-OutputArea").inner_text()


@on("00_start_here")
def test_start_here_answers_and_shows_the_agents(page):
    cell = page.show("doctor")
    cell.get_by_text("the browser answered").wait_for()
    video = page.show("watch").locator("img")
    video.wait_for()
    assert video.evaluate("e => e.naturalWidth") > 100
    assert video.get_attribute("alt")


@pytest.mark.edits
@on("01_target_lag")
def test_a_wrong_answer_is_named_a_right_one_passes_and_a_reload_keeps_it(page, second_page):
    assert "not attempted" in text_of(page.show("ex-target"))
    wrong = text_of(page.rerun("ex-target", WRONG))
    assert "✗ bias_td_target: wrong" in wrong
    assert "The discount gamma is missing" in wrong
    assert "Traceback" not in wrong
    assert "✓ bias_td_target: passes" in text_of(page.rerun("ex-target", RIGHT))
    # A prediction is answered with the mouse.
    question = page.show("predict-final")
    question.get_by_text("about 19", exact=True).click()
    page.wait_idle()

    again = second_page("00_start_here")
    again.rerun("predict-random")  # which has the imports
    report = again.rerun("progress")
    row = report.locator("tr", has_text="bias_td_target")
    assert "passe" in row.inner_text()
    page.reload()
    page.rerun("imports")
    question = page.rerun("predict-final")
    assert question.locator("input[type=radio]").nth(2).is_checked()
    explorer = page.rerun("explorer")
    explorer.locator(".js-plotly-plot path.js-line").first.wait_for(state="attached")
    assert page.key_to_curve(explorer, "learning rate") > 0
