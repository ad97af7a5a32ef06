"""Lesson 10 in JupyterLab: its figures, the greedy episodes, an exercise answered wrongly."""

import pytest

from tests.browser.conftest import on
from tests.browser.test_training_lessons import shows

pytestmark = pytest.mark.browser

LAST_ONES = """@exercise
def printed_summary(returns, every):
    ends = range(every, len(returns) + 1, every)
    parts = [returns[end - every : end] for end in ends]
    return np.array([(part.mean(), part.std(ddof=1)) for part in parts])
"""


@on("10_published_recipes")
def test_the_recipes_are_drawn_and_played(page):
    for name in ("twenty-figure", "untrained", "repairs", "hard-or-soft", "variants"):
        shows(page, name)
    for name in ("checkpoints", "film"):
        video = page.show(name).locator("img").first
        video.wait_for()
        assert video.evaluate("e => e.naturalWidth") > 100
    wrong = page.rerun("ex-summary", LAST_ONES)
    assert "The recipe takes all returns so far" in wrong.inner_text()
