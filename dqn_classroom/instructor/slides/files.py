"""The files beside the slides: reveal.js, plotly.js, the course's own, and a list of pages."""

import html
import re
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from jinja2 import Template
from plotly.offline import get_plotlyjs

from dqn_lessons.experiments.files import atomic_write

ASSETS = "assets"
HERE = Path(__file__).resolve().parent
THEME = "course"
# A package on PyPI that carries reveal.js, so that neither Node.js nor a CDN is needed.
_CARRIER = "sphinx-revealjs"
_TITLE = re.compile(r"<title>(.*?)(?: slides)?</title>", re.DOTALL)
_REVEAL = ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE")


def copy_assets(out: Path) -> None:
    """Write everything that the pages load into ``out/assets``.

    Raises:
        FileNotFoundError: the package that carries reveal.js is not installed, or has changed.
    """
    try:
        source = Path(str(distribution(_CARRIER).locate_file("sphinx_revealjs/_static/revealjs")))
    except PackageNotFoundError:
        raise FileNotFoundError(f"reveal.js was not found: {_CARRIER} is not installed.") from None
    missing = [name for name in _REVEAL if not (source / name).is_file()]
    if missing:
        raise FileNotFoundError(f"reveal.js was not found: {_CARRIER} has no {missing[0]!r}.")
    target = out / ASSETS
    files = {target / "reveal" / name: source / name for name in _REVEAL}
    # nbconvert's template looks for the theme there.
    files[target / "reveal" / "dist" / "theme" / f"{THEME}.css"] = HERE / "slides.css"
    files[target / "slides.js"] = HERE / "slides.js"
    for place, file in files.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    with atomic_write(target / "plotly.min.js") as file:
        file.write(get_plotlyjs())


def write_index(out: Path) -> Path:
    """List every page of slides in a folder, in the order of their names."""
    index, pages = out / "index.html", []
    for page in sorted(set(out.glob("*.html")) - {index}):
        found = _TITLE.search(page.read_text(encoding="utf-8"))
        pages.append((page.name, html.unescape(found[1]).strip() if found else page.stem))
    template = Template((HERE / "contents.html.j2").read_text(encoding="utf-8"), autoescape=True)
    with atomic_write(index) as file:
        file.write(template.render(pages=pages))
    return index
