"""The lessons in a folder of one's own, brought up to date and never over a changed file.

What was copied is kept in the folder, in ``.dqn-lessons.json``: lesson -> the checksums of every
version of it that the folder was given. A file with one of them is as the course made it.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from importlib import metadata
from itertools import count
from pathlib import Path

from dqn_lessons.experiments.files import atomic_write, regular

RECORD = ".dqn-lessons.json"
_ROOT = Path(__file__).resolve().parents[1]
# The same wherever the command is started: what a student wrote is found again.
DEFAULT = "~/dqn-lessons"


def clone() -> Path | None:
    """Return the folder of the repository if the course runs from one."""
    cloned = (_ROOT / "pyproject.toml").is_file() and (_ROOT / "notebooks").is_dir()
    return _ROOT if cloned else None


def course_notebooks() -> dict[str, Path]:
    """Return the notebooks that came with the course, name -> file, in their order."""
    if root := clone():
        files = list((root / "notebooks").glob("*.ipynb"))
    else:
        installed = metadata.files("dqn-lessons") or []
        files = [Path(str(file.locate())) for file in installed if file.suffix == ".ipynb"]
    return {file.name: file for file in sorted(files)}


def _checksum(file: Path) -> str | None:
    """Return a file's checksum; None if it is not there, and empty if it cannot be read."""
    try:
        return sha256(regular(file).read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError:
        return ""


def _record(folder: Path) -> dict[str, list[str]]:
    """Return what the folder was given; without a usable record, nothing: then no file is ours."""
    try:
        found = json.loads(regular(folder / RECORD).read_text(encoding="utf-8"))
        return {name: [*map(str, sums)] for name, sums in found.items()}
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return {}


def _places(file: Path) -> Iterator[Path]:
    yield file
    yield file.with_stem(f"{file.stem}.new")
    yield from (file.with_stem(f"{file.stem}.new-{number}") for number in count(2))


def update(folder: Path) -> list[str]:
    """Bring the lessons in a folder up to date; return what there is to say, a line each.

    A lesson that is missing, or as an earlier version of the course made it, is written. One that
    was changed, or cannot be read, stays as it is: the new version is written beside it, once.

    Args:
        folder: made if it is not there. The course's own folder is left alone.

    Raises:
        OSError: the folder cannot be written.
    """
    course = course_notebooks()
    if folder.resolve() in {file.parent.resolve() for file in course.values()}:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    given, said, number = _record(folder), [], 0
    for name, file in course.items():
        data = file.read_bytes()
        new, known = sha256(data).hexdigest(), given.setdefault(name, [])
        for place in _places(folder / name):
            found = _checksum(place)
            if found is None or (found != new and found in known):
                with atomic_write(place, "wb") as out:
                    out.write(data)
                number += 1
                if place.name != name:
                    said.append(f"{name} was changed here and stays. The new one: {place.name}")
            elif found != new and new not in known:
                continue
            break
        known += [new] * (new not in known)
    for name in sorted(set(given) - set(course)):
        if given.pop(name) and (folder / name).exists():
            said.append(f"{name} is no longer a lesson of the course under this name. It stays.")
    with atomic_write(folder / RECORD) as out:
        json.dump(given, out, indent=1)
    copied = f"{number} notebook{'s' * (number > 1)} copied to {folder}"
    return [copied, *said] if number else said
