"""Files that are written whole and read with suspicion."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dqn_lessons.config import Array

T = TypeVar("T")
_MAX_BYTES = 2**32


class CheckpointError(ValueError):
    """A file that is damaged, foreign, or not to be trusted."""


def write(path: str | Path, meta: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write arrays and what is known about them as an npz, all of it or nothing."""
    everything: dict[str, Any] = arrays | {"meta": np.frombuffer(json.dumps(meta).encode(), "u1")}
    atomically(path, "wb", lambda file: np.savez(file, **everything))


def atomically(path: str | Path, mode: str, fill: Callable[[Any], None]) -> None:
    """Whoever reads meets the old file or the whole new one, also after a crash.

    Raises:
        OSError: a full disk, or a folder that is missing or cannot be written.
    """
    path = Path(path)
    try:
        _replace(path, mode, fill)
    except OSError as error:
        kept = "What was there before is unchanged" if path.exists() else "Nothing was written"
        # The same number gives the same kind of error, such as PermissionError.
        raise OSError(
            error.errno or 0,
            f"{path} could not be saved: {error.strerror or error}. {kept}. "
            "Free some space, or save to a folder that you can write.",
        ) from error


def _replace(path: Path, mode: str, fill: Callable[[Any], None]) -> None:
    newline, encoding = (None, None) if "b" in mode else ("", "utf-8")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, mode, newline=newline, encoding=encoding) as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def read(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read what ``write`` wrote, if it is of this kind; a damaged file may raise anything."""
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > _MAX_BYTES:
        raise ValueError(f"it holds {size:,} bytes, the limit is {_MAX_BYTES:,}")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    meta = json.loads(arrays.pop("meta").tobytes())
    if meta["format"] != f"dqn-lessons {kind} 1":
        raise ValueError(f"its format is {meta['format']!r}")
    return meta, arrays


def guarded(path: str | Path, read: Callable[[], T]) -> T:
    """Whatever a damaged file makes Python say, say it in one sentence."""
    try:
        return read()
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise CheckpointError(
            f"{path} is damaged, or not a file of this course: {said}. "
            "Use a file written by dqn_lessons.experiments.checkpoint, or train again."
        ) from error
