"""The book, opened from disk in Chromium that has no network."""

import json
import re
from html import unescape
from urllib.parse import unquote, urlsplit

import nbformat
import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output

pytest.importorskip("sphinx", reason="the book needs Sphinx: .ci/setup.py docs")

from docs import book
from dqn_classroom.explorers import SeedLottery
from dqn_classroom.figures import PLOTLY, diagram, plotly_json, plotly_layout
from dqn_classroom.instructor.slides.static_widgets import static_html
from tests.browser.axe import grave_violations_of
from tests.browser.conftest import ARTIFACTS, NOTEBOOKS
from tests.classroom.test_book import CARD
from tests.classroom.test_slides import WIDGET

# Sphinx's extensions use what its next version will not have.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
LESSON = "01_target_lag"
PAGES = ("index", LESSON, "glossary", "api/dqn_lessons.td", "search")
DRAWN = """() => [...document.querySelectorAll(".plot")].every(
    plot => plot.querySelector(".scatterlayer .trace"))"""


def short_run():
    """Return some cells of a lesson with their outputs, as a run gives them, one of each kind."""
    notebook = nbformat.read(NOTEBOOKS / f"{LESSON}.ipynb", as_version=4)
    lottery = SeedLottery({"a − b": [1.0, 2.0, -1.5, 3.0, 0.5, -0.5]})
    curve = go.Figure([{"y": [*range(100)]}], plotly_layout("step", "bias"))
    outputs = {
        "title": None,
        "parts": {"text/html": diagram("target network").html()},
        "first-look": None,
        "first-figure": {PLOTLY: json.loads(plotly_json(curve))},
        "ex-target": {"text/html": CARD},
        "explorer": {WIDGET: {"model_id": "lottery"}},
        "quiz": {WIDGET: {"model_id": "quiz"}},
        "references": None,
    }
    notebook.cells = [cell for cell in notebook.cells if cell.id in outputs]
    assert len(notebook.cells) == len(outputs)
    for cell in notebook.cells:
        if outputs[cell.id]:
            cell.outputs = [new_output("display_data", outputs[cell.id])]
    return notebook, {"lottery": static_html(lottery)}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a book: lessons that were not run, but one, and that is short."""
    runs = {
        path.stem: (nbformat.read(path, as_version=4), {}) for path in NOTEBOOKS.glob("*.ipynb")
    }
    out = tmp_path_factory.mktemp("book")
    book.build(runs | {LESSON: short_run()}, out)
    return out


LINK = re.compile(r"<(\w+)\b[^>]*?\s(?:href|src)=\"([^\"]*)\"")
IDENTITY = re.compile(r"<\w[^>]*?\sid=\"([^\"]*)\"")


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(site):
    made = [page for page in site.rglob("*.html") if "_static" not in page.parts]
    pages = {page.resolve(): page.read_text(encoding="utf-8") for page in made}
    names = {page: set(map(unescape, IDENTITY.findall(text))) for page, text in pages.items()}
    lost, number = [], 0
    for page, text in pages.items():
        for tag, address in LINK.findall(text):
            parts = urlsplit(unescape(address))
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            number += 1
            if parts.scheme or parts.netloc:
                right = tag == "a" or parts.scheme == "data"
            else:
                right = file.exists() and unquote(parts.fragment) in {"", *names.get(file, ())}
            lost += [] if right else [f"{page.name}: {address}"]
    assert lost == []
    assert number > 1_000
    styles = "".join(style.read_text(encoding="utf-8") for style in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")]+)", styles) == []


def test_the_first_page_has_the_map_and_each_lesson_its_notebook(site):
    first = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in first.select("table tr")][
        1:
    ]
    lessons = book.LESSONS.values()
    assert [row[0] for row in rows] == [f"{one.number} · {one.title}" for one in lessons]
    assert [row[2:] for row in rows] == [
        [str(one.minutes), str(len(one.exercises))] for one in lessons
    ]
    assert all(row[1] for row in rows)
    assert "uniform random policy" in first.select_one("article img")["alt"]
    for one in lessons:
        page = BeautifulSoup((site / f"{one.file}.html").read_text(encoding="utf-8"), "html.parser")
        (link,) = page.select("a[download]")
        kept = (site / link["href"]).read_bytes()
        assert kept == (NOTEBOOKS / f"{one.file}.ipynb").read_bytes()


@pytest.fixture
def opened(browser, site):
    """Return a function that opens a page; what it asks for, and what goes wrong, is looked at."""
    contexts, errors, foreign = [], [], []

    def note(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            foreign.append(request.url)

    def new_page(width=1366):
        context = browser.new_context(viewport={"width": width, "height": 768}, offline=True)
        contexts.append(context)
        page = context.new_page()
        loud = ("error", "warning")
        page.on("console", lambda said: errors.append(said.text) if said.type in loud else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", lambda request: errors.append(request.url))
        page.on("request", note)
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert errors == [], "an error on the browser's console"
    assert foreign == [], "a request left this machine"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 400])
def test_each_page_can_be_read(width, opened, site):
    page = opened(width)
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_function(DRAWN)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        for theme in ("light", "dark"):
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            # Colours move to where they go.
            page.wait_for_function("() => !document.getAnimations().length")
            found = grave_violations_of(page)
            assert found == [], f"{name}, {theme}\n" + "\n".join(map(str, found))
            if name == LESSON:
                page.screenshot(path=ARTIFACTS / f"book-{width}-{theme}.png", full_page=True)
        if name == LESSON:
            sizes = "() => [...document.querySelectorAll('.plot svg')].map(e => e.clientWidth)"
            room = page.evaluate("() => document.querySelector('.plot').clientWidth")
            assert 0 < max(page.evaluate(sizes)) <= room
            assert page.locator("article math").count() > 3


@pytest.mark.browser
def test_a_figure_answers_the_pointer_and_its_slider_moves_it(opened, site):
    page = opened()
    page.goto((site / f"{LESSON}.html").as_uri())
    page.wait_for_function(DRAWN)
    page.locator(".plot").first.hover()
    page.locator(".plot").first.locator(".hoverlayer .legend").wait_for()
    slider = page.get_by_role("slider", name="seeds in a study")
    said = page.locator(".plot + [role=status]")
    bars = "() => document.querySelectorAll('.plot')[1].querySelector('.barlayer').innerHTML"
    before = page.evaluate(bars)
    assert "Study 1 with 3 seeds" in said.inner_text()
    assert slider.get_attribute("aria-valuetext") == "3"
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "5"
    assert "Study 1 with 5 seeds" in said.inner_text()
    page.wait_for_function(f"before => ({bars})() !== before", arg=before)
    # Moved by the slider, so it is no setting of the picture any more.
    assert page.locator(".settings").inner_text() == "comparison = a − b · study number = 1"


@pytest.mark.browser
def test_answers_are_folded_until_they_are_asked_for(opened, site):
    page = opened()
    page.goto((site / f"{LESSON}.html").as_uri())
    solution = page.locator(".to-do details").filter(has_text="Solution").locator("pre")
    assert not solution.is_visible()
    page.get_by_text("Solution", exact=True).click()
    assert "reward + gamma * target_bias" in solution.inner_text()


@pytest.mark.browser
def test_the_search_finds_words_of_lessons_and_code(opened, site):
    page = opened()
    page.goto((site / "search.html").as_uri() + "?q=semi-gradient")
    page.locator("#search-results li a").first.wait_for()
    page.goto((site / "search.html").as_uri() + "?q=td_target")
    page.locator("#search-results li a", has_text="dqn_lessons.td").first.wait_for()
