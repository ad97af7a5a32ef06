"""Notebooks used as people use them: again, out of order, interrupted, two at once."""

from __future__ import annotations

import copy
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tests.notebooks import tools

# What Python says of a name or an entry that an earlier cell would have made. Of all else, only
# a sentence of the course with its remedy is no fault.
_MISSING = ("NameError", "KeyError")


def _is_clear(name: str, sentence: str) -> bool:
    return name in _MISSING or (name == "ValueError" and "Use " in sentence)


def _client(notebook: NotebookNode, **settings: object) -> NotebookClient:
    return NotebookClient(
        notebook,
        timeout=tools.CELL_SECONDS,
        startup_timeout=tools.CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(tools.NOTEBOOKS)}},
        **settings,
    )


def _env(progress: Path) -> dict[str, str]:
    return {**os.environ, "DQN_LESSONS_PROGRESS": str(progress)}


def fresh(path: Path, folder: Path) -> None:
    """Run everything in a fresh kernel."""
    tools.execute(tools.load(path), folder / "progress.json")


def twice(path: Path, folder: Path) -> None:
    """Run everything, and everything again in the same kernel."""
    notebook = tools.load(path)
    again = copy.deepcopy(notebook.cells)
    for cell in again:
        cell.id = f"{cell.id[:50]}-again"
    notebook.cells += again
    tools.execute(notebook, folder / "progress.json")


def shuffled(path: Path, folder: Path) -> None:
    """Run the imports, then all other cells in a random order: only names may be missing."""
    notebook = tools.load(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    imports = [cell for cell in code if cell.source.startswith(("import", "from", "%"))]
    others = [cell for cell in code if cell not in imports]
    random.Random(path.stem).shuffle(others)
    _run_tolerantly(notebook, imports + others, folder)


def single(path: Path, folder: Path) -> None:
    """Restart, and run one later cell alone; five of them, each before all others."""
    notebook = tools.load(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in random.Random(path.stem).sample(code[1:], min(5, len(code) - 1)):
        _run_tolerantly(notebook, [cell], folder)


def _run_tolerantly(notebook: NotebookNode, cells: list[NotebookNode], folder: Path) -> None:
    chosen = copy.deepcopy(notebook)
    chosen.cells = copy.deepcopy(cells)
    client = _client(chosen, allow_errors=True)
    client.execute(env=_env(folder / "progress.json"))
    for cell in chosen.cells:
        for output in cell.outputs:
            if output.output_type == "error" and not _is_clear(output.ename, output.evalue):
                raise AssertionError(f"cell {cell.id}: {output.ename}: {output.evalue[:200]}")


def interrupted(path: Path, folder: Path) -> None:
    """Press the stop button in each cell that takes a second; then run everything again.

    Cells that import are left alone: PyTorch cannot be loaded again after half a load.
    """
    notebook = tools.load(path)
    progress = folder / "progress.json"
    client = _client(notebook, allow_errors=True)
    with client.setup_kernel(env=_env(progress)):
        for index, cell in enumerate(notebook.cells):
            stop = threading.Timer(1.0, _interrupt, [client])
            if "import " not in cell.source:
                stop.start()
            try:
                client.execute_cell(cell, index)
            except DeadKernelError as error:
                raise AssertionError(f"cell {cell.id}: the kernel died") from error
            stop.cancel()
        client.allow_errors = False
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)


def _interrupt(client: NotebookClient) -> None:
    # The manager's own method is a coroutine of another thread's loop.
    os.killpg(os.getpgid(client.km.provisioner.pid), 2)


def together(path: Path, folder: Path) -> None:
    """Two kernels share one file of progress: both come through and it stays readable."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: fresh(path, folder), range(2)))
    if (folder / "progress.json").exists():
        json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    aside = list(folder.glob("*damaged*"))
    assert not aside, f"the shared progress was damaged: {aside}"


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "twice": twice,
    "shuffled": shuffled,
    "single": single,
    "interrupted": interrupted,
    "together": together,
}


def _attempt(way: Callable[[Path, Path], None], path: Path) -> tuple[str, float]:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            way(path, Path(folder))
        except CellExecutionError as error:
            said = str(error).strip().splitlines()[-1]
            return said[:200], time.perf_counter() - start
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]}", time.perf_counter() - start
    return "", time.perf_counter() - start


def check(times: int, names: list[str], ways: list[str]) -> list[tuple[str, str, str]]:
    """Run notebooks ``times`` times each, two at a time, and once in every other way.

    What has run is said at once on stderr: it takes an hour, and may be cut short.

    Args:
        times: fresh runs of each notebook.
        names: beginnings of file names, such as ``"01"``; all if there are none.
        ways: ``"fresh"`` and names of ``WAYS``.

    Returns:
        Rows of the table: what was done, its seconds, the fault or nothing.
    """
    paths = [p for p in tools.PATHS if not names or p.name.startswith(tuple(names))]
    jobs = []
    if "fresh" in ways:
        jobs += [
            (f"{path.stem} fresh {n + 1}", fresh, path) for n in range(times) for path in paths
        ]
    others = {name: way for name, way in WAYS.items() if name in ways}
    jobs += [(f"{path.stem} {name}", way, path) for path in paths for name, way in others.items()]

    def run(job: tuple[str, Callable[[Path, Path], None], Path]) -> tuple[str, str, str]:
        what, way, path = job
        fault, seconds = _attempt(way, path)
        print(f"{what}: {fault or 'well'}, {seconds:.0f} s", file=sys.stderr, flush=True)
        return what, f"{seconds:.0f} s", fault

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, jobs))
