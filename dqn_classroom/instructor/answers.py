"""The answer key: the lessons solved and answered, with reasons and the presenter's notes."""

import argparse
import ast
import copy
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from dqn_classroom.exercises import check
from dqn_classroom.instructor import say, stop
from dqn_classroom.lessons import LESSONS, Lesson
from dqn_classroom.work_folder import course_notebooks
from dqn_lessons.experiments.files import atomic_write

Answer = ast.FunctionDef | ast.ClassDef
_DISCUSS = re.compile(r"Discuss: (.+?\?) Answer: (.+?)(?= Discuss: |$)", re.DOTALL)
_WHO = re.compile(r"Who showed it: (.+)\.(?= Discuss: |$)")


def notebooks() -> Iterator[tuple[Lesson, NotebookNode]]:
    """Yield the lessons that came with the course, each with its notebook."""
    files = course_notebooks()
    for lesson in LESSONS.values():
        if file := files.get(f"{lesson.file}.ipynb"):
            yield lesson, nbformat.read(file, as_version=4)


def exercise_functions(notebook: NotebookNode) -> dict[str, tuple[NotebookNode, Answer]]:
    """Return the cells whose function or class is decorated with ``@exercise``, by its name."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or "@exercise" not in cell.source:
            continue
        for node in ast.parse(cell.source).body:
            if isinstance(node, Answer) and any(
                isinstance(d, ast.Name) and d.id == "exercise" for d in node.decorator_list
            ):
                found[node.name] = (cell, node)
    return found


def solved(notebook: NotebookNode) -> NotebookNode:
    """Return a copy in which every exercise holds the solution that its card shows."""
    answered = copy.deepcopy(notebook)
    for name, (cell, _) in exercise_functions(answered).items():
        cell.source = f"@exercise\n{check.find(name).solution}"
    return answered


def discussion(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Return the questions to discuss, with a model answer each, from the presenter's notes."""
    notes = [cell.metadata.get("lecture", {}).get("say", "") for cell in notebook.cells]
    return [pair for note in notes for pair in _DISCUSS.findall(note)]


def who_showed_it(notebook: NotebookNode) -> dict[str, str]:
    """Return who showed first what a slide claims, slide -> names and year, from the notes."""
    notes = {
        title(cell): cell.metadata.get("lecture", {}).get("say", "") for cell in notebook.cells
    }
    return {slide: found[1] for slide, note in notes.items() if (found := _WHO.search(note))}


def title(cell: NotebookNode) -> str:
    """Return the heading of a cell, or its name where it has none."""
    found = re.match(r"#+ ([^`\n]+?) *(`|\n|$)", cell.source)
    return found[1] if found and cell.cell_type == "markdown" else str(cell.id)


def _after(lesson: Lesson, cell: NotebookNode) -> str:
    """Return what the answer key says below a cell, as Markdown."""
    for asked in lesson.predictions:
        if f'predict("{asked.key}")' in cell.source:
            return f"**Answer.** {asked.right}.\n\n{asked.why}"
    if f'quiz("{lesson.topic}")' in cell.source:
        lines = []
        for number, asked in enumerate(lesson.quiz, 1):
            assert asked.right_answer is not None
            right = asked.chosen(asked.right_answer)
            reasons = " ".join(asked.options[one] for one in right)
            lines.append(f"{number}. {asked.prompt}\n   **{' and '.join(right)}.** {reasons}")
        return "## Answers\n\n" + "\n".join(lines)
    look_for = lesson.teaching.get("open_tasks", {}).get(cell.id)
    return f"**To read.** {look_for}" if look_for else ""


def answer_key(lesson: Lesson, notebook: NotebookNode) -> NotebookNode:
    """Return a copy with every answer, each below what asks for it.

    Args:
        lesson: which it is.
        notebook: its notebook.
    """
    key, cells = solved(notebook), []
    for cell in key.cells:
        cells.append(cell)
        note = re.split(
            " Who showed it: | Discuss: ", cell.metadata.get("lecture", {}).get("say", "")
        )
        parts = {"answer": _after(lesson, cell), "note": note[0] and f"> *Say:* {note[0]}"}
        for kind, text in parts.items():
            if text:
                cells.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-{kind}"))
    ends = {
        "Try before you go, and open tasks": "\n\n".join(lesson.answers),
        "To discuss": "\n\n".join(f"**{ask}**\n{said}" for ask, said in discussion(notebook)),
        "Who showed it": "\n".join(
            f"- {slide}: {by}." for slide, by in who_showed_it(notebook).items()
        ),
    }
    text = "\n\n".join(f"## {head}\n\n{text}" for head, text in ends.items() if text)
    key.cells = [*cells, nbformat.v4.new_markdown_cell(text, id="answer-key")]
    return key


def main(words: list[str] | None = None) -> int:
    """Write the answer key of every lesson; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    parser = argparse.ArgumentParser(prog="dqn-lessons answers", description=__doc__)
    where = "the folder they are written to (./answers)"
    parser.add_argument("--out", type=Path, default=Path("answers"), help=where)
    given = parser.parse_args(words)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        for lesson, notebook in notebooks():
            with atomic_write(given.out / f"{lesson.file}_answers.ipynb") as file:
                file.write(nbformat.writes(answer_key(lesson, notebook)))
    except OSError as error:
        problem = f"out = {str(given.out)!r}: it cannot be written ({error.strerror or error})."
        return stop(problem, "name a folder that you may write to with --out.")
    say(f"The answer keys: {str(given.out)!r}. Open them beside the lessons; students get none.")
    return 0
