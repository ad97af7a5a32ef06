"""What a student's function may change for the whole program is put back, and its output is cut."""

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any

import numpy as np

MOST = 4_000  # characters of output, or of a sentence


def cut(text: str, most: int = MOST) -> str:
    """Return a text, or its beginning if it is long."""
    return text if len(text) <= most else f"{text[:most]} ... (cut: {len(text):,} characters)"


class _Beginning(io.TextIOBase):
    """Passes on the first kilobytes: an endless print would fill the notebook."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._left = stream, MOST

    def write(self, text: str) -> int:
        if self._left > 0 and self._stream is not None:
            self._stream.write(text[: self._left])
            if len(text) > self._left:
                self._stream.write(f"\n... (cut after {MOST:,} characters)\n")
        self._left -= len(text)
        return len(text)


def short_output() -> ExitStack:
    """Return a context in which only the beginning of what is printed comes through."""
    stack = ExitStack()
    stack.enter_context(redirect_stdout(_Beginning(sys.stdout)))
    stack.enter_context(redirect_stderr(_Beginning(sys.stderr)))
    return stack


def silent() -> ExitStack:
    """Return a context in which nothing that is printed or warned of comes through."""
    stack = ExitStack()
    stack.enter_context(redirect_stdout(io.StringIO()))
    stack.enter_context(redirect_stderr(io.StringIO()))
    stack.enter_context(put_back())
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    return stack


def _settings() -> dict[str, Any]:
    """What decides how PyTorch computes, if it was loaded."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return {}
    return {
        "set_grad_enabled": torch.is_grad_enabled(),
        "set_default_dtype": torch.get_default_dtype(),
        "set_default_device": torch.get_default_device(),
    }


@contextmanager
def put_back() -> Iterator[list[str]]:
    """Put back settings, print options, filters of warnings and the current folder.

    Yields:
        A list: at the end it names the settings of PyTorch that had been changed.
    """
    settings, changed, torch = _settings(), list[str](), sys.modules.get("torch")
    options = vars(torch._tensor_str.PRINT_OPTS) if torch else {}
    printed, folder = dict(options), "."
    with suppress(OSError):  # it may be gone already
        folder = os.getcwd()
    with warnings.catch_warnings(), np.printoptions(), np.errstate():
        try:
            yield changed
        finally:
            options.update(printed)
            with suppress(OSError):
                os.chdir(folder)
            for name, value in _settings().items():
                before = settings.get(name, value)
                if value != before:
                    changed.append(f"torch.{name}")
                    none = name == "set_default_device" and before.type == "cpu"
                    getattr(torch, name)(None if none else before)
