"""Run, solve, spoil and clean notebooks.

python -m tests.notebooks.tools     run all notebooks and write what nbval compares with
"""

from __future__ import annotations

import ast
import copy
import csv
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from dqn_classroom import shipped
from dqn_classroom.exercises import check
from dqn_classroom.exercises.stages import Stage
from dqn_classroom.instructor.answers import exercise_functions
from dqn_classroom.lessons import LESSONS

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
# Copies with outputs, for nbval: a lesson that shows them before it is run answers its questions.
REFERENCE = Path(__file__).with_name("reference")
CELL_SECONDS = 240
# The tag of cells whose output differs from run to run (figures, times): nbval ignores it
# and the copies do not hold it.
IGNORED = "nbval-ignore-output"
_CELL_METADATA = {
    "tags",
    "editable",
    "deletable",
    "jp-MarkdownHeadingCollapsed",
    "jupyter",
    "slideshow",
    "lecture",
}


def load(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write_columns(path: Path, columns: Mapping[str, Sequence[float]]) -> None:
    """Write a table that a lesson ships: a column each, a row per seed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))


def execute(notebook: NotebookNode, progress: Path) -> NotebookNode:
    """Return an executed copy; the progress of the person who runs this is not touched.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
        nbclient.exceptions.CellTimeoutError: a cell took longer than ``CELL_SECONDS``.
    """
    executed = copy.deepcopy(notebook)
    client = NotebookClient(
        executed,
        timeout=CELL_SECONDS,
        startup_timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.execute(env={**os.environ, "DQN_LESSONS_PROGRESS": str(progress)})
    return executed


def clean(notebook: NotebookNode) -> NotebookNode:
    """Return a lesson as it is committed: no metadata of a run, no outputs."""
    cleaned = copy.deepcopy(notebook)
    cleaned.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in cleaned.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in _CELL_METADATA}
        )
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return cleaned


def with_outputs(executed: NotebookNode) -> NotebookNode:
    """Return the copy that nbval compares with: a clean lesson with the outputs that stay equal."""
    kept = clean(executed)
    for cell, ran in zip(kept.cells, executed.cells, strict=True):
        if cell.cell_type != "code" or IGNORED in cell.metadata.get("tags", []):
            continue
        cell.outputs = _joined(copy.deepcopy(ran.outputs))
        # nbval takes a cell without a number for one that was not run.
        cell.execution_count = 1 if cell.outputs else None
        for place, output in enumerate(cell.outputs):
            output.pop("transient", None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            if "execution_count" in output:
                output.execution_count = 1
            widget = output.get("data", {}).get("application/vnd.jupyter.widget-view+json")
            if widget is not None:  # random at every run
                widget["model_id"] = hashlib.md5(f"{cell.id} {place}".encode()).hexdigest()
    return kept


def _joined(pieces: list[NotebookNode]) -> list[NotebookNode]:
    """Join what was printed in a row: a slow cell sends it in pieces, a fast one does not."""
    joined: list[NotebookNode] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and piece.output_type == last.output_type == "stream" and piece.name == last.name:
            last.text += piece.text
        else:
            joined.append(piece)
    return joined


def outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str, str]]:
    """Yield (cell, mime type, text) for each text output; a stream counts as text/plain."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                yield cell, "text/plain", output.text
            for mime, data in output.get("data", {}).items():
                if isinstance(data, str):
                    yield cell, mime, data


def plain_text(notebook: NotebookNode) -> str:
    """Return all plain text that a notebook shows."""
    return "\n".join(text for _, mime, text in outputs(notebook) if mime == "text/plain")


def assert_solved(path: Path, said: str) -> None:
    """See that every exercise of a solved notebook passed, given all that it said."""
    names = set(exercise_functions(load(path)))
    failed = {name for name in names if f"✓ {name}: passes" not in said}
    assert not failed, {name: said[said.find(f" {name}: ") :][:400] for name in failed}
    # What is shipped of this lesson was found: what it trains is what was shipped.
    (lesson,) = (one for one in LESSONS.values() if one.file == path.stem)
    arms = [a for name, study in shipped.STUDIES.items() if lesson.key in name for a in study.arms]
    assert said.count("is shipped with the course") == len(arms)


def spoiled(notebook: NotebookNode, wrong: dict[str, str]) -> NotebookNode:
    """Return a copy in which each named exercise returns the given expression of its arguments.

    Args:
        notebook: the notebook.
        wrong: exercise name -> expression that evaluates to a wrong function.
    """
    answered = copy.deepcopy(notebook)
    for name, (cell, node) in exercise_functions(answered).items():
        if name in wrong and isinstance(check.find(name), Stage):
            cell.source = f"{name} = exercise({wrong[name]})"
        elif name in wrong:
            names = ", ".join(argument.arg for argument in node.args.args)
            signature = ast.unparse(node.args)
            cell.source = (
                f"@exercise\ndef {name}({signature}):\n    return ({wrong[name]})({names})"
            )
    return answered


def exercises_only(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with the imports and the exercises alone."""
    short = copy.deepcopy(notebook)
    exercises = [cell for cell, _ in exercise_functions(short).values()]
    imports = next(c for c in short.cells if "from dqn_classroom import" in c.source)
    short.cells = [imports, *exercises]
    return short


def main() -> None:
    """Run all notebooks (or those named); write them clean, and their copies with outputs."""
    REFERENCE.mkdir(exist_ok=True)
    for path in [Path(name).resolve() for name in sys.argv[1:]] or PATHS:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            executed = execute(load(path), Path(folder) / "progress.json")
            seconds = time.perf_counter() - start
        nbformat.write(clean(executed), path)
        nbformat.write(with_outputs(executed), REFERENCE / path.name)
        print(f"{path.name}: {seconds:.1f} s, {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
