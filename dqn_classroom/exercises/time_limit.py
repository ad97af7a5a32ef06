"""A time limit for a student's function: an endless loop is reported and never hangs."""

import ctypes
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any


class TooLong(BaseException):
    """The time is up. Not an Exception, so that ``except Exception`` does not swallow it."""


# A bare ``except:`` inside ``while True`` swallows even that, so the limit strikes again; and
# if that too is swallowed, so often that a strike soon falls between two tries.
_AGAIN_SECONDS = 0.05
_OFTEN_SECONDS = 20e-6
# A function that has computed for less than this part of the time sleeps, or waits for something.
_ASLEEP = 0.05
# For signals on their way through other threads: Python complains of one without a handler.
_LATE_SECONDS = 0.01


class Limit:
    """So many seconds from now on, for one call or for several together.

    What counts is what this process has computed: nobody is called slow because their computer is
    busy with something else. Who only sleeps has so many seconds by the clock.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._start, self._computed = time.monotonic(), time.process_time()

    def left(self) -> float:
        """Return when to look again whether the time is up, in seconds and above 0."""
        return max(self._start + self.seconds - time.monotonic(), 1e-3)

    def is_up(self) -> bool:
        """Return whether the time is up."""
        passed, worked = time.monotonic() - self._start, time.process_time() - self._computed
        return passed >= self.seconds and (worked >= self.seconds or worked < _ASLEEP * passed)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return ``function(*arguments)``, or raise `TooLong` once the time is up.

        On the main thread of a POSIX system a signal interrupts sleeping code too; elsewhere
        (Windows, a kernel's subshell) the exception arrives at the next Python instruction.
        One long computation inside C, such as ``sum(range(10**12))``, ends first in both cases,
        and there a loop that swallows every exception may go on.

        Raises:
            TooLong: the time is up.
        """
        on_main = threading.current_thread() is threading.main_thread()
        limited = _by_signal if hasattr(signal, "setitimer") and on_main else _by_watchdog
        return limited(self, function, arguments)


def _by_signal(limit: Limit, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    running, strikes = True, 0

    def strike(_number: int, _frame: FrameType | None) -> None:
        nonlocal strikes
        # A signal that another thread was given can come late, from the timer of an earlier call.
        if not running or not (strikes or limit.is_up()):
            return
        strikes += 1
        if strikes == 2:
            signal.setitimer(signal.ITIMER_REAL, _OFTEN_SECONDS, _OFTEN_SECONDS)
        raise TooLong

    handler = signal.signal(signal.SIGALRM, strike)
    timer = signal.getitimer(signal.ITIMER_REAL)
    try:  # a busy machine may let a short limit strike before setitimer returns
        signal.setitimer(signal.ITIMER_REAL, limit.left(), _AGAIN_SECONDS)
        return function(*arguments)
    finally:
        # First and without a call: Python looks for signals at calls, and none may strike here.
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if strikes:
            time.sleep(_LATE_SECONDS)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def _by_watchdog(limit: Limit, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    running, finished = True, threading.Event()
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    thread, too_long = ctypes.c_ulong(threading.get_ident()), ctypes.py_object(TooLong)

    def watch() -> None:
        wait, up = limit.left(), False
        while not finished.wait(wait):
            up = up or limit.is_up()
            if up and running:  # nothing comes between this look and the call
                raise_in(thread, too_long)
            wait = _AGAIN_SECONDS

    watchdog = threading.Thread(target=watch, daemon=True)
    try:
        watchdog.start()  # a short limit can be over before this returns
        return function(*arguments)
    finally:
        running = False
        raise_in(thread, None)  # takes back what was sent and has not arrived yet
        finished.set()
        watchdog.join()
