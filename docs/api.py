"""Write the API reference from the docstrings: `python docs/api.py [FOLDER]`, or `make docs`.

The pages need no network: what they would load from elsewhere is an error here.
"""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# The rooms of the package, where the lessons meet them; tests/test_docstrings.py misses none.
_CORE = {
    "0 · Start here": ["policies", "experiments.video"],
    "1 · A target that lags": ["config", "target_lag"],
    "2 · Vanilla DQN": [
        *("td", "nets", "envs", "vector_envs", "rng", "history", "train", "presets"),
    ],
    "3 · A memory": ["replay"],
    "5 · Evidence": [
        *("stats", "experiments.sweep", "experiments.checkpoint", "experiments.flight_recorder"),
    ],
    "6 · The bug clinic": ["diagnostics"],
    "Behind the lessons": ["checks", "files"],
}
_CLASSROOM = {
    "In the lessons": ["exercises", "lessons", "figures", "explorers", "clinic", "shipped"],
    "In front of a class": ["doctor", "instructor.lecture", "progress"],
    "How it is shown": ["feedback", "accessible_controls"],
}
COURSE = {
    heading: [f"{package}.{name}" for name in names]
    for package, part in (("dqn_lessons", _CORE), ("dqn_classroom", _CLASSROOM))
    for heading, names in part.items()
}
# A function of this name is exported too, and its page would be taken for the module's.
_HIDDEN = ["dqn_lessons.target_lag.simulate", "dqn_lessons.checks.check"]
_NDARRAY = re.compile(r"numpy\.ndarray\[tuple\[Any, \.\.\.\], numpy\.dtype\[(?:numpy\.)?(\w+)\]\]")
_FETCHED = re.compile(r"(?:url\(|import|\bfrom|fetch\()\s*['\"]?(?:https?:)?//[^'\")]+")
_LOADS = {"src", "srcset", "poster", "data"}


def keep_names_of_types() -> None:
    """Let signatures say `ArrayLike`, as the source does, and not the union behind it."""
    import pdoc.doc
    from numpy.typing import ArrayLike

    def plain(text: str) -> str:
        return re.sub(r"\btyping\.|\bForwardRef\('([\w.]+)'\)", r"\1", text)

    array_like = plain(repr(ArrayLike))

    def short(written: Callable[..., str]) -> Callable[..., str]:
        def name(*given: Any, **options: Any) -> str:
            text = plain(written(*given, **options)).replace(array_like, "ArrayLike")
            return _NDARRAY.sub(r"NDArray[\1]", text).replace("NDArray[Any]", "Array")

        return name

    # Parameters are written by inspect, results and attributes by pdoc.
    for module in (inspect, pdoc.doc):
        module.formatannotation = short(module.formatannotation)


class _Page(HTMLParser):
    """What is wrong with one page."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at what an element loads."""
        self._inside = tag
        for name, value in attributes:
            loads = name in _LOADS or (name == "href" and tag in ("link", "use", "image"))
            if loads and re.match(r"\s*(https?:)?//", value or ""):
                self.problems.append(f"<{tag} {name}={value!r}> is loaded from elsewhere")
        if tag == "img" and not dict(attributes).get("alt"):
            self.problems.append("an <img> has no text alternative")

    def handle_data(self, data: str) -> None:
        """Look at what a style or a script loads."""
        if self._inside in ("style", "script"):
            found = _FETCHED.findall(data)
            self.problems += [f"{text} is loaded from elsewhere" for text in found]

    def handle_endtag(self, tag: str) -> None:
        """A script's text ends with it."""
        self._inside = ""


def problems(html: str) -> list[str]:
    """What is wrong with a page: references to other servers, pictures without words."""
    page = _Page()
    page.feed(html)
    if "_typing" in re.sub(r"<[^>]+>", "", html):
        page.problems.append("a signature shows the insides of NumPy's types")
    return page.problems


def write(folder: Path) -> None:
    """Write all pages, and end with what is wrong with them, if anything is."""
    import pdoc
    import pdoc.render

    # A NamedTuple keeps its types as words; pdoc says so, and shows the words.
    warnings.filterwarnings("error", module="pdoc")
    warnings.filterwarnings("ignore", "Error parsing type annotation ForwardRef")
    keep_names_of_types()
    pdoc.render.configure(docformat="google", template_directory=HERE / "templates")
    pdoc.render.env.globals["course"] = COURSE
    rooms = [room for rooms in COURSE.values() for room in rooms]
    pdoc.pdoc(*rooms, *(f"!{name}" for name in _HIDDEN), output_directory=folder)
    pages = sorted(folder.rglob("*.html"))
    for file in (*pages, folder / "search.js"):
        # Defaults that are paths would tell where this was written.
        words = file.read_text("utf-8").replace(f"{HERE.parent}/", "")
        file.write_text(words, "utf-8")
    wrong = [f"{page}: {said}" for page in pages for said in problems(page.read_text("utf-8"))]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(pages)} pages: open {folder / 'index.html'}")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "build")
