"""Run a notebook for its slides: no one's progress is touched, widgets are kept as HTML."""

import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from dqn_classroom.instructor.slides.static_widgets import MIME

CELL_SECONDS = 600
# The kernel is asked for its widgets from outside: the notebook holds no line for slides.
_BEFORE = "from dqn_classroom.instructor.slides import static_widgets as _static\n"
_BEFORE += "_static.record_widgets()"
_AFTER = "_static.display_static_html()"


class CellFailed(RuntimeError):
    """A cell raised, took too long, or ended its kernel."""


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
    widgets = executed.cells.pop().outputs[-1].data[MIME]
    del executed.cells[0]
    # plotly.js is in there once for every figure: 5 MB each.
    executed.metadata.pop("widgets", None)
    return executed, dict(widgets)
