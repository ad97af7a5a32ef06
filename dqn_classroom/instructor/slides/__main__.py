"""Make the slides: ``python -m dqn_classroom.instructor.slides [--out FOLDER] [NOTEBOOK ...]``."""

import argparse
import sys
from pathlib import Path

from dqn_classroom.instructor import say, stop
from dqn_classroom.work_folder import course_notebooks

_INSTALL = "run `make slides`, or: pip install sphinx-revealjs latex2mathml"


def main(words: list[str] | None = None) -> int:
    """Make the slides and say where they are; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m dqn_classroom.instructor.slides",
        description="Turn notebooks into HTML slides that need no network.",
    )
    option, which = parser.add_argument, "the notebooks (default: the course's)"
    option("notebooks", nargs="*", type=Path, help=which)
    option("--out", type=Path, default=Path("slides"), help="where they are put (./slides)")
    option("--profile", default="class", help="DQN_LESSONS_PROFILE of the kernel (class)")
    kept = "convert what the files hold: seconds, but the lessons of the course hold no outputs"
    option("--no-run", action="store_true", help=kept)
    given = parser.parse_args(words)
    paths = given.notebooks or [*course_notebooks().values()]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        problem = f"notebook = {str(missing[0])!r}: there is no such file."
        return stop(problem, "name one that is there, or none for the lessons of the course.")
    return _make(paths, given.out, None if given.no_run else given.profile)


def _make(paths: list[Path], out: Path, profile: str | None) -> int:
    # nbconvert takes a second to load; a wrong file name is said without that wait.
    try:
        from dqn_classroom.instructor.slides.deck import make_deck
        from dqn_classroom.instructor.slides.files import copy_assets, write_index
        from dqn_classroom.instructor.slides.run import CellFailed
    except ModuleNotFoundError as error:
        return stop(f"{error}.", _INSTALL)
    try:
        out.mkdir(parents=True, exist_ok=True)
        copy_assets(out)
        for path in paths:
            say(f"{path.name}: {'converting' if profile is None else 'running'}")
            make_deck(path, out, profile)
        index = write_index(out)
    except CellFailed as error:
        return stop(str(error), "run that notebook in JupyterLab; `dqn-lessons lab` opens it.")
    except FileNotFoundError as error:
        return stop(str(error), _INSTALL)
    except OSError as error:
        problem = f"out = {str(out)!r}: it cannot be written ({error.strerror})."
        return stop(problem, "name a folder that you may write to with --out.")
    say(f"The slides: {str(index)!r}. Open it in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
