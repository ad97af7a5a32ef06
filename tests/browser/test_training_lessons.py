"""Lessons 3 to 5 in JupyterLab: they run, train before the eyes, and name a wrong answer."""

import pytest

from tests.browser.conftest import ARTIFACTS, on

pytestmark = pytest.mark.browser

WRONG_TARGET = """@exercise
def td_target(reward, terminated, q_next, gamma):
    return reward + gamma * q_next.amax(-1)
"""
WRONG_RING = """@exercise
def store_(buffer, added, transition):
    row = min(added, len(buffer[0]) - 1)
    for column, value in zip(buffer, transition):
        column[row] = value
    return added + 1
"""
WRONG_COPY = """@exercise
def soft_update_(target_params, online_params, tau):
    for target, online in zip(target_params, online_params):
        target = tau * online + (1 - tau) * target
"""
# What the live view's mean line looked like, every time that it changed.
WATCH = """(index) => {
    const cell = document.querySelector(`.jp-Cell[data-windowed-list-index="${index}"]`);
    window.seenPaths = [];
    const look = () => {
        const path = cell.querySelector('.scatterlayer .trace:nth-of-type(3) path.js-line');
        const now = path && path.getAttribute('d');
        if (now && now !== window.seenPaths.at(-1)) window.seenPaths.push(now);
    };
    new MutationObserver(look).observe(cell, {subtree: true, childList: true, attributes: true});
}"""


def shows(page, name):
    """Look at the picture below a cell, and keep a copy of it."""
    cell = page.show(name)
    picture = cell.locator("img").first
    picture.wait_for()
    assert picture.evaluate("e => e.naturalWidth") > 100
    assert len(picture.get_attribute("alt")) > 40
    cell.screenshot(path=ARTIFACTS / f"{page.stem[:2]}-{name}.png")


@on("03_vanilla_dqn")
def test_vanilla_dqn_trains_before_the_eyes(page):
    for name in ("every-seed", "video", "values-figure"):
        shows(page, name)
    where = "first-training"
    page.show(where)
    page.js(WATCH, page.index(where))
    # So long that a slow browser sees it grow too; stopped when it has.
    page.change(where, "steps=2_000", "steps=1_000_000")
    cell = page.start(where)
    page.wait_for("() => window.seenPaths.length >= 4")
    cell.get_by_role("button", name="Stop").click()
    cell.get_by_text("Stopped here").wait_for()
    page.wait_idle()
    assert cell.locator(".js-plotly-plot").count() == 1, "one figure, redrawn in place"
    cell.screenshot(path=ARTIFACTS / "02-view.png")
    wrong = page.rerun("ex-target", WRONG_TARGET)
    assert "After a terminated step nothing follows" in wrong.inner_text()


@on("04_replay")
def test_replay_shows_its_effect(page):
    for name in ("stream", "cartpole-figure", "catch-figure", "video"):
        shows(page, name)
    wrong = page.rerun("ex-ring", WRONG_RING)
    assert "overwrites the newest one" in wrong.inner_text().replace("*", "")


@on("05_target_network")
def test_the_target_network_climbs_its_stairs(page):
    for name in (
        "lagging-target",
        "moving-target",
        "staircase",
        "returns",
        "explosion",
        "corridor",
    ):
        shows(page, name)
    wrong = page.rerun("ex-soft", WRONG_COPY)
    assert "leave the weights of the network as they were" in wrong.inner_text()
