"""The lesson on tables in JupyterLab: figures, an explorer that is dragged, a named mistake."""

import pytest

from tests.browser.conftest import ARTIFACTS, on
from tests.browser.test_training_lessons import shows

pytestmark = pytest.mark.browser

IN_PLACE = """@exercise
def value_iteration(outcomes, gamma, tolerance=1e-9):
    v, sweeps = np.zeros(len(outcomes.reward)), [np.zeros(len(outcomes.reward))]
    while True:
        v = v.copy()
        for state in range(len(v)):
            v[state] = bellman_backup(*outcomes, v, gamma)[state].max()
        sweeps.append(v)
        if np.abs(sweeps[-1] - sweeps[-2]).max() <= tolerance:
            return np.array(sweeps)
"""


@on("02_from_rewards_to_q")
def test_values_are_swept_learned_and_dragged(page):
    for name in ("sweeps-figure", "noise-figure", "cliff-figure", "generalise-figure"):
        shows(page, name)
    cell = page.show("explorer")
    cell.get_by_text("13 steps, 1 above the cliff").wait_for()
    slider = cell.get_by_role("slider").nth(1)
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    cell.get_by_text("15 steps, 2 above the cliff").wait_for()
    assert cell.locator(".js-plotly-plot").count() == 1, "one figure, redrawn in place"
    cell.screenshot(path=ARTIFACTS / "02-cliff.png")
    wrong = page.rerun("ex-sweeps", IN_PLACE)
    assert "The last row is right, the count is not" in wrong.inner_text()
