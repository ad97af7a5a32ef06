"""What the slides and the book do alike: their options, and what they say when something fails."""

import argparse
from collections.abc import Callable
from pathlib import Path

from dqn_classroom.instructor import say, stop
from dqn_classroom.work_folder import course_notebooks


class CellFailed(RuntimeError):
    """A cell raised, took too long, or ended its kernel."""

    remedy = "run that notebook in JupyterLab; `dqn-lessons lab` opens it."


class PagesFailed(CellFailed):
    """Sphinx found something wrong with a page, and said what."""

    remedy = "mend what the lines above name."


def options(
    words: list[str] | None, name: str, about: str, out: str, profile: str, some: bool = True
) -> argparse.Namespace:
    """Read a command line: ``notebooks``, ``out``, and ``profile``, which is None for no run.

    Args:
        words: the command line; None for that of the process.
        name: of the command.
        about: what it does.
        out: the folder it writes, unless another is named.
        profile: DQN_LESSONS_PROFILE, unless another is named.
        some: whether some of the notebooks may be named, or all belong together.
    """
    parser = argparse.ArgumentParser(f"dqn-lessons {name}", description=about)
    option, which = parser.add_argument, "the notebooks (default: the course's)"
    if some:
        option("notebooks", nargs="*", type=Path, help=which)
    option("--out", type=Path, default=Path(out), help=f"where it is put ({out})")
    option("--profile", default=profile, help=f"DQN_LESSONS_PROFILE of the kernel ({profile})")
    kept = "convert what the files hold: seconds, but the lessons of the course hold no outputs"
    option("--no-run", action="store_true", help=kept)
    given = parser.parse_args(words)
    given.notebooks = (some and given.notebooks) or [*course_notebooks().values()]
    given.profile = None if given.no_run else given.profile
    return given


def export(given: argparse.Namespace, make: Callable[[], Path], install: str) -> int:
    """Make the pages and say where they are, or what is wrong; return the exit status.

    Args:
        given: from `options`.
        make: makes them and returns the first; it imports what it needs.
        install: the remedy if a package is missing.
    """
    missing = [path for path in given.notebooks if not path.is_file()]
    if missing:
        problem = f"notebook = {str(missing[0])!r}: there is no such file."
        return stop(problem, "name one that is there, or none for the lessons of the course.")
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        first = make()
    except CellFailed as error:
        return stop(str(error), error.remedy)
    except (FileNotFoundError, ModuleNotFoundError) as error:
        return stop(f"{str(error).removesuffix('.')}.", install)
    except OSError as error:
        problem = f"out = {str(given.out)!r}: it cannot be written ({error.strerror})."
        return stop(problem, "name a folder that you may write to with --out.")
    say(f"Made: {str(first)!r}. Open it in a browser.")
    return 0
