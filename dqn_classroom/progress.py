"""What a student has done: one small JSON file on their machine, and nothing of their code."""

import copy
import json
import os
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from dqn_lessons.experiments.files import atomic_write, regular

Change = Callable[[dict[str, Any]], None]

VERSION = 1
# Parts that files of earlier editions are without.
_LATER = ("clinic", "first_predictions", "first_quizzes", "votes")
# No count grows past this by working on the course.
MOST = 1_000_000
_LOCK_SECONDS = 5
# What could not be written yet: a session goes on in memory, and back to the file when it can.
_unsaved: list[Change] = []


def path() -> Path:
    """Return where progress is kept: $DQN_LESSONS_PROGRESS, else a file in the home folder.

    A link stays a link: this is its target.
    """
    named = os.environ.get("DQN_LESSONS_PROGRESS") or "~/.dqn-lessons/progress.json"
    return Path(os.path.realpath(Path(named).expanduser()))


def empty() -> dict[str, Any]:
    """Return the record of somebody who has just begun."""
    return {"version": VERSION, "exercises": {}, "predictions": {}, "quizzes": {}, "clinic": {}}


@cache
def _say_once(sentence: str) -> None:
    print(sentence)


def _is_whole(value: Any) -> bool:
    return type(value) is int  # True and False are none


def _is_count(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= MOST


def _are_counts(counts: Any) -> bool:
    return isinstance(counts, dict) and all(map(_is_count, counts.values()))


def _is_exercise(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("status"), str)
        and all(_is_count(entry.get(key)) for key in ("attempts", "hints"))
        and _are_counts(entry.get("mistakes"))
    )


def fault(record: Any) -> str:
    """Return what is wrong with a record, or nothing if every part is as this module writes it.

    The words quote nothing of the record, so that they can be shown wherever it came from.
    """
    if not isinstance(record, dict):
        return "it is no JSON object"
    if not _is_whole(record.get("version")) or record["version"] != VERSION:
        return f"its version is not {VERSION}"
    parts = {
        "exercises": _is_exercise,
        "predictions": _is_whole,
        "quizzes": _is_whole,
        "clinic": _are_counts,
        "first_predictions": _is_whole,
        "first_quizzes": _is_whole,
        "votes": _are_counts,
    }
    if not _is_count(record.get("seed", 0)):
        return "its seed is no count"
    for part, is_right in parts.items():
        entries = record.get(part, {} if part in _LATER else None)
        if not isinstance(entries, dict):
            return f"its part {part} is no JSON object"
        if not all(map(is_right, entries.values())):
            return f"an entry of {part} is malformed (a count must be whole, from 0 to {MOST:,})"
    return ""


def _set_aside(file: Path, why: str) -> str:
    """Give a file a name of its own beside it, and return that name."""
    number = 1
    while (aside := file.with_name(f"{file.stem}.{why}-{number}.json")).exists():
        number += 1
    os.replace(file, aside)
    return aside.name


def _lock(where: Path) -> Any:
    # One object per file, so that a kernel that holds it may take it again. Who waited in vain
    # once does not wait at every answer.
    lock = FileLock(f"{where}.lock", is_singleton=True)
    return lock.acquire(timeout=0 if _unsaved else _LOCK_SECONDS)


def _read(where: Path) -> dict[str, Any] | None:
    """Return the record in a file, empty if there is none, or None if the file is damaged."""
    try:
        record = json.loads(regular(where).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty()
    except (ValueError, RecursionError):
        return None
    version: Any = record.get("version") if isinstance(record, dict) else None
    if _is_whole(version) and version > VERSION:
        raise OSError(0, "a newer version of the course wrote it: update the course")
    return None if fault(record) else record


def _saved(where: Path) -> dict[str, Any]:
    """Return the record in the file; a damaged file is set aside and then empty.

    Raises:
        OSError: it cannot be read, or set aside: then it must not be replaced.
    """
    record = _read(where)
    if record is None:
        with _lock(where):
            # Read again: another notebook may have begun a new file meanwhile.
            record = _read(where)
            if record is None:
                aside = _set_aside(where, "damaged")
                was = "The progress file was damaged. It was kept as"
                _say_once(f"{was} {aside}; a new one was begun.")
    return record or empty()


def _reason(error: OSError) -> str:
    return getattr(error.__cause__ or error, "strerror", "") or "another program holds it"


def load() -> dict[str, Any]:
    """Return the record, with what could not be written yet; absent is empty."""
    where = path()
    try:
        record = _saved(where)
    except OSError as error:
        record = empty()
        if not _unsaved:  # else it was said, with more words
            _say_once(f"{where.name} cannot be read ({_reason(error)}). It is left as it is.")
    for change in _unsaved:
        change(record)
    return record


def update(change: Change) -> None:
    """Read the record, apply ``change`` to it and write it back, as one step.

    A lock keeps two notebooks from losing each other's answers. Where nothing can be read or
    written, one sentence says so and the session goes on in memory, until it can.

    Args:
        change: may be applied again, to what is in the file by then.
    """
    where = path()
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        with _lock(where):
            record = _saved(where)
            for each in (*_unsaved, change):
                each(record)
            with atomic_write(where) as file:
                json.dump(record, file, indent=1, sort_keys=True)
    except OSError as error:  # a lock that does not come free is one too
        _unsaved.append(change)
        _say_once(
            f"Progress cannot be saved in {where.name} ({_reason(error)}). It is kept until this "
            "kernel stops. To keep it, set DQN_LESSONS_PROGRESS to a file you can write."
        )
    else:
        if _unsaved:
            _unsaved.clear()
            _say_once.cache_clear()
            print(f"Progress is saved in {where.name} again, with what could not be before.")


def count_up(counts: dict[str, int], key: str) -> None:
    """Add one to a count, which grows no further than a file may say."""
    counts[key] = min(counts.get(key, 0) + 1, MOST)


def exercise_entry(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the entry of one exercise in a record, made if it is not there."""
    fresh = {"status": "not attempted", "attempts": 0, "hints": 0, "mistakes": {}}
    entry: dict[str, Any] = record["exercises"].setdefault(name, fresh)
    return entry


def note_answer(part: str, key: str, option: int) -> None:
    """Keep the answer to a question, as the last; the first one stays beside it.

    Args:
        part: ``predictions`` or ``quizzes``.
        key: the question.
        option: its number, from 0.
    """

    def change(record: dict[str, Any]) -> None:
        earliest = record[part].get(key, option)
        record.setdefault(f"first_{part}", {}).setdefault(key, earliest)
        record[part][key] = option

    update(change)


def own_seed() -> int:
    """Return a number of this student's own, made once."""
    if "seed" not in load():
        update(lambda record: record.setdefault("seed", random.randrange(MOST)))
    seed: int = load().get("seed", 0)
    return seed


def _replace(parts: dict[str, Any]) -> None:
    def change(record: dict[str, Any]) -> None:
        record.clear()
        record.update(copy.deepcopy(parts))

    update(change)


def restore(data: bytes) -> str:
    """Take over a progress file from elsewhere, and say so; one that is here is kept beside it.

    Args:
        data: the contents of the file; a name and answers, as in a hand-in, are left out.
    """
    try:
        brought = json.loads(data)
    except (ValueError, RecursionError):
        return "This is no progress file: it is not JSON. Nothing was changed."
    if problem := fault(brought):
        return f"This is no progress file: {problem}. Nothing was changed."
    said, where = "Progress was taken over. Run the cells again to see it.", path()
    try:
        if _saved(where) != empty():
            with _lock(where):
                said += f" What was here is kept as {_set_aside(where, 'before')}."
    except OSError as error:
        return f"{where} cannot be written ({_reason(error)}). Nothing was changed."
    parts = {name: part for name, part in brought.items() if name not in ("student", "answers")}
    _replace(parts)
    return said


def note_diagnosis(bug: str, said: str) -> None:
    """Count how often a planted bug was taken for what."""

    def change(record: dict[str, Any]) -> None:
        count_up(record.setdefault("clinic", {}).setdefault(bug, {}), said)

    update(change)


def reset_progress() -> None:
    """Forget everything: exercises, predictions, quiz answers and diagnoses."""
    _replace(empty())
    print("Your progress was reset.")
