"""Progress files from a folder that anyone may have written to."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from dqn_classroom import progress

LIMIT = 1_000_000
# A name may turn into a link or a FIFO between the look and the opening: neither is followed
# then, nor waited for. Windows has no such flags.
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class UnusableError(Exception):
    """A file is left out; the message says why and quotes nothing of it."""


@dataclass
class Reading:
    """What was found in a folder.

    Args:
        records: the usable progress files, without their names.
        skipped: (path below the folder, reason) of each file that was left out.
        copies: number of files equal to another and not counted again.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    copies: int = 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise UnusableError("a name stands twice in one JSON object")
    return made


def _no_constant(name: str) -> None:
    raise UnusableError(f"{name} is no JSON number")


def parse(data: bytes) -> dict[str, Any]:
    """Return the progress record that a file holds.

    Args:
        data: the bytes of the file.

    Raises:
        UnusableError: it is no progress file of this version of the course.
    """
    if len(data) > LIMIT:
        raise UnusableError(f"it is larger than {LIMIT:,} bytes")
    try:
        text = data.decode("utf-8")
        record = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise UnusableError("it is not UTF-8 text") from None
    except json.JSONDecodeError:
        raise UnusableError("it is not JSON") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise UnusableError("it holds a number of too many digits") from None
    except RecursionError:
        raise UnusableError("it is nested too deeply") from None
    if problem := progress.fault(record):
        raise UnusableError(problem)
    return dict(record)


def candidates(folder: Path, *endings: str) -> Iterator[tuple[Path, str]]:
    """Yield each file below a folder whose name ends so, with the reason if it must stay closed."""
    folders = [folder]
    while folders:
        here = folders.pop()
        try:
            names = sorted(os.listdir(here))
        except OSError as error:
            yield here, f"this folder cannot be opened ({error.strerror})"
            continue
        for path in (here / name for name in names):
            named = path.name.lower().endswith(endings)
            if os.path.islink(path):
                if named or os.path.isdir(path):
                    yield path, "it is a link, and links are not followed"
            elif os.path.isdir(path):
                folders.append(path)
            elif named:
                yield path, "" if os.path.isfile(path) else "it is not an ordinary file"


def _open(path: Path) -> BinaryIO:
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | _CAREFUL))


def _read(path: Path) -> bytes:
    try:
        with _open(path) as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise UnusableError(f"it cannot be read ({error.strerror})") from None


def read_folder(folder: Path, keep_copies: bool = False) -> Reading:
    """Read every progress file below a folder; links are not followed, and no file makes it fail.

    Args:
        folder: where to look.
        keep_copies: count files that are equal byte for byte each by itself.

    Returns:
        The records, and what was left out and why. No file makes it fail.
    """  # noqa: DOC501 (it is caught here)
    found, seen = Reading(), set()
    for path, reason in candidates(folder, ".json"):
        try:
            if reason:
                raise UnusableError(reason)
            data = _read(path)
            record = parse(data)
        except UnusableError as error:
            found.skipped.append((str(path.relative_to(folder)), str(error)))
            continue
        if (digest := hashlib.sha256(data).digest()) in seen and not keep_copies:
            found.copies += 1
        else:
            seen.add(digest)
            found.records.append(record)
    return found
