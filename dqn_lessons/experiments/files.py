"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[Any]:
    """Open a file to write: a reader meets the old one or the whole new one, even if it fails.

    Args:
        path: the file; an older one is replaced at the end of the block.
        mode: ``"w"`` for text in UTF-8, ``"wb"`` for bytes.

    Yields:
        The open file.

    Raises:
        OSError: a full disk, or a folder that is missing or cannot be written.
    """
    path, temporary = Path(path), ""
    text: Any = {} if "b" in mode else {"newline": "", "encoding": "utf-8"}
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        with os.fdopen(handle, mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):  # there may be none yet
            os.unlink(temporary)
        if not isinstance(error, OSError):
            raise
        kept = "What was there before is unchanged" if path.exists() else "Nothing was written"
        said = f"{path} could not be saved: {error.strerror or error}. {kept}. "
        remedy = "Free some space, or save to a folder that you can write."
        # The same number gives the same kind of error, such as PermissionError.
        raise OSError(error.errno or 0, said + remedy) from error
