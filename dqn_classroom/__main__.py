"""The course's one command: ``dqn-lessons COMMAND``, and ``python -m dqn_classroom`` is the same.

What loads slowly is imported by the command that needs it.
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path
from runpy import run_path

from dqn_classroom import progress, work_folder
from dqn_classroom.instructor import say, stop

Given = argparse.Namespace


def lab(given: Given, options: list[str]) -> int:
    """Bring the lessons into a folder of one's own and open JupyterLab there; options are its."""
    folder, first = given.folder.expanduser().absolute(), next(iter(work_folder.course_notebooks()))
    try:
        for line in work_folder.update(folder):
            say(line)
    except OSError as error:
        problem = f"folder = {str(folder)!r}: it cannot be written ({error.strerror or error})."
        if given.copy_only or not (folder / first).is_file():
            return stop(problem, "name a folder that you may write to: --folder FOLDER")
        say(f"{problem} The lessons in it stay as they are.")
    if given.copy_only:
        return 0
    if given.command == "lecture":
        os.environ["DQN_LESSONS_PROFILE"] = "class"
    if given.progress:
        os.environ["DQN_LESSONS_PROGRESS"] = str(given.progress.expanduser().absolute())
    say(f"Your notebooks: {folder}\nYour progress: {progress.path()}")
    try:
        from jupyterlab.labapp import LabApp
    except ModuleNotFoundError as error:
        return stop(f"{error}.", "python -m pip install jupyterlab")
    # In a container one is root, and JupyterLab wants that to be said.
    root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    LabApp.launch_instance([str(folder / first), f"--ServerApp.root_dir={folder}", *root, *options])
    return 0


def doctor(_given: Given, _rest: list[str]) -> int:
    """Print the report; 1 if something is missing."""
    from dqn_classroom.doctor import report

    text = "\n".join(map(repr, report()))
    say(f"{text}\nYour progress: {progress.path()}")
    return int("✗" in text)


def hand_in(given: Given, _rest: list[str]) -> int:
    """Write the file."""
    from dqn_classroom.hand_in import hand_in as write

    try:
        write(given.name, given.folder, given.out)
    except OSError as error:
        return stop(str(error.strerror or error), "name a folder you may write to: --out FOLDER")
    return 0


def instruct(given: Given, words: list[str]) -> int:
    """Pass the words on to a command for instructors."""
    name = f"dqn_classroom.instructor.{given.command.replace('-', '_')}"
    run = getattr(import_module(name), "main", None) or import_module(f"{name}.__main__").main
    return int(run(words))


def book(_given: Given, words: list[str]) -> int:
    """Make the site."""
    if not (root := work_folder.clone()):
        return stop("The book's pages are not installed.", "run this in a clone of the repository.")
    try:
        return int(run_path(str(root / "docs" / "book.py"))["main"](words))
    except ModuleNotFoundError as error:
        return stop(f"{error}.", f"python {Path('.ci', 'setup.py')} docs")


def test(_given: Given, words: list[str]) -> int:
    """Pass the course's tests; the words go to pytest."""
    if not (root := work_folder.clone()):
        return stop("The tests are not installed.", "run this in a clone of the repository.")
    try:
        import pytest
    except ModuleNotFoundError as error:
        return stop(f"{error}.", f"python {Path('.ci', 'setup.py')} test browser docs slides")
    os.chdir(root)
    # Tiny tensors: one thread per process is fastest. A browser waits as much as it works.
    os.environ["OMP_NUM_THREADS"] = "1"
    return int(pytest.main(["-n", "3", *words]))


def main(words: list[str] | None = None) -> int:
    """Run a command; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    about = "An interactive course on Deep Q-Networks."
    parser = argparse.ArgumentParser("dqn-lessons", description=about, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, run, help_ in (
        ("lab", lab, "open the course in JupyterLab, which gets all other options"),
        ("lecture", lab, "the same; long trainings start from shipped results"),
        ("doctor", doctor, "is this machine ready?"),
        ("hand-in", hand_in, "write one file to give to a lecturer"),
        ("slides", instruct, "for instructors: slides that need no network"),
        ("class-summary", instruct, "for instructors: count what students handed in"),
        ("grade", instruct, "for instructors: run handed-in exercises again, within limits"),
        ("answers", instruct, "for instructors: notebooks with every answer"),
        ("figures", instruct, "for instructors: the key figures as SVG and PNG"),
        ("book", book, "for contributors: the course as a site that needs no network"),
        ("test", test, "for contributors: pass the tests; pytest gets all options"),
    ):
        own = run not in (instruct, book)
        command = commands.add_parser(
            name,
            help=help_,
            description=help_,
            allow_abbrev=False,
            add_help=own,
        )
        command.set_defaults(run=run)
        option = command.add_argument
        if run is hand_in:
            option("name", nargs="?", default="", help="yours; without it there is none")
            option("--out", type=Path, default=Path(), help="the folder it is written to (.)")
        if run in (lab, hand_in):
            where = f"where your notebooks are ({work_folder.DEFAULT})"
            option("--folder", type=Path, default=Path(work_folder.DEFAULT), help=where)
        if run is lab:
            option("--progress", type=Path, help="where progress is kept; new for each class")
            alone = "copy the lessons and end, where JupyterLab runs already"
            option("--copy-only", action="store_true", help=alone)
    given, rest = parser.parse_known_args(words)
    if rest and given.run in (doctor, hand_in):
        parser.error(f"unknown words: {' '.join(rest)}")
    return int(given.run(given, rest))


if __name__ == "__main__":
    sys.exit(main())
