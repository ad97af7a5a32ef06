"""Lessons 2 to 4 in JupyterLab: they run, train before the eyes, and name a wrong answer."""

import pytest

from tests.browser.conftest import ARTIFACTS

pytestmark = pytest.mark.browser

WRONG_TARGET = """@exercise
def td_target(reward, terminated, q_next, gamma):
    return reward + gamma * q_next.amax(-1)
"""
WRONG_RING = """@exercise
def write_index(added, capacity):
    return min(added, capacity - 1)
"""
WRONG_COPY = """@exercise
def hard_update_(target_params, online_params):
    for target, online in zip(target_params, online_params):
        target = online
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


def no_trouble(page):
    """Nothing went to stderr, nothing was raised, and every picture can be read."""
    stderr = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']"
    assert page.page.locator(stderr).count() == 0
    errors = page.js(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.filter(c =>"
        " c.model.type === 'code' && c.model.sharedModel.getOutputs()"
        ".some(o => o.output_type === 'error')).length"
    )
    assert errors == 0


def shows(page, source, name):
    """Look at the picture below a cell, and keep a copy of it."""
    cell = page.show(page.index(source))
    picture = cell.locator("img").first
    picture.wait_for()
    assert picture.evaluate("e => e.naturalWidth") > 100
    assert len(picture.get_attribute("alt")) > 40
    cell.screenshot(path=ARTIFACTS / f"{name}.png")


def test_vanilla_dqn_trains_before_the_eyes(lab):
    page = lab("02_vanilla_dqn.ipynb")
    page.run_all()
    no_trouble(page)
    for source, name in (
        ("seed_curves(history", "02-seeds"),
        ("recorder.show()", "02-video"),
        ("learning_curves(", "02-values"),
    ):
        shows(page, source, name)
    where = page.index('TrainingView("a first look")')
    page.show(where)
    page.js(WATCH, where)
    # So long that a slow browser sees it grow too; stopped when it has.
    page.change(where, "steps=2_000", "steps=1_000_000")
    cell = page.start(where)
    page.wait_for("() => window.seenPaths.length >= 4")
    cell.get_by_role("button", name="Stop").click()
    cell.get_by_text("Stopped here").wait_for()
    page.wait_idle()
    assert cell.locator(".js-plotly-plot").count() == 1, "one figure, redrawn in place"
    cell.screenshot(path=ARTIFACTS / "02-view.png")
    wrong = page.rerun(page.index("def td_target("), WRONG_TARGET)
    assert "After a terminated step nothing follows" in wrong.inner_text()


def test_replay_shows_its_effect(lab):
    page = lab("03_replay.ipynb")
    page.run_all()
    no_trouble(page)
    for source, name in (
        ("drawn = rng.choice", "03-stream"),
        ("def returns_figure(", "03-cartpole"),
        ("returns_figure(catch)", "03-catch"),
        ("recorder = PolicyRecorder(every=500)", "03-video"),
    ):
        shows(page, source, name)
    wrong = page.rerun(page.index("def write_index("), WRONG_RING)
    assert "overwrites the newest one" in wrong.inner_text().replace("*", "")


def test_the_target_network_climbs_its_stairs(lab):
    page = lab("04_target_network.ipynb")
    page.run_all()
    no_trouble(page)
    for source, name in (
        ("def watch(", "04-lagging"),
        ("steps, moving = watch", "04-moving"),
        ("stairs = horizon_bound(", "04-stairs"),
        ("log=True", "04-explosion"),
        ("corridor_values(exact", "04-corridor"),
    ):
        shows(page, source, name)
    wrong = page.rerun(page.index("def hard_update_("), WRONG_COPY)
    assert "leave the weights of the network as they were" in wrong.inner_text()
