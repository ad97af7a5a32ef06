"""Make the slides: ``python -m dqn_classroom.instructor.slides [--out FOLDER] [NOTEBOOK ...]``."""

import sys
from pathlib import Path

from dqn_classroom.instructor import say
from dqn_classroom.instructor.export import export, options

_INSTALL = "run `make slides`, or: pip install sphinx-revealjs latex2mathml"


def main(words: list[str] | None = None) -> int:
    """Make the slides and say where they are; return the exit status.

    Args:
        words: the command line; None for that of the process.
    """
    about = "Turn notebooks into HTML slides that need no network."
    given = options(words, "slides", about, out="slides", profile="class")

    def make() -> Path:
        # nbconvert takes a second to load; a wrong file name is said without that wait.
        from dqn_classroom.instructor.slides.deck import make_deck
        from dqn_classroom.instructor.slides.files import copy_assets, write_index

        copy_assets(given.out)
        for path in given.notebooks:
            say(f"{path.name}: {'running' if given.profile else 'converting'}")
            make_deck(path, given.out, given.profile)
        return write_index(given.out)

    return export(given, make, _INSTALL)


if __name__ == "__main__":
    sys.exit(main())
