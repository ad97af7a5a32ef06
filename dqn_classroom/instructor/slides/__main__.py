"""Make the slides: ``python -m dqn_classroom.instructor.slides [--out FOLDER] [NOTEBOOK ...]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_FOLDER = Path("notebooks")


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dqn_classroom.instructor.slides",
        description="Turn notebooks into HTML slides that need no network.",
    )
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help=f"the notebooks (default: all of ./{_FOLDER})"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("slides"), help="where they are put (default: ./slides)"
    )
    parser.add_argument(
        "--profile", default="class", help="DQN_LESSONS_PROFILE of the kernel (default: class)"
    )
    parser.add_argument(
        "--no-run",
        action="store_true",
        help="convert what the files hold: seconds, but figures are not committed",
    )
    return parser.parse_args(words)


def _stop(problem: str, remedy: str) -> int:
    print(problem, file=sys.stderr)
    print(f"Remedy: {remedy}", file=sys.stderr)
    return 1


def main(words: list[str] | None = None) -> int:
    """Make the slides and say where they are; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    given = _arguments(words)
    paths = given.notebooks or sorted(_FOLDER.glob("*.ipynb"))
    missing = [path for path in paths if not path.is_file()]
    if missing:
        problem = f"notebook = {str(missing[0])!r}: there is no such file."
        return _stop(problem, f"name one of {str(_FOLDER)!r}, from the folder of the course.")
    if not paths:
        problem = f"there is no notebook in {str(_FOLDER.resolve())!r}."
        return _stop(problem, "run this in the folder of the course, or name the notebooks.")
    return _make(paths, given.out, None if given.no_run else given.profile)


def _make(paths: list[Path], out: Path, profile: str | None) -> int:
    # nbconvert takes a second to load; a wrong file name is said without that wait.
    try:
        from dqn_classroom.instructor.slides.assets import copy_assets
        from dqn_classroom.instructor.slides.deck import make_deck
        from dqn_classroom.instructor.slides.index import write_index
        from dqn_classroom.instructor.slides.run import CellFailed
    except ModuleNotFoundError as error:
        return _stop(f"{error}.", "run `make slides`, or: pip install -e '.[slides]'")
    try:
        out.mkdir(parents=True, exist_ok=True)
        copy_assets(out)
        for path in paths:
            print(f"{path.name}: {'converting' if profile is None else 'running'}", flush=True)
            make_deck(path, out, profile)
        write_index(out)
    except CellFailed as error:
        return _stop(str(error), "run that notebook in JupyterLab; `make lab` opens it.")
    except FileNotFoundError as error:
        return _stop(str(error), "run `make slides`, or: pip install -e '.[slides]'")
    except OSError as error:
        problem = f"out = {str(out)!r}: it cannot be written ({error.strerror})."
        return _stop(problem, "name a folder that you may write to with --out.")
    print(f"The slides: {str(out / 'index.html')!r}. Open it in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
