"""One JupyterLab and one Chromium for all browser tests, one page for each notebook.

A test names its notebook by `on`. The page is opened and run once; `LabPage.reset` gives the next
test the sources, the theme and the window that it began with. Loud when there is no browser.
"""

import os
import shutil
import uuid
import warnings
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest

from dqn_classroom.instructor.answers import solved
from tests.browser.lab import FLAGS, WINDOW, LabPage, find_browser, lab_server, stop_kernel
from tests.notebooks import tools

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "artifacts"

TROUBLE = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(c => c.model.type === 'code' && c.model.sharedModel.getOutputs()
        .some(o => o.output_type === 'error' || o.name === 'stderr')).map(c => c.model.id)"""
SAID = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(c => c.model.type === 'code').flatMap(c => c.model.sharedModel.getOutputs())
    .map(o => [o.text ?? o.data?.['text/plain'] ?? ''].flat().join('')).join('\\n')"""
# As a student finds them; the others are opened with right answers in them.
UNSOLVED = ("00_start_here", "01_target_lag")


@pytest.fixture(scope="session")
def browser():
    path = find_browser()
    if path is None:
        message = "NO CHROMIUM OR CHROME FOUND: the browser tests did not run"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    ARTIFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("lab")
    copy = home / "notebooks"
    shutil.copytree(NOTEBOOKS, copy, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for path in tools.PATHS:
        if path.stem not in UNSOLVED:
            nbformat.write(solved(tools.load(path)), copy / path.name)
    with lab_server(copy, home) as address:
        yield address


def on(*stems):
    """Run a test on the page of each of these notebooks, after Run All."""
    return pytest.mark.parametrize("notebook", stems, indirect=True, scope="session")


@pytest.fixture(scope="session")
def open_notebook(browser, server):
    """Return a function that opens a notebook in a tab of its own."""
    context = browser.new_context(viewport=WINDOW)

    def opened(stem):
        page = LabPage(context.new_page(), stem)
        # A workspace of its own: JupyterLab opens again what the last page had open.
        page.open(server.format(uuid.uuid4().hex, f"{stem}.ipynb"))
        return page

    yield opened
    context.close()


def close(page, server):
    assert page.foreign == [], "a request left this machine"
    assert page.errors == [], "an error on the browser's console"
    page.page.close()
    # A kernel outlives its page, and the next page would take it up again.
    stop_kernel(server, f"{page.stem}.ipynb")


@pytest.fixture(scope="session")
def notebook(open_notebook, server, request):
    """One page for all tests of a notebook."""
    page = open_notebook(request.param)
    # A slowed page keeps a processor busy while the kernel computes: one lesson here, all of them
    # in the soak. `test_figures` looks at every figure of every lesson on a slow computer.
    slow = page.stem == "01_target_lag" or "SLOWED" in os.environ
    with page.slowed() if slow else nullcontext():
        page.run_all()
    assert page.js(TROUBLE) == [], "a cell raised, or wrote to stderr"
    if page.stem not in UNSOLVED:
        tools.assert_solved(NOTEBOOKS / f"{page.stem}.ipynb", page.js(SAID))
    yield page
    close(page, server)


@pytest.fixture
def page(notebook, request):
    """The notebook's page as it was after Run All; a screenshot of its end is in artifacts/."""
    notebook.reset()
    yield notebook
    notebook.page.screenshot(path=ARTIFACTS / f"{request.node.name}.png")
    foreign, errors = notebook.foreign.copy(), notebook.errors.copy()
    notebook.foreign.clear()
    notebook.errors.clear()
    assert foreign == [], "a request left this machine"
    assert errors == [], "an error on the browser's console"


@pytest.fixture
def second_page(open_notebook, server):
    """Return a function that opens one more notebook, for one test."""
    opened = []

    def open_second(stem):
        opened.append(open_notebook(stem))
        return opened[-1]

    yield open_second
    for page in opened:
        close(page, server)
