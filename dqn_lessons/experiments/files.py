"""Files that are written whole or not at all, and read only if they have an end."""

import errno
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# A writer that was killed leaves its half behind. One that lives touches it more often than this.
_UNFINISHED, _ORPHAN_SECONDS = ".unfinished", 600


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[Any]:
    """Open a file to write: a reader meets the old one or the whole new one, even if it fails.

    Args:
        path: the file; an older one is replaced at the end of the block, the target of a link.
        mode: ``"w"`` for text in UTF-8, ``"wb"`` for bytes.

    Yields:
        The open file.

    Raises:
        OSError: of the system's kind: a full disk, a folder that is missing or may not be written.
    """
    path, temporary = Path(path), ""
    text: Any = {} if "b" in mode else {"newline": "", "encoding": "utf-8"}
    try:
        target = Path(os.path.realpath(path))
        prefix = f".{target.name[:100]}."
        temporary = f"{target.parent / prefix}{secrets.token_hex(6)}{_UNFINISHED}"
        with open(temporary, mode.replace("w", "x"), **text) as file:
            _remove_orphans(target.parent, prefix, os.path.getmtime(temporary))
            yield file
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, temporary) if target.exists() else None
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):  # there may be none yet
            os.unlink(temporary)
        if not isinstance(error, OSError):
            raise
        kept = "What was there before is unchanged" if path.exists() else "Nothing was written"
        said = f"{path} could not be saved: {error.strerror or error}. {kept}. Free some space, or"
        raise OSError(error.errno or 0, f"{said} save to a folder that you can write.") from error


def _remove_orphans(folder: Path, prefix: str, now: float) -> None:
    for file in folder.glob(f"{glob.escape(prefix)}*{_UNFINISHED}"):
        with suppress(OSError):  # another process may be faster
            if now - file.stat().st_mtime > _ORPHAN_SECONDS:
                file.unlink()


def regular(path: str | Path) -> Path:
    """Return a path, or raise OSError for a FIFO or a device: those may never end."""
    if (path := Path(path)).exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return path
