"""A time limit for a student's function: an endless loop is reported and never hangs."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLong(BaseException):
    """The time is up. Not an Exception, so that ``except Exception`` does not swallow it."""


# A bare ``except:`` inside ``while True`` swallows even that, so the limit strikes again.
_REPEAT_SECONDS = 0.05


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLong` inside the block once ``seconds`` have passed, again and again.

    On the main thread of a POSIX system a signal interrupts sleeping code too; elsewhere
    (Windows, a kernel's subshell) the exception arrives at the next Python instruction.
    """
    on_main = threading.current_thread() is threading.main_thread()
    if hasattr(signal, "setitimer") and on_main:
        yield from _by_signal(seconds)
    else:
        yield from _by_watchdog(seconds)


def _by_signal(seconds: float) -> Iterator[None]:
    def strike(_number: int, _frame: FrameType | None) -> None:
        raise TooLong

    previous = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT_SECONDS)
    try:
        yield
    finally:
        # Ignored first: an alarm between these lines must not strike the caller.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _by_watchdog(seconds: float) -> Iterator[None]:
    finished = threading.Event()
    lock = threading.Lock()
    thread = ctypes.c_ulong(threading.get_ident())

    def watch() -> None:
        wait = seconds
        while not finished.wait(wait):
            with lock:
                if not finished.is_set():
                    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
                    raise_in(thread, ctypes.py_object(TooLong))
            wait = _REPEAT_SECONDS

    watchdog = threading.Thread(target=watch, daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        with lock:
            finished.set()
            # Takes back an exception that was sent and has not arrived yet.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)
        watchdog.join()
