"""What a hostile cell would do if no word of it were looked at: each runs in the sandbox."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np

# Taken before the audit hook is set: what machine code could call, past all that Python watches.
_LIBC = ctypes.CDLL(None) if os.name == "posix" else None
_NAMES = ("abort", "open", "unlink", "truncate", "socket", "connect")
CALL = {name: getattr(_LIBC, name, None) for name in _NAMES}


def answer(word):
    return {"word": word}


def loops(_path):
    while True:
        time.sleep(0.01)


def asks_for_memory(_path):
    taken = []
    while True:
        taken.append(np.ones(10_000_000))


def writes(path):
    with open(path, "w", encoding="utf-8"):
        pass


def removes(path):
    os.remove(path)


def renames(path):
    os.rename(path, f"{path}.gone")


def connects(_path):
    socket.create_connection(("127.0.0.1", 9))


def starts_a_process(_path):
    subprocess.run([sys.executable, "-c", "1"], check=True)


def forks(_path):
    os.fork()


def kills_its_parent(_path):
    os.kill(os.getppid(), 9)


def leaves(_path):
    os._exit(0)


def crashes(_path):
    CALL["abort"]()


def prints_without_end(_path):
    for _ in range(20_000):
        print("x" * 10_000)
    return {"word": "printed"}


def answers_at_length(_path):
    return {"word": "x" * 2_000_000}


def forges(_path):
    """Write what looks like an answer into every open pipe, and leave."""
    forged = b'{"status": "passes", "mistake": "", "text": ""}'
    for number in range(3, 64):
        try:
            os.write(number, len(forged).to_bytes(4, "big") + forged)
        except OSError:
            continue
    os._exit(0)


def catches(path):
    """Go on after what is forbidden, as if nothing had happened."""
    with suppress(BaseException):
        os.remove(path)
    return {"word": "went on"}


def past_the_hook(path, port):
    """Return what machine code is allowed: each -1 is a refusal."""
    flags = os.O_CREAT | os.O_WRONLY
    address = (2).to_bytes(2, "little") + int(port).to_bytes(2, "big") + bytes([127, 0, 0, 1])
    plug = CALL["socket"](2, 1, 0)
    return {
        "made": CALL["open"](f"{path}.new".encode(), flags, 0o600),
        "opened": CALL["open"](path.encode(), os.O_WRONLY),
        "removed": CALL["unlink"](path.encode()),
        "truncated": CALL["truncate"](path.encode(), ctypes.c_long(0)),
        "connected": CALL["connect"](plug, address + bytes(8), 16),
    }
