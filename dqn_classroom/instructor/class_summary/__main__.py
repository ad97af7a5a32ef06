"""Count a class: ``python -m dqn_classroom.instructor.class_summary FOLDER [--out FOLDER]``.

FOLDER holds the progress files that students handed in, under any names, in any folders below.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from dqn_classroom.instructor.class_summary.markup import plural
from dqn_classroom.instructor.class_summary.reading import Reading, read_folder


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dqn_classroom.instructor.class_summary",
        description="Count what a class did, from its progress files, without names.",
    )
    parser.add_argument("folder", type=Path, help="holds the progress files, also in folders below")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("class-summary"),
        help="where summary.html and summary.csv are written (default: ./class-summary)",
    )
    parser.add_argument(
        "--keep-copies",
        action="store_true",
        help="count files with equal contents each: early in the course two students may have them",
    )
    return parser.parse_args(words)


def _say(text: str, file: TextIO | None = None) -> None:
    """Print a line; what the terminal cannot show, it gets as an escape."""
    stream = file or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def _stop(problem: str, remedy: str) -> int:
    _say(problem, sys.stderr)
    _say(f"Remedy: {remedy}", sys.stderr)
    return 1


def _say_what_was_read(found: Reading) -> None:
    for name, reason in found.skipped:
        # repr, because a name may hold the control sequences of a terminal.
        _say(f"left out {name!r}: {reason}", sys.stderr)
    if found.copies:
        _say(
            f"{plural(found.copies, 'file')} equal to another, byte for byte: counted once. "
            "If these are different students who did the same, use --keep-copies."
        )


def main(words: list[str] | None = None) -> int:
    """Read, count, write; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    given = _arguments(words)
    if not given.folder.is_dir():
        problem = f"folder = {str(given.folder)!r}: there is no such folder."
        return _stop(problem, "name the folder with the progress files of your students.")
    found = read_folder(given.folder, given.keep_copies)
    _say_what_was_read(found)
    if not found.records:
        had = f"{plural(len(found.skipped), 'file')} left out" if found.skipped else "no .json file"
        return _stop(
            f"folder = {str(given.folder)!r}: it holds no usable progress file ({had}).",
            "ask your students for ~/.dqn-lessons/progress.json and put these files, under any "
            "names that end in .json, into the folder.",
        )
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        _write(found, given.out)
    except OSError as error:
        problem = f"out = {str(given.out)!r}: it cannot be written ({error.strerror})."
        return _stop(problem, "name a folder that you may write to with --out.")
    return 0


def _write(found: Reading, out: Path) -> None:
    # Importing the lessons takes seconds; a wrong folder is said without that wait.
    from dqn_classroom.instructor.class_summary.catalogue import course
    from dqn_classroom.instructor.class_summary.counting import count
    from dqn_classroom.instructor.class_summary.page import render, top_five
    from dqn_classroom.instructor.class_summary.rows import write_csv

    names = course()
    counts = count(found.records, names)
    page = render(counts, names, len(found.skipped), found.copies)
    write_csv(out / "summary.csv", counts, names)
    (out / "summary.html").write_text(page, encoding="utf-8")
    _say(f"{plural(counts.students, 'progress file')} counted.")
    for line in top_five(counts, names):
        _say(f"  {line}")
    _say(f"The page: {str(out / 'summary.html')!r}. The numbers: {str(out / 'summary.csv')!r}.")


if __name__ == "__main__":
    sys.exit(main())
