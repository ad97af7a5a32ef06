"""Run a function on what a stranger wrote: in a process of its own, with limits, for one answer.

`held` says what keeps each limit on this machine. The system stops all code. Python's audit hook
stops what is written in Python, but not machine code.
"""

import ctypes
import json
import multiprocessing
import os
import secrets
import struct
import sys
import threading
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import Any

MEMORY = 2 << 30  # bytes, beyond what the course itself takes
LONGEST = 1_000_000  # bytes of an answer
# Loading the course takes seconds, on a busy machine a minute; a student's time begins after it.
_START_SECONDS = 120
_SYSTEM, _PYTHON, _NOTHING = "the system", "Python alone", "nothing"
_FORBIDDEN = (
    "os.", "socket.", "subprocess.", "shutil.", "ctypes.", "gc.", "pty.", "fcntl.", "mmap.",
    "sqlite3.", "winreg.", "_winapi.", "msvcrt.", "signal.pthread_kill",
)  # fmt: skip
# To look about does no harm, and the check itself puts folder and environment back.
_ALLOWED = ("os.listdir", "os.scandir", "os.walk", "os.chdir", "os.putenv", "os.unsetenv")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# A server that has the course loaded forks for each answer. Windows has none, and macOS forks no
# process that has loaded so much: there each loads the course again.
_LINUX = sys.platform == "linux"
_CONTEXT: Any = multiprocessing.get_context("forkserver" if _LINUX else "spawn")
if _LINUX:
    _CONTEXT.set_forkserver_preload(["dqn_classroom.instructor.grade.judge"])


def run(job: str, *given: Any, seconds: float) -> dict[str, Any]:
    """Call a function in a process of its own.

    Args:
        job: its name, as in ``package.module:function``; it returns a dictionary for JSON.
        given: its arguments.
        seconds: from when the course is loaded.

    Returns:
        What it returns and, under ``reason``, why that is nothing; under ``held``, what keeps
        each limit.
    """
    token, late, held = secrets.token_hex(16), threading.Event(), {}
    receive, send = _CONTEXT.Pipe(duplex=False)
    with TemporaryDirectory(ignore_cleanup_errors=True) as home:
        words = (send, token, home, seconds, job, given)
        process = _CONTEXT.Process(target=_inside, args=words, daemon=True)
        process.start()
        send.close()

        def stop() -> None:
            late.set()
            process.kill()

        timers = [threading.Timer(limit, stop) for limit in (_START_SECONDS, seconds)]
        try:
            # Bytes, as an object would be unpickled: whoever writes into the pipe would run here.
            timers[0].start()
            held = json.loads(receive.recv_bytes(LONGEST))
            timers[0].cancel()
            timers[1].start()
            said = receive.recv_bytes(LONGEST)
            if said.startswith(token.encode()):
                return dict(json.loads(said[len(token) :]), held=held)
            reason = "wrote a result of its own"
        except (EOFError, OSError):  # nothing came, or more than is read
            process.join(5)
            reason = f"took more than {seconds:g} seconds"
            reason = reason if late.is_set() else f"ended its process (status {process.exitcode})"
        finally:
            for timer in timers:
                timer.cancel()
            process.kill()
            process.join()
            receive.close()
    return {"reason": reason, "held": held}


def _inside(send: Any, token: str, home: str, seconds: float, job: str, given: Any) -> None:
    """Limit this process, call the function, say what it returned, and end."""

    def say(answer: dict[str, Any]) -> None:
        send.send_bytes(f"{token}{json.dumps(answer)}".encode())

    def watch(event: str, words: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(words[2], int) and words[2] & _WRITING
        if writes or (event.startswith(_FORBIDDEN) and event not in _ALLOWED):
            say({"reason": f"tried {'to write a file' if writes else event}"})
            os._exit(1)

    function = resolve_name(job)
    held = _limit(home, int(seconds) + 30)
    sys.addaudithook(watch)
    send.send_bytes(json.dumps(held).encode())
    try:
        say(function(*given))
    except MemoryError:
        say({"reason": f"needs more than {MEMORY >> 30} GiB of memory"})
    os._exit(0)


def _limit(home: str, seconds: int) -> dict[str, str]:
    """Set the limits of this process; return what keeps each."""
    os.chdir(home)
    os.environ["DQN_LESSONS_PROGRESS"] = os.path.join(home, "progress.json")
    sys.dont_write_bytecode = True
    for stream in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    held = {"time": _SYSTEM, "memory": _NOTHING, "files": _PYTHON, "network": _PYTHON}
    if os.name == "nt":  # looked up once, for the time limit, before ctypes is forbidden
        _ = ctypes.pythonapi.PyThreadState_SetAsyncExc
        return held
    import resource

    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    if _LINUX:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + MEMORY
        limits[resource.RLIMIT_NPROC] = 0  # not for root
        held |= {"memory": _SYSTEM} | _linux()
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))
    return held


def _linux() -> dict[str, str]:
    """Leave the network; give up writing, making and removing files: Landlock, Linux 5.13."""
    libc, held = ctypes.CDLL(None, use_errno=True), {}
    if libc.unshare(0x10000000 | 0x40000000) == 0:  # CLONE_NEWUSER | CLONE_NEWNET
        held["network"] = _SYSTEM
    # 444 makes a set of rules and 446 keeps them; bits 1 and 4 to 12 forbid, and no rule allows.
    bits = sum(1 << bit for bit in (1, *range(4, 13)))
    if libc.syscall(444, None, 0, 1) >= 3:  # the version that knows how to forbid truncation
        bits |= 1 << 14
    rules = libc.syscall(444, struct.pack("Q", bits), 8, 0)
    # 38 is PR_SET_NO_NEW_PRIVS, which Landlock asks for.
    if rules >= 0 and libc.prctl(38, 1, 0, 0, 0) == 0 and libc.syscall(446, rules, 0) == 0:
        held["files"] = _SYSTEM
    return held
