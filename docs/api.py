"""Write the API reference from the docstrings: `python docs/api.py [FOLDER]`, or `make docs`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pdoc
import pdoc.doc
import pdoc.render
from numpy.typing import ArrayLike

HERE = Path(__file__).parent
PACKAGES = ("dqn_lessons", "dqn_classroom")
# A function of this name is exported too, and its page would be taken for the module's.
HIDDEN = ("!dqn_lessons.target_lag.simulate", "!dqn_lessons.checks.check")
_NDARRAY = re.compile(r"numpy\.ndarray\[tuple\[Any, \.\.\.\], numpy\.dtype\[(?:numpy\.)?(\w+)\]\]")


def modules() -> list[str]:
    """The modules of both packages; pdoc itself goes below those that export nothing."""
    return [
        f"{package}.{found.name}"
        for package in PACKAGES
        for found in pkgutil.iter_modules(importlib.import_module(package).__path__)
    ]


def keep_names_of_types() -> None:
    """Let signatures say `ArrayLike`, as the source does, and not the union behind it."""

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


def write(folder: Path) -> None:
    """Write all pages."""
    # A NamedTuple keeps its types as words; pdoc says so, and shows the words.
    warnings.filterwarnings("error", module="pdoc")
    warnings.filterwarnings("ignore", "Error parsing type annotation ForwardRef")
    keep_names_of_types()
    pdoc.render.configure(docformat="google", template_directory=HERE / "templates")
    pdoc.pdoc(*modules(), *HIDDEN, output_directory=folder)
    for file in (*folder.rglob("*.html"), folder / "search.js"):
        # Defaults that are paths would tell where this was written.
        file.write_text(file.read_text("utf-8").replace(f"{HERE.parent}/", ""), "utf-8")
    print(f"open {folder / 'index.html'}")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "build")
