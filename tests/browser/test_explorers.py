"""The figures of lesson 1 under the mouse and the keys."""

import re
import statistics

import pytest

from tests.browser.conftest import ARTIFACTS, on
from tests.browser.lab import expect

pytestmark = [pytest.mark.browser, on("01_target_lag")]


def test_target_lag_runs_and_its_slider_redraws(page):
    cell = page.rerun("explorer")
    badge = cell.locator("[role=status]")
    badge.get_by_text("target-limited").wait_for()
    times = [page.key_to_curve(cell, "learning rate") for _ in range(9)]
    print(f"slider to curve: median {statistics.median(times):.0f} ms of {len(times)}")
    before = badge.inner_text()
    cell.get_by_role("button", name="speed-limited").click()
    badge.get_by_text("speed-limited").wait_for()
    expect(badge).not_to_have_text(before)
    cell.get_by_role("button", name="break the bound").click()
    badge.get_by_text("overshoots").wait_for()
    cell.get_by_role("button", name="Data table").click()
    cell.locator("table").first.wait_for()


def test_a_redraw_keeps_the_zoom(page):
    cell = page.show("explorer")
    cell.get_by_role("button", name="target-limited").click()
    cell.locator("[role=status]").get_by_text("target-limited").wait_for()
    plot = cell.locator(".js-plotly-plot").first
    area = plot.locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    plot.evaluate("e => { e.dataset.zoomed = '1'; }")
    middle = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + 100, middle)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 300, middle, steps=5)
    page.page.mouse.up()
    page.wait_for(
        "() => { const [a, b] = document.querySelector('[data-zoomed]')._fullLayout.xaxis.range;"
        " return b - a < 40000; }"
    )
    zoomed = plot.evaluate("e => e._fullLayout.xaxis.range.map(Math.round)")
    page.key_to_curve(cell, "discount", "ArrowLeft")
    page.wait_idle()
    assert plot.evaluate("e => e._fullLayout.xaxis.range.map(Math.round)") == zoomed


def test_in_the_dark_theme_the_cards_can_be_read(page):
    page.change_theme("JupyterLab Dark")
    cell = page.show("ex-target")
    card = cell.locator(".jp-RenderedHTMLCommon > div").last
    text, ground = card.evaluate(
        "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    )
    assert max(rgb(ground)) < 100
    assert contrast(rgb(text), rgb(ground)) >= 4.5
    page.page.screenshot(path=ARTIFACTS / "dark.png")


def rgb(colour):
    return [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]


def contrast(one, other):
    """Return the contrast ratio of two colours, as WCAG 2 defines it."""

    def luminance(colour):
        parts = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_dragging_the_mouse_moves_the_other_explorer_too(page):
    cell = page.show("baird")
    status = cell.locator("[role=status]")
    before = status.inner_text()
    handle = cell.locator(".widget-hslider", has_text="target period").locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 120, box["y"] + box["height"] / 2, steps=8)
    page.page.mouse.up()
    expect(status).not_to_have_text(before)
