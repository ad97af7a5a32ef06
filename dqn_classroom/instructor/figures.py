"""The key figures of the course, drawn by its notebooks, as SVG and PNG for slides of one's own."""

import argparse
import ast
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from dqn_classroom.figures import AccessibleFigure
from dqn_classroom.instructor import plural, say, stop
from dqn_classroom.lessons import LESSONS

_DASHES: dict[str, Any] = {
    "solid": "-",
    "dash": "--",
    "dashdot": "-.",
    "dot": ":",
    "longdash": (0, (8, 3)),
}


def drawn(cells: list[Any], wanted: set[str]) -> Iterator[tuple[str, AccessibleFigure]]:
    """Run the code of a notebook, here; yield the figures with which the wanted cells end.

    Args:
        cells: of the notebook; those after the last that is wanted are not run.
        wanted: ids of cells.

    Yields:
        id and figure.
    """
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda *_, **__: None}
    left = set(wanted)
    for cell in cells:
        if not left:
            return
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            exec(compile(tree, cell.id, "exec"), names)
            value: Any = eval(ast.unparse(last), names) if last else None
        if cell.id in left:
            left.remove(cell.id)
            yield cell.id, value


def as_matplotlib(figure: Any) -> Figure:
    """Return a figure for print; of a plotly figure, its lines."""
    if isinstance(figure, Figure):
        return figure
    made = Figure(figsize=(7.2, 3.8))
    axis = made.subplots()
    for trace in figure.data:
        name = trace.name.replace("<sub>", "$_").replace("</sub>", "$")
        steps = "steps-post" if trace.line.shape == "hv" else "default"
        style: dict[str, Any] = {"color": trace.line.color, "label": name, "drawstyle": steps}
        axis.plot(trace.x, trace.y, linestyle=_DASHES[trace.line.dash or "solid"], **style)
    axis.set(xlabel=figure.layout.xaxis.title.text, ylabel=figure.layout.yaxis.title.text)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return made


def main(words: list[str] | None = None) -> int:
    """Draw and write them, with a page that says what each shows; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    parser = argparse.ArgumentParser(prog="dqn-lessons figures", description=__doc__)
    option, where = parser.add_argument, "the folder they are written to (./figures)"
    option("--out", type=Path, default=Path("figures"), help=where)
    option("lessons", nargs="*", help=f"topics, such as {next(iter(LESSONS))} (default: all)")
    given = parser.parse_args(words)
    if unknown := set(given.lessons) - set(LESSONS):
        return stop(f"lesson = {min(unknown)!r}: there is none.", f"name one of {[*LESSONS]}.")
    from dqn_classroom.instructor.answers import notebooks

    os.environ["DQN_LESSONS_PROFILE"] = "class"
    lines = ["# Key figures", ""]
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        for lesson, notebook in notebooks():
            captions = lesson.teaching.get("figures", {})
            if not captions or lesson.topic not in (given.lessons or LESSONS):
                continue
            with tempfile.TemporaryDirectory() as home:
                os.environ["DQN_LESSONS_PROGRESS"] = str(Path(home) / "progress.json")
                for cell, shown in drawn(notebook.cells, set(captions)):
                    source = f"Lesson {lesson.number}, {lesson.title}: cell {cell}."
                    about = {"Title": cell, "Description": captions[cell], "Source": source}
                    stem = given.out / f"{lesson.file}_{cell}"
                    figure = as_matplotlib(shown.figure)
                    for kind in ("svg", "png"):
                        file = f"{stem}.{kind}"
                        figure.savefig(file, bbox_inches="tight", metadata=about, dpi=200)
                    said = f"{captions[cell]} {source}\n\n*{shown.alt}*"
                    lines += [f"![{cell}]({stem.name}.png)", "", said, ""]
                    say(f"{stem.name}: SVG and PNG")
        (given.out / "README.md").write_text("\n".join(lines), encoding="utf-8")
    except OSError as error:
        problem = f"out = {str(given.out)!r}: it cannot be written ({error.strerror or error})."
        return stop(problem, "name a folder that you may write to with --out.")
    drawings = sum(line.startswith("![") for line in lines)
    say(f"{plural(drawings, 'figure')} in {str(given.out)!r}; README.md says what each shows.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
