"""For anyone who teaches: lecture mode, slides, the summary of a class; what they say."""

import sys
from typing import TextIO


def say(text: str, file: TextIO | None = None) -> None:
    """Print a line; a character that the terminal cannot show becomes an escape."""
    stream = file or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def stop(problem: str, remedy: str) -> int:
    """Say what is wrong and what to do about it; return the exit status."""
    say(f"{problem}\nRemedy: {remedy}", sys.stderr)
    return 1


def plural(number: int, name: str) -> str:
    """Return a number with its noun: 1 file, 2 files."""
    return f"{number:,} {name}" + ("" if number == 1 else "s")
