"""Run a notebook for its slides: no one's progress is touched, widgets are kept as HTML."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from dqn_classroom.instructor.export import CellFailed
from dqn_classroom.instructor.slides import static_widgets
from dqn_lessons.experiments.files import atomic_write

CELL_SECONDS = 600
# The kernel is asked for its widgets from outside: the notebook holds no line for slides.
_BEFORE = "from dqn_classroom.instructor.slides import static_widgets as _static\n"
_BEFORE += "_static.record_widgets()"
_AFTER = "_static.display_static_html()"


def _source(path: Path, profile: str) -> str:
    """Return a checksum of all that a run depends on: notebook, profile, and both packages."""
    root = Path(__file__).resolve().parents[3]
    files = [file for name in ("dqn_lessons", "dqn_classroom") for file in (root / name).rglob("*")]
    used = sorted(file for file in files if file.is_file() and "instructor" not in file.parts)
    read = [path, Path(static_widgets.__file__), *(f for f in used if f.suffix != ".pyc")]
    return sha256(b"\0".join([profile.encode(), *(file.read_bytes() for file in read)])).hexdigest()


def execute_once(path: Path, profile: str, kept: Path) -> tuple[NotebookNode, dict[str, str]]:
    """Run a notebook unless a folder has that very run; it is kept there. The rest: `execute`.

    Args:
        path, profile: as there.
        kept: the folder of runs.
    """
    file = kept / f"{path.stem}-{_source(path, profile)[:16]}.ipynb"
    if not file.is_file():
        notebook, widgets = execute(path, profile)
        notebook.metadata["static_widgets"] = widgets
        kept.mkdir(parents=True, exist_ok=True)
        for old in kept.glob(f"{path.stem}-*.ipynb"):
            old.unlink()
        with atomic_write(file) as out:
            nbformat.write(notebook, out)
    notebook = nbformat.read(file, as_version=4)
    return notebook, notebook.metadata.pop("static_widgets")


def execute(path: Path, profile: str) -> tuple[NotebookNode, dict[str, str]]:
    """Run a notebook; its file is not changed.

    Args:
        path: the notebook; its kernel starts in the folder of the file.
        profile: what ``DQN_LESSONS_PROFILE`` says to the kernel.

    Returns:
        The executed notebook, and widget model id -> what the widget shows at the end, as HTML.

    Raises:
        CellFailed: a cell raised, or took longer than ``CELL_SECONDS``.
    """
    executed = nbformat.read(path, as_version=4)
    executed.cells = [new_code_cell(_BEFORE), *executed.cells, new_code_cell(_AFTER)]
    place = {"metadata": {"path": str(path.resolve().parent)}}
    limits: dict[str, Any] = {"timeout": CELL_SECONDS, "startup_timeout": CELL_SECONDS}
    client = NotebookClient(executed, kernel_name="python3", resources=place, **limits)
    with tempfile.TemporaryDirectory() as home:
        progress = str(Path(home) / "progress.json")
        switches = {"DQN_LESSONS_PROGRESS": progress, "DQN_LESSONS_PROFILE": profile}
        try:
            client.execute(env={**os.environ, **switches})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            said = str(error)
            if isinstance(error, CellExecutionError):
                said = f"{error.ename}: {error.evalue}"
            raise CellFailed(f"{path.name}: {said}") from error
    widgets = executed.cells.pop().outputs[-1].data[static_widgets.MIME]
    del executed.cells[0]
    # plotly.js is in there once for every figure: 5 MB each.
    executed.metadata.pop("widgets", None)
    return executed, dict(widgets)
