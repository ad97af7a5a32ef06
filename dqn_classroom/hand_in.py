"""Progress leaves the machine: as a file for a lecturer, or before the machine is forgotten."""

import base64
import json
import os
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as ipw

from dqn_classroom import progress
from dqn_lessons.experiments.files import atomic_write, regular

# Binder and Colab say who they are; with the session the home folder goes.
_FORGETFUL = ("BINDER_SERVICE_HOST", "BINDER_LAUNCH_HOST", "COLAB_RELEASE_TAG")
_ANSWER = re.compile(r"^@exercise\s*\n(?:def|class)\s+(\w+)", re.MULTILINE)
_OPEN = re.compile(r"^\s*\.\.\.\s*$", re.MULTILINE)
_LONGEST = 10_000


def answered(sources: Iterable[str]) -> dict[str, str]:
    """Return the cells that answer an exercise: name -> source; the first of a name counts."""
    found: dict[str, str] = {}
    for source in sources:
        named = _ANSWER.search(source)
        if named and not _OPEN.search(source) and len(source) <= _LONGEST:
            found.setdefault(named[1], source)
    return found


def answers(folder: Path) -> dict[str, str]:
    """Return the cells of the notebooks in a folder that answer an exercise: name -> source."""
    sources: list[str] = []
    for file in sorted(folder.glob("*.ipynb")):
        try:
            cells = json.loads(regular(file).read_text(encoding="utf-8"))["cells"]
            sources += ["".join(cell["source"]) for cell in cells]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            print(f"{file.name} cannot be read: its answers are left out.")
    return answered(sources)


def hand_in(name: str = "", folder: str | Path = ".", out: str | Path = ".") -> Path:
    """Write one file to give to a lecturer: progress, the name as given, the answers.

    Args:
        name: the student's, or nothing.
        folder: where the notebooks with the answers are.
        out: the folder it is written to; an earlier one of the same name is replaced.

    Raises:
        OSError: it cannot be written.
    """
    record = {**progress.load(), "student": name, "answers": answers(Path(folder).expanduser())}
    words = "-".join(["dqn-lessons", *re.findall(r"\w+", name)])
    file = Path(out).expanduser() / f"{words[:100]}.json"
    with atomic_write(file) as stream:
        json.dump(record, stream, indent=1, sort_keys=True)
    who, code = f"your name as given ({name})" if name else "no name", len(record["answers"])
    print(f"Hand in {file.resolve()}")
    print(f"It holds {who}, your progress and the code of {code} answers; it is text: look.")
    return file


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="max-width: 48em; margin: 2em auto; font: 1rem/1.5 sans-serif">
<h1>{title}</h1><p><strong>Predicted:</strong> {prediction}</p>{figure}<ol>{sentences}</ol>"""


def write_page(
    title: str, *, prediction: str, figure: Any, sentences: Sequence[str], out: str | Path
) -> Path:
    """Write an experiment as one page to hand in.

    Args:
        title: what was asked.
        prediction: what was expected before it was run.
        figure: an `AccessibleFigure`; its table of numbers comes with it.
        sentences: five.
        out: the file.

    Raises:
        ValueError: there are not five sentences, or something was left empty.
        OSError: it cannot be written.
    """
    written = [text.strip(" .") for text in (title, prediction, *sentences)]
    if len(sentences) != 5 or not all(written):
        empty = sum(not text for text in written)
        raise ValueError(
            f"{len(sentences)} sentences, and {empty} texts are empty: write a title, a prediction "
            "and five sentences."
        )
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    words = {"title": escape(title), "prediction": escape(prediction), "sentences": said}
    file = Path(out).expanduser()
    with atomic_write(file) as stream:
        stream.write(_PAGE.format(figure=figure.html(), **words))
    return file


def keep_progress() -> ipw.VBox | None:
    """Offer progress for download and upload where the home folder is not kept; else nothing."""
    if not any(name in os.environ for name in _FORGETFUL):
        return None
    said, make = ipw.HTML(), ipw.Button(description="Make the file")
    upload = ipw.FileUpload(accept=".json", description="Upload a file")

    def on_make(_button: Any) -> None:
        data = base64.b64encode(json.dumps(progress.load()).encode()).decode()
        address = f"data:application/json;base64,{data}"
        said.value = f'<a download="progress.json" href="{address}">Download progress.json</a>'

    def on_upload(change: dict[str, Any]) -> None:
        lines = [escape(progress.restore(bytes(file["content"]))) for file in change["new"]]
        said.value = f'<div role="status">{"<br>".join(lines)}</div>'

    make.on_click(on_make)
    upload.observe(on_upload, names="value")
    words = ipw.HTML(
        "<strong>This machine is forgotten when you leave, and your progress with it.</strong> "
        "Before you leave, make the file and download it; next time, upload it. Download the "
        "notebooks that you changed, too."
    )
    return ipw.VBox([words, ipw.HBox([make, upload]), said])
