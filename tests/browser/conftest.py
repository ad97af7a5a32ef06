"""One JupyterLab and one Chromium for all browser tests; loud when there is none."""

import os
import shutil
import uuid
import warnings
from pathlib import Path

import pytest

from tests.browser.lab import FLAGS, LabPage, find_browser, lab_server, stop_kernels

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "artifacts"


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

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("lab")
    copy = home / "notebooks"
    shutil.copytree(NOTEBOOKS, copy, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with lab_server(copy, home) as address:
        yield address


def _opener(browser, server, request):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    pages = []

    def open_notebook(name):
        page = LabPage(context.new_page())
        # A workspace of its own: JupyterLab opens again what the last page had open.
        page.open(server.format(uuid.uuid4().hex, name))
        pages.append(page)
        return page

    ARTIFACTS.mkdir(exist_ok=True)
    yield open_notebook
    for number, page in enumerate(pages):
        page.page.screenshot(path=ARTIFACTS / f"{request.node.name}-{number}.png")
        assert page.foreign == [], "a request left this machine"
        assert page.errors == [], "an error on the browser's console"
    context.close()
    # A kernel outlives its page, and the next page would take it up again.
    stop_kernels(server)


@pytest.fixture
def lab(browser, server, request):
    """Return a function that opens a notebook; a screenshot of its end is kept in artifacts/."""
    yield from _opener(browser, server, request)


@pytest.fixture(scope="module")
def lab_of_all(browser, server, request):
    """The same for all tests of a module, which then may not use ``lab``: it ends all kernels."""
    yield from _opener(browser, server, request)
