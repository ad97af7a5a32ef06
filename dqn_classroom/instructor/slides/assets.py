"""The files beside the slides: reveal.js, plotly.js, and what is the course's own."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from plotly.offline import get_plotlyjs

FOLDER = "assets"
HERE = Path(__file__).resolve().parent
THEME = "course"
# A package on PyPI that carries reveal.js, so that neither Node.js nor a CDN is needed.
_CARRIER = "sphinx-revealjs"
_REVEAL = ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE")


def reveal_folder() -> Path:
    """Return the folder that holds reveal.js.

    Raises:
        FileNotFoundError: the package that carries it is not installed, or has changed.
    """
    try:
        folder = Path(str(distribution(_CARRIER).locate_file("sphinx_revealjs/_static/revealjs")))
    except PackageNotFoundError:
        raise FileNotFoundError(f"reveal.js was not found: {_CARRIER} is not installed.") from None
    missing = [name for name in _REVEAL if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"reveal.js was not found: {_CARRIER} has no {missing[0]!r}.")
    return folder


def copy_assets(out: Path) -> None:
    """Write everything that the pages load into ``out/assets``.

    Raises:
        FileNotFoundError: reveal.js is not installed.
    """
    source, target = reveal_folder(), out / FOLDER
    for name in _REVEAL:
        _copy(source / name, target / "reveal" / name)
    # nbconvert's template looks for the theme there.
    _copy(HERE / "slides.css", target / "reveal" / "dist" / "theme" / f"{THEME}.css")
    _copy(HERE / "slides.js", target / "slides.js")
    (target / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
