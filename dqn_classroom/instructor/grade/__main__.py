"""Grade: ``python -m dqn_classroom.instructor.grade FOLDER [--out FOLDER] [--seconds N]``.

FOLDER holds notebooks, and files that `dqn-lessons hand-in` wrote, in any folders below it.
"""

import argparse
import csv
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jinja2 import Template

from dqn_classroom.instructor import plural, say, stop
from dqn_classroom.instructor.class_summary.reading import candidates
from dqn_classroom.instructor.grade.sandbox import run
from dqn_lessons.experiments.files import atomic_write

LIMIT = 100_000_000  # bytes of a file: a notebook with all its figures has about ten million
COLUMNS = ("file", "name as given", "lesson", "exercise", "outcome", "mistake", "said")
_JUDGE = "dqn_classroom.instructor.grade.judge"


def grade(folder: Path, seconds: float) -> dict[str, Any]:
    """Run every exercise cell below a folder, and nothing else of what lies there.

    Args:
        folder: of handed-in files.
        seconds: for one cell.

    Returns:
        ``rows`` of `COLUMNS`; ``open``, rows of file, task, what to look for, text; ``left_out``,
        rows of file and reason; ``held``, limit -> what keeps it on this machine.
    """
    from dqn_classroom.lessons import LESSONS

    topics = {name: topic for topic, lesson in LESSONS.items() for name in lesson.exercises}
    asked = [lesson.teaching.get("open_tasks", {}) for lesson in LESSONS.values()]
    look_for = {task: text for tasks in asked for task, text in tasks.items()}
    held: dict[str, str] = {}

    def read(file: tuple[Path, str]) -> tuple[str, dict[str, Any]]:
        path, reason = file
        where = str(path.relative_to(folder))
        if not reason and path.stat().st_size > LIMIT:
            reason = f"has more than {LIMIT:,} bytes"
        if reason:
            return where, {"reason": reason}
        return where, run(f"{_JUDGE}:contents", str(path.absolute()), seconds=seconds)

    def one(job: tuple[str, str, str, str]) -> tuple[str | int, ...]:
        file, student, name, source = job
        told: dict[str, Any] = {"status": "not attempted"}
        if source:
            told = run(f"{_JUDGE}:judge", topics[name], name, source, seconds=seconds)
            held.update(told["held"])
        said = told.get("status", "not run"), told.get("mistake", told.get("reason", ""))
        return file, student, LESSONS[topics[name]].number, name, *said, told.get("text", "")

    jobs, tasks, left_out = [], [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, told in pool.map(read, list(candidates(folder, ".ipynb", ".json"))):
            answers = told.get("answers", {})
            began = {topics[name] for name in answers if name in topics}
            theirs = [name for name, topic in topics.items() if topic in began]
            jobs += [(file, told["student"], name, answers.get(name, "")) for name in theirs]
            texts = told.get("open", {})
            tasks += [(file, task, look_for[task], text) for task, text in texts.items()]
            if not theirs and not texts:
                left_out.append((file, told.get("reason", "holds no answer")))
        return {"rows": [*pool.map(one, jobs)], "open": tasks, "left_out": left_out, "held": held}


def _harmless(word: Any) -> Any:
    """Return a cell that no spreadsheet program takes for a formula."""
    return f"'{word}" if isinstance(word, str) and word[:1] in tuple("=+-@\t\r") else word


def main(words: list[str] | None = None) -> int:
    """Read, run, write; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    about = "Run the exercises of handed-in notebooks again, each in a process with limits."
    parser = argparse.ArgumentParser(prog="dqn-lessons grade", description=about)
    option = parser.add_argument
    option("folder", type=Path, help="holds notebooks and hand-in files, also in folders below")
    option("--out", type=Path, default=Path("grades"), help="for the page and the table (./grades)")
    option("--seconds", type=float, default=120, help="for one exercise (120)")
    given = parser.parse_args(words)
    if not given.folder.is_dir():
        problem = f"folder = {str(given.folder)!r}: there is no such folder."
        return stop(problem, "name the folder with what your students handed in.")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found = grade(given.folder, given.seconds)
    for name, reason in found["left_out"]:
        # repr, because a name may hold the control sequences of a terminal.
        say(f"left out {name!r}: {reason}", sys.stderr)
    rows, page, table = found["rows"], given.out / "grades.html", given.out / "grades.csv"
    if not rows and not found["open"]:
        problem = f"folder = {str(given.folder)!r}: nothing in it answers an exercise."
        return stop(problem, "put notebooks of the course, or hand-in files, into it.")
    template = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        with atomic_write(table) as file:
            file.write("\ufeff")
            csv.writer(file).writerows([COLUMNS, *(map(_harmless, row) for row in rows)])
        with atomic_write(page) as file:
            file.write(Template(template, autoescape=True, trim_blocks=True).render(found))
    except OSError as error:
        problem = f"out = {str(given.out)!r}: it cannot be written ({error.strerror or error})."
        return stop(problem, "name a folder that you may write to with --out.")
    passed = sum(row[4] == "passes" for row in rows)
    say(f"{plural(len(rows), 'exercise')}, {passed} pass; {len(found['open'])} to read.")
    say(f"The page: {str(page)!r}. The table: {str(table)!r}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
