"""Count a class: ``python -m dqn_classroom.instructor.class_summary FOLDER [--out FOLDER]``.

FOLDER holds the progress files that students handed in, under any names, in any folders below.
"""

import argparse
import sys
from pathlib import Path

from dqn_classroom.instructor import plural, say, stop
from dqn_classroom.instructor.class_summary.reading import Reading, read_folder
from dqn_lessons.experiments.files import atomic_write


def main(words: list[str] | None = None) -> int:
    """Read, count, write; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m dqn_classroom.instructor.class_summary",
        description="Count what a class did, from its progress files, without names.",
    )
    option = parser.add_argument
    option("folder", type=Path, help="holds the progress files, also in folders below")
    where = "where summary.html and summary.csv are written (default: ./class-summary)"
    option("--out", type=Path, default=Path("class-summary"), help=where)
    both = "count files with equal contents each: early in the course two students may have them"
    option("--keep-copies", action="store_true", help=both)
    given = parser.parse_args(words)
    if not given.folder.is_dir():
        problem = f"folder = {str(given.folder)!r}: there is no such folder."
        return stop(problem, "name the folder with the progress files of your students.")
    found = read_folder(given.folder, given.keep_copies)
    for name, reason in found.skipped:
        # repr, because a name may hold the control sequences of a terminal.
        say(f"left out {name!r}: {reason}", sys.stderr)
    if found.copies:
        say(
            f"{plural(found.copies, 'file')} equal to another, byte for byte: counted once. "
            "If these are different students who did the same, use --keep-copies."
        )
    if not found.records:
        had = f"{plural(len(found.skipped), 'file')} left out" if found.skipped else "no .json file"
        return stop(
            f"folder = {str(given.folder)!r}: it holds no usable progress file ({had}).",
            "ask your students for the file that `dqn-lessons hand-in` writes and put these, under "
            "any names that end in .json, into the folder.",
        )
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        _write(found, given.out)
    except OSError as error:
        reason = getattr(error.__cause__ or error, "strerror", "")
        problem = f"out = {str(given.out)!r}: it cannot be written ({reason})."
        return stop(problem, "name a folder that you may write to with --out.")
    return 0


def _write(found: Reading, out: Path) -> None:
    # Importing the lessons takes seconds; a wrong folder is said without that wait.
    from dqn_classroom.instructor.class_summary.catalogue import course
    from dqn_classroom.instructor.class_summary.counting import count, write_csv
    from dqn_classroom.instructor.class_summary.page import render, top_five

    names, page, numbers = course(), out / "summary.html", out / "summary.csv"
    table = count(found.records, names)
    write_csv(numbers, table)
    html = render(table, names, len(found.skipped), found.copies)
    with atomic_write(page) as file:
        file.write(html)
    say(f"{plural(len(found.records), 'progress file')} counted.")
    for line in top_five(table):
        say(f"  {line}")
    say(f"The page: {str(page)!r}. The numbers: {str(numbers)!r}.")


if __name__ == "__main__":
    sys.exit(main())
