"""The API reference has a page for every public module, and needs no network to be read."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_docstrings import MODULES, exports

DOCS = Path(__file__).resolve().parent.parent / "docs"
# What a style or a script fetches; in a page that pdoc writes, where attributes have their quotes.
SCRIPT = re.compile(r"<(?:style|script)\b[^>]*>(.*?)</(?:style|script)>", re.DOTALL)
FETCHED = re.compile(r"(?:url\(|import|\bfrom|fetch\()\s*['\"]?(?:https?:)?//[^'\")]+")
LOADED = re.compile(
    r"<[^>]*\s(?:src|srcset|poster|data)=\"\s*(?:https?:)?//[^>]*>"
    r"|<(?:link|use|image)\b[^>]*\shref=\"\s*(?:https?:)?//[^>]*>"
)
SILENT = re.compile(r"<img\b(?![^>]*\salt=\"[^\"])[^>]*>")


def problems(html: str) -> list[str]:
    """What is wrong with a page: references to other servers, pictures without words."""
    found = [text for script in SCRIPT.findall(html) for text in FETCHED.findall(script)]
    found += LOADED.findall(html) + SILENT.findall(html)
    return found + ["the insides of NumPy's types"] * ("_typing" in re.sub(r"<[^>]+>", "", html))


def test_the_reference_is_whole_and_needs_no_network(tmp_path):
    pytest.importorskip("pdoc", reason="the reference needs pdoc: .ci/setup.py docs")
    command = [sys.executable, str(DOCS / "api.py"), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    pages = {page: page.read_text("utf-8") for page in tmp_path.rglob("*.html")}
    assert [(page, problems(text)) for page, text in pages.items() if problems(text)] == []
    public = [
        tmp_path / f"{name.replace('.', '/')}.html" for name in MODULES if exports(MODULES[name])
    ]
    assert set(public) <= pages.keys()
    text = re.sub(r"<[^>]+>", "", pages[tmp_path / "dqn_lessons" / "td.html"])
    assert "Arguments:" in text
    assert "the target network's values of the next observation" in text
    assert str(DOCS.parent) not in (tmp_path / "search.js").read_text("utf-8")


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "<script src="),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', "<link"),
        ('<img alt="a curve" src="http://example.org/x.png">', "<img"),
        ("<style>@font-face { src: url('https://example.org/f.woff') }</style>", "url("),
        ("<style>@import 'https://example.org/x.css';</style>", "import"),
        ('<script>import m from "https://cdn.example/m.mjs";</script>', "from"),
        ('<img src="data:image/png;base64,AAAA">', "<img"),
        ("<p>x: <b>numpy</b>._typing._array_like</p>", "NumPy's types"),
        ('<a href="https://example.org">read</a><img alt="a curve" src="a.png">', None),
    ],
)
def test_a_page_that_loads_from_elsewhere_is_found(html, found):
    seen = problems(html)
    assert len(seen) == (found is not None)
    assert found is None or found in seen[0]
