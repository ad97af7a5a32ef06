"""What runs in the sandbox: find the cells of a file, and judge one of them.

The checks come from the installed course, and so do all names that a cell may use.
"""

import ast
import json
import linecache
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from dqn_classroom.exercises import check
from dqn_classroom.exercises.put_back import cut
from dqn_classroom.hand_in import answered
from dqn_classroom.lessons import LESSONS
from dqn_classroom.work_folder import course_notebooks

# Words through which a cell could reach the checks. Right answers need none of them.
_REACHES = re.compile(
    "dqn_classroom|sys|os|gc|inspect|builtins|ctypes|importlib|subprocess|socket|threading|signal|"
    "pickle|eval|exec|compile|globals|locals|vars|getattr|setattr|delattr|attrgetter|methodcaller|"
    "breakpoint|open|input|modules|(f|gi|cr|ag|tb)_(frame|back|globals|locals|builtins|next|code)|"
    "__(?!(init|call|len|iter|next|getitem|setitem|post_init|name)__).*__"
)


def contents(file: str) -> dict[str, Any]:
    """Return what a notebook or a hand-in file holds: answers, open tasks, a name as given."""
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
        if not file.lower().endswith(".ipynb"):
            named = {str(name): cut(str(text)) for name, text in found.get("answers", {}).items()}
            return {"answers": named, "student": cut(str(found.get("student", "")), 100)}
        cells = [(str(cell.get("id")), "".join(cell["source"])) for cell in found["cells"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"reason": f"cannot be read ({type(error).__name__})"}
    asked = {task for lesson in LESSONS.values() for task in lesson.teaching.get("open_tasks", ())}
    texts = {task: cut(text, 10_000) for task, text in cells if task in asked}
    texts = {task: text for task, text in texts.items() if text != _course_cells().get(task)}
    return {"answers": answered(text for _, text in cells), "open": texts, "student": ""}


@cache
def _course_cells(only: str = "") -> dict[str, str]:
    """Return the cells of the course's notebooks, or of one: id -> source."""
    files = [file for name, file in course_notebooks().items() if only in name]
    notebooks = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {cell["id"]: "".join(cell["source"]) for book in notebooks for cell in book["cells"]}


@cache
def names(topic: str) -> dict[str, Any]:
    """Return what a lesson's notebook imports, and the course's own functions."""
    found: dict[str, Any] = {"__name__": "__main__"}
    for source in _course_cells(LESSONS[topic].file).values():
        with suppress(SyntaxError):  # prose
            imports = [
                n for n in ast.parse(source).body if isinstance(n, ast.Import | ast.ImportFrom)
            ]
            exec(ast.unparse(ast.Module([*imports], [])), found)
    return found | {name: check.find(name).reference for name in LESSONS[topic].exercises}


def reaches(source: str) -> str:
    """Return a word of a cell that leads out of it, or nothing."""
    for node in ast.walk(ast.parse(source)):
        parts = [getattr(node, key, None) for key in ("id", "attr", "module", "name")]
        words = [word for part in parts if isinstance(part, str) for word in part.split(".")]
        for word in filter(_REACHES.fullmatch, words):
            return word
    return ""


def judge(topic: str, name: str, source: str) -> dict[str, Any]:
    """Return status, mistake and sentence of one exercise cell."""
    task, scope, found = check.find(name), dict(names(topic)), dict[str, Any]()
    scope["exercise"] = lambda answer: found.setdefault(answer.__name__, answer)
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(True), "<cell>")
    try:
        if word := reaches(source):
            return {"reason": f"uses {word}, which no answer needs"}
        exec(compile(source, "<cell>", "exec"), scope)
        outcome = check.check(task, found[name])
        # A wrong answer of the course's own must still be wrong, or the check is another one now.
        again = task.mistakes[0].wrong if outcome.status == "passes" else None
        if again and check.check(task, again).status == "passes":
            return {"reason": "edits the check: a wrong answer passes, too"}
    except (Exception, SystemExit) as error:  # of the cell; a check raises nothing
        kind = type(error).__name__
        return {"status": "raised", "mistake": kind, "text": cut(f"{kind}: {error}", 300)}
    text = " ".join(outcome.text) if outcome.status != "passes" else ""
    return {"status": outcome.status, "mistake": outcome.mistake, "text": cut(text, 1_000)}


for _topic in LESSONS:  # before a process is forked, so that each starts fast
    names(_topic)
