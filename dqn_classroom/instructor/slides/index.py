"""The page that lists the lessons."""

from __future__ import annotations

import html
import re
from pathlib import Path

_TITLE = re.compile(r"<title>(.*?)(?: slides)?</title>", re.DOTALL)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dqn-lessons: slides</title>
<style>
body {{ font: 1.25rem/1.6 system-ui, sans-serif; color: #1a1a1a; background: #fff;
       max-width: 44rem; margin: 0 auto; padding: 2rem 1.5rem; }}
a {{ color: #00609a; }}
kbd {{ border: 1px solid #767676; border-radius: 4px; padding: 0 .3em; }}
li {{ margin: .3rem 0; }} ol {{ list-style: none; padding: 0; }}
</style>
</head>
<body>
<h1>Slides</h1>
<ol>
{items}
</ol>
<p><kbd>→</kbd> goes on, <kbd>←</kbd> goes back, <kbd>↓</kbd> and <kbd>↑</kbd> scroll a long slide.
<kbd>S</kbd> opens the presenter's notes, <kbd>F</kbd> fills the screen, <kbd>Esc</kbd> shows all
slides, <kbd>?</kbd> lists the keys.</p>
</body>
</html>
"""


def write_index(out: Path) -> Path:
    """List every page of slides in a folder, in the order of their names."""
    pages = sorted(page for page in out.glob("*.html") if page.name != "index.html")
    items = [f'<li><a href="{html.escape(page.name)}">{_title(page)}</a></li>' for page in pages]
    index = out / "index.html"
    index.write_text(_PAGE.format(items="\n".join(items)), encoding="utf-8")
    return index


def _title(page: Path) -> str:
    """Return the title of a page, as HTML."""
    found = _TITLE.search(page.read_text(encoding="utf-8"))
    return found[1].strip() if found else html.escape(page.stem)
