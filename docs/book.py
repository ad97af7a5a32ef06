"""Make the course's site, which needs no network: `dqn-lessons book`, or `python docs/book.py`.

Sphinx makes it: `conf.py` has its settings, `index.md` its first page. Here are the pages that it
reads: the lessons, run and made static, and what is collected from them.
"""

import copy
import pkgutil
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import import_module
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from jinja2 import Template
from nbformat import NotebookNode
from nbformat.v4 import new_output
from plotly.offline import get_plotlyjs
from sphinx.cmd.build import build_main

from dqn_classroom.exercises.questions import PREDICTIONS, Question
from dqn_classroom.feedback import closed_html
from dqn_classroom.instructor import say
from dqn_classroom.instructor.export import PagesFailed, export, options
from dqn_classroom.instructor.slides.cells import make_static
from dqn_classroom.instructor.slides.run import execute_once
from dqn_classroom.lessons import LESSONS, Lesson

# A notebook with its outputs, and what its widgets show: model id -> HTML.
Run = tuple[NotebookNode, Mapping[str, str]]
HERE = Path(__file__).resolve().parent
_INSTALL = "run `make book`, or: pip install myst-nb sphinx-book-theme latex2mathml"
_ASKS = re.compile(
    r"^(predict|quiz|recall|doctor|keep_progress|progress_report|@exercise)\b(.*)", re.M
)
_DRAWS = re.compile(r'<(?:img|svg)\b|class="plot"')
_LINK = re.compile(r"\]\((\S+?)\)")
_UNSAID = "<div>You made no prediction.</div>"


def lesson_page(lesson: Lesson, ran: NotebookNode, widgets: Mapping[str, str]) -> NotebookNode:
    """Return a lesson as a page: nothing moves but figures, and what is asked is marked as such.

    Args:
        lesson: from its TOML file.
        ran: its notebook; it is not changed.
        widgets: widget model id -> what it shows, as HTML.
    """
    page = copy.deepcopy(ran)
    make_static(page, widgets)
    heading, _, text = page.cells[0].source.partition("\n")
    page.cells[0].source = f"{heading}\n\n{_about(lesson)}\n{text}"
    for cell in page.cells:
        cell.metadata.pop("tags", None)
        if cell.cell_type == "code":
            shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
            asked = _ASKS.search(cell.source)
            if asked:
                html = {"text/html": _to_do(asked[1], asked[2], shown)}
                cell.outputs = [new_output("display_data", html)]
            if asked and asked[0] == cell.source:
                cell.metadata["tags"] = ["remove-input"]
            elif cell.id in ("imports", "claims") or _DRAWS.search(shown):
                cell.metadata["tags"] = ["hide-input"]
    return page


def _about(lesson: Lesson) -> str:
    number = len(lesson.exercises)
    exercises = f", {number} exercise{'s' * (number > 1)}" if number else ""
    return (
        f'<p class="about">{lesson.minutes} minutes{exercises}. This page is for reading; you work '
        f'in <a href="notebooks/{lesson.file}.ipynb" download>the notebook</a>.</p>'
    )


def _to_do(kind: str, given: str, shown: str) -> str:
    """Return what stands below a cell that asks something, as HTML."""
    name = re.sub(r'^\("(.*?)".*', r"\1", given)
    if kind == "recall":
        return closed_html("What was measured", shown.replace(_UNSAID, ""))
    title, body = "Run this cell in the notebook: it answers about your machine and your work.", ""
    if kind == "predict":
        title, body = "Predict, in the notebook, before you read on", _question(PREDICTIONS[name])
    elif kind == "quiz":
        title = "Answer in the notebook: each answer gets its sentence"
        body = "".join(map(_question, LESSONS[name].quiz))
    elif kind == "@exercise":
        title = "Write this in the notebook: it is checked as you run it"
        body = "".join(map(str, BeautifulSoup(shown, "html.parser").find_all("details")))
    return f'<div class="to-do"><p class="to-do-title">{title}</p>{body}</div>'


def _question(asked: Question) -> str:
    """Return a question with its options; the answers of a quiz are closed."""
    options = "" if asked.within else "".join(f"<li>{escape(one)}</li>" for one in asked.options)
    html = f"<p><strong>{escape(asked.prompt)}</strong></p><ul>{options}</ul>"
    if asked.key:
        return html
    right = [asked.right] if isinstance(asked.right, str) else asked.right or ()
    marked = ((one, "✓" if one in right else "✗", why) for one, why in asked.options.items())
    said = (f"<li>{sign} <em>{escape(one)}</em>: {escape(why)}</li>" for one, sign, why in marked)
    return html + closed_html("Answer", f"<ul>{''.join(said)}</ul>")


def references(pages: Mapping[str, NotebookNode]) -> str:
    """Return the works that the lessons name, once each, with what every lesson says of them.

    Args:
        pages: name of the file -> notebook.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    for file, page in pages.items():
        for cell in page.cells:
            if not cell.source.startswith("## References"):
                continue
            for item in re.findall(r"^- (.+)$", cell.source, re.M):
                link = _LINK.search(item)
                end = link.end() if link else (item + ":").index(":")
                work, note = item[:end], item[end:].strip(" *,.:")
                _, notes = found.setdefault(link[1] if link else work, (work, []))
                notes.append(f"[lesson {int(file[:2])}]({file}.ipynb){note and f': {note}'}")
    entries = sorted(found.values(), key=lambda entry: entry[0].casefold())
    lines = (f"- {work.rstrip('.')}\n  - " + "\n  - ".join(notes) for work, notes in entries)
    return "# References\n\nThe works that the lessons name.\n\n" + "\n".join(lines) + "\n"


def modules(name: str) -> Iterator[str]:
    """Yield the modules with public names: of a package, and of its folders that have none."""
    for info in pkgutil.iter_modules(import_module(name).__path__, f"{name}."):
        module, exported = import_module(info.name), False
        for key, value in vars(module).items():
            exported |= key == "__all__" or (
                key[0] != "_" and getattr(value, "__module__", "") == info.name
            )
        if exported and not info.name.endswith("__main__"):
            yield info.name
        elif info.ispkg:
            yield from modules(info.name)


def build(runs: Mapping[str, Run], out: Path) -> None:
    """Write the site.

    Args:
        runs: name of the file -> notebook with its outputs, and what its widgets show.
        out: the folder.

    Raises:
        PagesFailed: Sphinx has a warning.
    """
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder)
        _write_pages(pages, runs)
        words = ["-W", "--keep-going", "-q", "-E", "-d", str(pages / ".doctrees")]
        if build_main([*words, "-c", str(HERE), folder, str(out)]):
            raise PagesFailed("The book has pages with mistakes.")
    (out / "_static" / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    (out / "notebooks").mkdir(exist_ok=True)
    for file in runs:
        shutil.copy(HERE.parent / "notebooks" / f"{file}.ipynb", out / "notebooks")


def _write_pages(out: Path, runs: Mapping[str, Run]) -> None:
    lessons = {lesson.file: lesson for lesson in LESSONS.values()}
    pages = {file: lesson_page(lessons[file], *run) for file, run in runs.items()}
    for file, page in pages.items():
        nbformat.write(page, out / f"{file}.ipynb")
    readme = _read(HERE.parent / "README.md")
    ideas = dict(re.findall(r"^\| \[.*?\]\(notebooks/(\w+)\.ipynb\) \| (.*?) \|", readme, re.M))
    rows = [(lesson, ideas.get(file, "")) for file, lesson in lessons.items() if file in pages]
    first = Template(_read(HERE / "index.md")).render(rows=rows)
    glossary = _read(HERE / "glossary.md").replace("](../notebooks/", "](")
    texts = {"index.md": first, "glossary.md": glossary, "references.md": references(pages)}
    texts |= _api([*modules("dqn_lessons"), *modules("dqn_classroom")])
    (out / "api").mkdir()
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    (out / "film.png").write_bytes((HERE / "film.png").read_bytes())


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _api(names: Sequence[str]) -> dict[str, str]:
    """Return the pages of the reference; autodoc fills them."""
    listed = "\n".join(f"   {name}" for name in names)
    pages = {"index": f"Reference of the code\n{21 * '='}\n\n.. toctree::\n\n{listed}\n"}
    for name in names:
        pages[name] = f"{name}\n{len(name) * '='}\n\n.. automodule:: {name}\n   :members:\n"
    return {f"api/{name}.rst": text for name, text in pages.items()}


def main(words: list[str] | None = None) -> int:
    """Make the book and say where it is; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    out, about = str(HERE / "build" / "book"), "Turn the lessons into a site that needs no network."
    given = options(words, "book", about, out, profile="ci", some=False)

    def make() -> Path:
        runs: dict[str, Run] = {}
        for path in given.notebooks:
            say(f"{path.name}: {'running' if given.profile else 'converting'}")
            if given.profile:
                runs[path.stem] = execute_once(path, given.profile, HERE / "build" / "runs")
            else:
                runs[path.stem] = nbformat.read(path, as_version=4), {}
        build(runs, given.out)
        return Path(given.out / "index.html")

    return export(given, make, _INSTALL)


if __name__ == "__main__":
    sys.exit(main())
