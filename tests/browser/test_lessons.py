"""What a student does in lessons 0 and 1, in JupyterLab in Chromium."""

import pytest

pytestmark = pytest.mark.browser

RIGHT = """@exercise
def bias_td_target(reward, gamma, target_bias):
    return reward + gamma * target_bias
"""
WRONG = RIGHT.replace("gamma * target_bias", "target_bias")


def text_of(cell):
    return cell.locator(".jp-OutputArea").inner_text()


def test_start_here_answers_and_shows_the_agents(lab):
    page = lab("00_start_here.ipynb")
    page.run_all()
    cell = page.show(page.index("doctor()"))
    cell.get_by_text("the browser answered").wait_for()
    video = page.show(page.index("video.animate(")).locator("img")
    video.wait_for()
    assert video.evaluate("e => e.naturalWidth") > 100
    assert video.get_attribute("alt")


def test_a_wrong_answer_is_named_a_right_one_passes_and_a_reload_keeps_it(lab):
    page = lab("01_target_lag.ipynb")
    page.run_all()
    where = page.index("def bias_td_target(")
    assert "not attempted" in text_of(page.show(where))
    wrong = text_of(page.rerun(where, WRONG))
    assert "✗ bias_td_target: wrong" in wrong
    assert "The discount gamma is missing" in wrong
    assert "Traceback" not in wrong
    assert "✓ bias_td_target: passes" in text_of(page.rerun(where, RIGHT))
    # A prediction is answered with the mouse.
    question = page.show(page.index('predict("01-final-bias")'))
    question.get_by_text("about 19", exact=True).click()
    page.wait_idle()

    again = lab("00_start_here.ipynb")
    again.run_all()
    report = again.rerun(again.index("progress_report()"))
    row = report.locator("tr", has_text="bias_td_target")
    assert "passe" in row.inner_text()
    page.reload()
    page.rerun(page.index("from dqn_classroom import"))
    question = page.rerun(page.index('predict("01-final-bias")'))
    assert question.locator("input[type=radio]").nth(2).is_checked()
    explorer = page.rerun(page.index("TargetLagExplorer()"))
    explorer.locator(".js-plotly-plot path.js-line").first.wait_for(state="attached")
    assert page.key_to_curve(explorer, "learning rate") > 0
