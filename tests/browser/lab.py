"""JupyterLab in a real browser, driven the way a student drives it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW = {"width": 1400, "height": 1000}
# To wait for a condition, on a machine that has other things to do: nothing fails by being slow.
SECONDS = 120
NOTEBOOK_SECONDS = 600
# How many times slower a student's computer may be than the one that tests.
SLOWER = 6

# A promise in the page can stay open for ever (a command that waits for a kernel, a frame that a
# background tab never draws), and Playwright's evaluate has no time limit of its own.
WITH_LIMIT = """([source, argument, seconds]) => Promise.race([
    Promise.resolve(eval(source)(argument)),
    new Promise((_, reject) => setTimeout(
        () => reject(new Error(`no answer in ${seconds} s from ${source}`)), 1000 * seconds)),
])"""
READY = """() => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.context?.isReady
        && panel.sessionContext?.session?.kernel?.connectionStatus === 'connected'
        && panel.sessionContext.session.kernel.status === 'idle';
}"""
# Until all code cells have run again, none has the count that is committed. Returns what a student
# finds, for `RESET`.
FORGET_COUNTS = """() => {
    const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
    for (const c of notebook.widgets) if (c.model.type === 'code') c.model.executionCount = null;
    return {
        sources: notebook.widgets.map(c => c.model.sharedModel.getSource()),
        windowing: notebook.notebookConfig.windowingMode,
        collapsed: app.shell.leftCollapsed,
    };
}"""
ALL_RUN = """() => window.jupyterapp.shell.currentWidget.content.widgets.every(c =>
    c.model.type !== 'code' || !c.model.sharedModel.getSource().trim() || c.model.executionCount)
"""
# Where a run that did not end stands.
STANDS = """() => {
    const panel = window.jupyterapp.shell.currentWidget, cells = panel.content.widgets;
    const left = cells.filter(c => c.model.type === 'code' && !c.model.executionCount);
    return {
        left: left.map(c => c.model.id),
        running: left.filter(c => c.model.executionState === 'running').map(c => c.model.id),
        kernel: panel.sessionContext.session?.kernel?.status,
        connection: panel.sessionContext.session?.kernel?.connectionStatus,
        dialog: document.querySelector('.jp-Dialog')?.textContent,
    };
}"""
RESET = """async ({sources, windowing, collapsed}) => {
    const app = window.jupyterapp, panel = app.shell.currentWidget, notebook = panel.content;
    if (document.querySelector('#dqn-lecture-bar'))
        await app.commands.execute('dqn-lessons:lecture');
    const kernel = panel.sessionContext.session.kernel;
    if (kernel.status !== 'idle') await kernel.interrupt();
    notebook.widgets.forEach(({model}, i) => {
        if (model.sharedModel.getSource() !== sources[i]) model.sharedModel.setSource(sources[i]);
    });
    for (const e of [document.documentElement, document.body]) e.style.height = '';
    if (notebook.notebookConfig.windowingMode !== windowing)
        notebook.notebookConfig = {...notebook.notebookConfig, windowingMode: windowing};
    if (app.shell.leftCollapsed !== collapsed)
        collapsed ? app.shell.collapseLeft() : app.shell.expandLeft();
}"""
# The theme's stylesheet arrives after the attribute that announces it.
THEME_IS_SHOWN = """(light) => {
    const ground = getComputedStyle(document.body).getPropertyValue('--jp-layout-color1').trim();
    return document.body.dataset.jpThemeLight === String(light)
        && light !== /^#[0-3]/.test(ground);
}"""
# The answer comes after all that was asked before. A slider sends its next value only when the last
# one is answered, so the second answer comes after that, too.
ASK_TWICE = """async () => {
    const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
    for (const _ of [1, 2]) await kernel.requestKernelInfo();
}"""
DRAWN = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    const finite = a => a.effect?.getComputedTiming().endTime !== Infinity;
    document.getAnimations().filter(finite).forEach(a => a.finish());
    await frame();
}"""
# Starts a cell and returns at once; whether it has run is looked at from outside.
RUN_CELL = """(index) => {
    const panel = window.jupyterapp.shell.currentWidget;
    panel.content.activeCellIndex = index;
    panel.content.deselectAll();
    panel.content.widgets[index].model.executionCount = null;
    window.jupyterapp.commands.execute('notebook:run-cell');
}"""
CHANGE_CELL = """([index, before, after]) => {
    const source = window.jupyterapp.shell.currentWidget.content.widgets[index].model.sharedModel;
    if (!source.getSource().includes(before)) throw new Error(`the cell has no ${before}`);
    source.setSource(source.getSource().replace(before, after));
}"""
# Resolves with the milliseconds between a key press on the focused slider and the frame
# that shows a curve whose path has changed.
KEY_TO_CURVE = """() => new Promise((resolve, reject) => {
    const path = document.querySelector('[data-timed] .scatterlayer .trace path.js-line');
    const before = path.getAttribute('d');
    const start = performance.now();
    const look = () => {
        const now = document.querySelector('[data-timed] .scatterlayer .trace path.js-line');
        if (now && now.getAttribute('d') !== before) resolve(performance.now() - start);
        else if (performance.now() - start > 10000) reject('no redraw in 10 s');
        else requestAnimationFrame(look);
    };
    document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', {key: KEY, bubbles: true, cancelable: true}));
    look();
})"""


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def expect(locator: Any, message: str | None = None) -> Any:
    """Return Playwright's assertions about a locator: they look again until it is true."""
    from playwright.sync_api import expect as playwright_expect

    playwright_expect.set_options(timeout=1000 * SECONDS)
    return playwright_expect(locator, message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def lab_server(notebooks: Path, home: Path) -> Iterator[str]:
    """Start JupyterLab on loopback over a folder; yield its address with the token.

    Args:
        notebooks: the folder to serve; saving changes it, so pass a copy.
        home: an empty folder for settings and progress.
    """
    port, token = _free_port(), secrets.token_hex(16)
    folders = {name: home / name for name in ("config", "data", "runtime", "ipython", "lab")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folders["config"]),
        "JUPYTER_DATA_DIR": str(folders["data"]),
        "JUPYTER_RUNTIME_DIR": str(folders["runtime"]),
        "IPYTHONDIR": str(folders["ipython"]),
        "JUPYTERLAB_SETTINGS_DIR": str(folders["lab"] / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folders["lab"] / "workspaces"),
        "DQN_LESSONS_PROGRESS": str(home / "progress.json"),
    }
    command = [
        sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebooks}",
        "--LabApp.expose_app_in_browser=True",
        # It would ask npm for language servers; npm never ends where the home cannot be written.
        "--LanguageServerManager.autodetect=False",
    ]  # fmt: skip
    with (home / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server)
        yield f"http://127.0.0.1:{port}/lab/workspaces/{{}}/tree/{{}}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended with {server.returncode} before it answered")
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not answer within {SECONDS} s")


def stop_kernel(address: str, notebook: str) -> None:
    """End a notebook's kernel, given the address that `lab_server` yields."""
    base, token = address.split("/lab/")[0], address.rpartition("token=")[2]
    headers = {"Authorization": f"token {token}"}
    listing = urllib.request.Request(f"{base}/api/sessions", headers=headers)
    with urllib.request.urlopen(listing, timeout=SECONDS) as reply:
        sessions = json.load(reply)
    for session in (one for one in sessions if one["path"] == notebook):
        end = urllib.request.Request(
            f"{base}/api/sessions/{session['id']}", headers=headers, method="DELETE"
        )
        urllib.request.urlopen(end, timeout=SECONDS).close()


class LabPage:
    """One notebook open in one browser tab; what it asks for and complains of is kept."""

    def __init__(self, page: Any, stem: str) -> None:
        self.page = page
        self.stem = stem
        self._as_opened: Any = None
        self.foreign: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(SECONDS * 1000)
        page.on("request", self._on_request)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _on_request(self, request: Any) -> None:
        address = urlparse(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.foreign.append(request.url)

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location})")

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """Slow the browser's processor, as on a cheap laptop."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        yield
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        session.detach()

    def js(self, source: str, argument: Any = None) -> Any:
        """Return the value of a JavaScript function in the page, within the time limit."""
        return self.page.evaluate(WITH_LIMIT, [source, argument, SECONDS])

    def wait_for(self, condition: str, argument: Any = None, seconds: float = SECONDS) -> None:
        """Wait until a JavaScript function in the page is true."""
        # Polled by the clock: a tab in the background draws no frames.
        self.page.wait_for_function(condition, arg=argument, polling=100, timeout=1000 * seconds)

    def open(self, address: str) -> None:
        """Open a notebook and wait until its kernel is ready."""
        self.page.goto(address)
        self.wait_for(READY)

    def reload(self) -> None:
        """Reload the page, as a student does, and wait until its kernel is ready again."""
        self.page.bring_to_front()
        self.page.reload()
        self.wait_for(READY)

    def run_all(self) -> None:
        """Run all cells through the menu, wait until it is done, and keep what `reset` restores."""
        from playwright.sync_api import TimeoutError as Late

        self._as_opened = self.js(FORGET_COUNTS)
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        try:
            self.wait_for(ALL_RUN, seconds=NOTEBOOK_SECONDS)
        except Late:
            raise AssertionError(f"Run All has not ended: {self.js(STANDS)}") from None
        self.wait_idle()

    def reset(self) -> None:
        """End the lecture, and give back the first sources, theme, window and side bar."""
        self.page.set_viewport_size(WINDOW)
        self.js(RESET, self._as_opened)
        self.change_theme("JupyterLab Light")
        self.wait_idle()

    def change_theme(self, theme: str) -> None:
        """Change the theme, and wait until all is drawn in it."""
        self.js(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        self.wait_for(THEME_IS_SHOWN, theme == "JupyterLab Light")
        self.wait_drawn()

    def wait_idle(self) -> None:
        """Wait until the kernel has nothing to do, and the page has drawn that."""
        self.wait_for(READY)
        self.js(ASK_TWICE)
        self.wait_drawn()

    def wait_drawn(self) -> None:
        """End every transition, and wait until that is drawn."""
        self.page.bring_to_front()
        self.js(DRAWN)

    def until(self, source: str, expected: Any) -> None:
        """Look again and again until a JavaScript function in the page gives what is expected."""
        end = time.monotonic() + SECONDS
        while (found := self.js(source)) != expected:
            assert time.monotonic() < end, f"{found} is not {expected}"
            self.wait_drawn()

    def index(self, name: str) -> int:
        """Return the place of the cell with this id."""
        found = self.js(
            "(id) => window.jupyterapp.shell.currentWidget.content.widgets"
            ".findIndex(c => c.model.id === id)",
            name,
        )
        assert found >= 0, f"no cell is {name!r}"
        return int(found)

    def show(self, name: str) -> Any:
        """Scroll to a cell and return it."""
        index = self.index(name)
        self.js(
            "async (i) => { const n = window.jupyterapp.shell.currentWidget.content;"
            " n.activeCellIndex = i; await n.scrollToItem(i, 'start'); }",
            index,
        )
        cell = self.cell(name)
        cell.wait_for(state="attached")
        return cell

    def cell(self, name: str) -> Any:
        """Return a cell without scrolling to it."""
        return self.page.locator(
            f'.jp-Notebook .jp-Cell[data-windowed-list-index="{self.index(name)}"]'
        )

    def change(self, name: str, before: str, after: str) -> None:
        """Replace some text in a cell's source, which must have it."""
        self.js(CHANGE_CELL, [self.index(name), before, after])

    def start(self, name: str) -> Any:
        """Run a cell without waiting for its end, and return the cell."""
        self.js(RUN_CELL, self.index(name))
        return self.show(name)

    def rerun(self, name: str, source: str | None = None) -> Any:
        """Replace a cell's source if given, run it, and return the cell."""
        index = self.index(name)
        if source is not None:
            self.js(
                "([i, s]) => window.jupyterapp.shell.currentWidget.content.widgets[i]"
                ".model.sharedModel.setSource(s)",
                [index, source],
            )
        self.js(RUN_CELL, index)
        self.wait_for(
            "(i) => window.jupyterapp.shell.currentWidget.content.widgets[i].model.executionCount",
            index,
        )
        self.wait_idle()
        return self.show(name)

    def key_to_curve(self, cell: Any, slider: str, key: str = "ArrowRight") -> float:
        """Press a key on a slider; return the milliseconds until the curve has changed."""
        self.js("() => { delete document.querySelector('[data-timed]')?.dataset.timed; }")
        cell.locator(".js-plotly-plot").first.evaluate("e => { e.dataset.timed = '1'; }")
        handle = cell.locator(".widget-hslider", has_text=slider).locator(".noUi-handle").first
        handle.scroll_into_view_if_needed()
        handle.focus()
        return float(self.js(KEY_TO_CURVE.replace("KEY", repr(key))))
