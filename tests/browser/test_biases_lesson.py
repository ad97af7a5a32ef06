"""Lesson 11 in JupyterLab: its figures, an exercise answered wrongly."""

import pytest

from tests.browser.conftest import on
from tests.browser.test_training_lessons import shows

pytestmark = pytest.mark.browser

SWAPPED = """@exercise
def double_td_target(reward, terminated, q_online, q_next, gamma):
    best = q_next.argmax(-1, keepdim=True)
    return reward + gamma * q_online.gather(-1, best).squeeze(-1) * ~terminated
"""


@on("11_two_biases")
def test_both_biases_are_drawn(page):
    for name in ("tables", "random-walks", "cures", "compare"):
        shows(page, name)
    wrong = page.rerun("ex-double", SWAPPED)
    assert "The networks are swapped" in wrong.inner_text()
