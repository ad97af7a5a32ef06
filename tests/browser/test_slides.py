"""Slides opened from disk in Chromium that has no network."""

import nbformat
import pytest

from dqn_classroom.instructor.slides.__main__ import main
from tests.browser.conftest import ARTIFACTS
from tests.classroom.test_slides import SECRET, sample

pytestmark = pytest.mark.browser

SLIDE = """() => {
  const slide = Reveal.getCurrentSlide(), frame = slide.getBoundingClientRect();
  const shown = [...slide.querySelectorAll(".jp-Cell")].filter(e => e.offsetParent);
  const size = e => { const r = e.getBoundingClientRect(); return Math.min(r.width, r.height); };
  const fragment = ([...slide.querySelectorAll(".fragment.visible")].at(-1) ?? shown[0])
    .getBoundingClientRect();
  const all = (q) => shown.flatMap(e => [...e.querySelectorAll(q)]);
  return {
    at: JSON.stringify(Reveal.getIndices()),
    cells: shown.length,
    texts: shown.map(e => e.innerText || (e.querySelector("img") ? "a picture" : "")),
    // From its top to its end, or from its top to the edge where it is longer than a slide.
    last: fragment.top > frame.top - 2 &&
      (fragment.bottom < frame.bottom + 2 || fragment.top < frame.top + 2),
    wide: all("img, .jp-InputArea-editor, p, .plot").filter(
      e => e.getBoundingClientRect().right > frame.right + 1).length,
    pictures: all("img").map(e => e.complete && e.naturalWidth > 0 ? size(e) : 0),
    alts: all("img").map(e => e.alt),
    plots: all(".plot").map(e => e.querySelectorAll(".scatterlayer .js-line").length),
    formulas: all("mfrac, munder").map(e => {
      const [a, b] = [...e.children].map(c => c.getBoundingClientRect());
      return Math.abs(a.top - b.top) > 5 && e.getBoundingClientRect().height > 20;
    }),
    code: all(".jp-InputArea-editor pre").map(e => parseFloat(getComputedStyle(e).fontSize)),
    sideways: document.documentElement.scrollWidth > innerWidth,
  };
}"""

# Nothing moves on its way in, the plots are drawn, the pictures decoded.
DRAWN = """() => {
  const all = (q) => [...Reveal.getCurrentSlide().querySelectorAll(q)].filter(e => e.offsetParent);
  const moving = document.getAnimations().filter(
    a => a.effect?.getComputedTiming().endTime !== Infinity && a.playState === "running");
  return !moving.length && all("img").every(e => e.complete && e.naturalWidth)
    && all(".plot").every(e => e.querySelector(".scatterlayer .js-line"));
}"""


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    nbformat.write(sample(), folder / "00_sample.ipynb")
    assert main([str(folder / "00_sample.ipynb"), "--out", str(folder / "out")]) == 0
    return folder / "out"


@pytest.fixture
def deck(browser, slides, request):
    """Return the page of the sample's slides; a screenshot of its end is kept in artifacts/."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    page, errors, foreign = context.new_page(), [], []
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("file:", "data:", "blob:")) else foreign.append(asked.url)
        ),
    )
    page.goto((slides / "index.html").as_uri())
    page.click("text=A sample")
    page.wait_for_function("() => window.Reveal && Reveal.isReady()")
    yield page
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{request.node.name}.png")
    context.close()
    assert errors == [], "an error on the browser's console"
    assert foreign == [], "a request left this machine"


def test_an_arrow_key_shows_everything(deck):
    seen = [deck.evaluate(SLIDE)]
    while deck.evaluate("() => !Reveal.isLastSlide() || Reveal.availableFragments().next"):
        deck.keyboard.press("ArrowRight")
        deck.wait_for_function(DRAWN)
        seen.append(deck.evaluate(SLIDE))
        assert seen[-1]["at"] != seen[-2]["at"]
    # Three slides; one more step for the panel, and three for what follows the pictures' heading.
    assert [step["cells"] for step in seen] == [1, 1, 3, 1, 2, 3, 4]
    assert all(text.strip() for step in seen for text in step["texts"])
    assert all(step["last"] for step in seen), "what has just appeared is below the edge"
    assert not any(step["wide"] or step["sideways"] for step in seen)
    assert all(size > 200 for step in seen for size in step["pictures"])
    assert "a blue box" in seen[-1]["alts"]
    assert seen[2]["plots"] == [1]
    assert [done for step in seen for done in step["formulas"]] == [True, True, True]
    assert min(size for step in seen for size in step["code"]) >= 18
    assert not any("Ask before you turn" in text for step in seen for text in step["texts"])
    deck.keyboard.press("ArrowLeft")
    assert deck.evaluate(SLIDE)["cells"] == 3


def test_long_slides_scroll_with_the_keys(deck):
    deck.evaluate("() => Reveal.slide(2, 0, 3)")
    where = "() => Reveal.getCurrentSlide().scrollTop"
    deck.evaluate("() => { Reveal.getCurrentSlide().scrollTop = 0; }")
    deck.keyboard.press("ArrowDown")
    assert deck.evaluate(where) > 100
    deck.keyboard.press("ArrowUp")
    assert deck.evaluate(where) == 0
    # A long cell has a box of its own that scrolls.
    assert deck.evaluate(
        "() => [...document.querySelectorAll('.jp-InputArea-editor .highlight')]"
        ".some(e => e.scrollHeight > e.clientHeight + 50)"
    )


CODE = """() => [...Reveal.getCurrentSlide().querySelectorAll(".jp-CodeCell")].map(cell =>
  [Boolean(cell.querySelector(".jp-Cell-outputWrapper :is(img, svg, .plot)")),
   cell.querySelector(".jp-Cell-inputWrapper").checkVisibility()])"""


def test_code_that_draws_is_hidden_until_a_key_shows_it(deck):
    deck.evaluate("() => Reveal.slide(2, 0, 3)")
    first = deck.evaluate(CODE)
    assert {draws for draws, _ in first} == {True, False}
    assert all(code != draws for draws, code in first)
    deck.keyboard.press("h")
    assert all(code for _, code in deck.evaluate(CODE))
    deck.keyboard.press("h")
    assert not any(code for draws, code in deck.evaluate(CODE) if draws)
    deck.keyboard.press("h")
    assert all(code for _, code in deck.evaluate(CODE))


def test_the_presenter_has_a_window_with_the_notes(deck):
    deck.keyboard.press("ArrowRight")
    with deck.expect_popup() as opened:
        deck.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    notes.get_by_text(SECRET.split("`")[0].strip()).wait_for()
    assert "3 min" in notes.inner_text()
    opened.value.close()
