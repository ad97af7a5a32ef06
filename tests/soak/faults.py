"""Kills, full disks, two writers, flipped bits, bombs, and environments that nobody was told of."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dqn_lessons.experiments import checkpoint
from dqn_lessons.train import train
from tests.core import gym_helpers
from tests.soak.bad_values import no_hang
from tests.soak.entry_points import ARM

Row = tuple[str, str, str]
Counts = tuple[str, list[str]]  # what was found, and the faults

# Writers for a process of its own; each says "ready" and writes until it is killed.
SAVES = """
    from tests.soak.entry_points import ARM
    from dataclasses import replace
    from dqn_lessons.experiments import checkpoint
    from dqn_lessons.train import Run
    sizes = [100_000, 100_001]
    runs = [Run(replace(ARM, steps=n, replay_capacity=n, eval_period=10**6), [0]) for n in sizes]
    for run in runs:
        run.step = run.replay.added = run.config.steps
    print("ready", flush=True)
    while True:
        for run in runs:
            checkpoint.save(PATH, run)
"""
COUNTS = """
    from dqn_classroom import progress
    print("ready", flush=True)
    while True:
        progress.update(lambda r: progress.count_up(progress.exercise_entry(r, "x"), "attempts"))
        print("x", end="", flush=True)
"""


def _start(code: str, folder: Path, **env: str) -> subprocess.Popen[str]:
    lines = code.replace("PATH", repr(str(folder / "run.npz"))).splitlines()
    return subprocess.Popen(
        [sys.executable, "-c", "\n".join(line[4:] for line in lines)],
        env={**os.environ, "DQN_LESSONS_PROGRESS": str(folder / "progress.json"), **env},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def _killed(code: str, folder: Path, rng: random.Random) -> str:
    """Kill a writer at a moment that nobody chose; return what it had said."""
    process = _start(code, folder)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(rng.uniform(0, 0.2))
    process.send_signal(signal.SIGKILL)
    return process.communicate()[0]


def _age(folder: Path) -> None:
    for orphan in folder.glob(".*.unfinished"):
        os.utime(orphan, (1e9, 1e9))


def kills(times: int, seed: int, folder: Path) -> Counts:
    """Kill writers of checkpoints and of progress: nothing is lost, mixed or left for ever."""
    rng, faults, orphans, made = random.Random(seed), [], 0, 0
    for number in range(times // 2):
        _killed(SAVES, folder, rng)
        orphans += len(list(folder.glob(".run.npz.*")))
        _age(folder)
        try:
            if (folder / "run.npz").exists():
                run = checkpoint.load(folder / "run.npz")
                if run.step not in (100_000, 100_001):
                    faults.append(f"kill {number}: step {run.step}")
                checkpoint.save(folder / "run.npz", run)  # which removes what is left
        except Exception as error:
            faults.append(f"kill {number}: {error}")
        said = _killed(COUNTS, folder, rng)
        _age(folder)
        made += len(said)
        record = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        kept = record["exercises"]["x"]["attempts"] if "x" in record["exercises"] else 0
        if kept - made not in (0, 1):  # the last one may be written and not yet said
            faults.append(f"kill {number}: {kept} of {made} answers kept")
        made = kept
    left = [p.name for p in folder.glob(".run.npz.*")]
    faults += [f"left for ever: {left}"] if left else []
    return f"{2 * (times // 2)} kills, {orphans} halves left and removed, {made} answers", faults


def two_writers(times: int, seed: int, folder: Path) -> Counts:
    """Two processes write one progress file: both count."""
    code = COUNTS.replace("while True", f"for _ in range({times})")
    workers = [_start(code, folder) for _ in range(2)]
    for worker in workers:
        worker.communicate(timeout=600)
    record = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    kept = record["exercises"]["x"]["attempts"]
    return f"{kept} of {2 * times} answers", [] if kept == 2 * times else [f"{kept} kept"]


FULL = """
    import resource, signal, sys
    from tests.soak.entry_points import ARM
    from dqn_classroom import progress
    from dqn_lessons.experiments import checkpoint
    from dqn_lessons.train import train
    run = train(ARM, [0], progress=False)
    count = lambda: progress.update(
        lambda r: progress.count_up(progress.exercise_entry(r, "x"), "attempts"))
    checkpoint.save(PATH, run)
    count()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), most[1]))
    try:
        checkpoint.save(PATH, run)
        print("saved")
    except OSError as error:
        print("unchanged" if "What was there before is unchanged" in str(error) else error)
    count()
    resource.setrlimit(resource.RLIMIT_FSIZE, most)
    checkpoint.load(PATH)
    count()
    print(progress.load()["exercises"]["x"]["attempts"])
"""


def full_disk(times: int, seed: int, folder: Path) -> Counts:
    """Let files grow to so many bytes only: the old file stays, and progress goes back to it."""
    faults = []
    for size in range(0, 40 * times, 40):
        process = _start(FULL.replace("sys.argv[1]", str(size)), folder)
        said = process.communicate(timeout=120)[0].split("\n")
        kept = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        if process.returncode or "unchanged" not in said or said[-2] != "3":
            faults.append(f"{size} bytes: {said}")
        elif kept["exercises"]["x"]["attempts"] != 3 or list(folder.glob(".*.unfinished")):
            faults.append(f"{size} bytes: {kept}, {list(folder.iterdir())}")
        (folder / "progress.json").unlink()
    return f"{times} disks", faults


def bit_flips(times: int, seed: int, folder: Path) -> Counts:
    """Flip one bit of a checkpoint: it is refused, or what is loaded is the same."""
    rng, path, refused, faults = random.Random(seed), folder / "run.npz", 0, []
    run = train(replace(ARM, steps=31), [0, 5], progress=False)
    checkpoint.save(path, run)
    whole = path.read_bytes()
    for _ in range(times):
        data, place = bytearray(whole), rng.randrange(8 * len(whole))
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)
        try:
            loaded = checkpoint.load(path)
        except checkpoint.CheckpointError:
            refused += 1
            continue
        except Exception as error:
            faults.append(f"bit {place}: {type(error).__name__}: {error}")
            continue
        same = np.array_equal(loaded.online.flat, run.online.flat) and loaded.step == run.step
        if not same or loaded.replay.rows.tobytes() != run.replay.rows.tobytes():
            faults.append(f"bit {place}: another run was loaded")
    return f"{times} bits, {refused} refused", faults


def bombs(times: int, seed: int, folder: Path) -> Counts:
    """Members of up to 4 GB in a few megabytes: refused before memory is taken."""
    path, most, faults = folder / "run.npz", 0.0, []
    checkpoint.save(path, train(ARM, [0], progress=False))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in sorted(members):
        array = np.load(io.BytesIO(members[name]))
        head = io.BytesIO()
        size = 400_000_000 // array.dtype.itemsize
        descr: Any = array.dtype.descr if array.dtype.names else array.dtype.str
        shape = {"descr": descr, "fortran_order": False, "shape": (size,)}
        np.lib.format.write_array_header_1_0(head, shape)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for other, data in members.items():
                if other != name:
                    archive.writestr(other, data)
            with archive.open(name, "w") as file:
                file.write(head.getvalue())
                for _ in range(400):
                    file.write(bytes(1_000_000))
        tracemalloc.start()
        try:
            checkpoint.load(path)
            faults.append(f"{name}: loaded")
        except checkpoint.CheckpointError:
            pass
        most = max(most, tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    if most > 50:
        faults.append(f"{most:.0f} MB taken")
    return f"{len(members)} bombs, at most {most:.0f} MB", faults


def odd_environments(times: int, seed: int, folder: Path) -> Counts:
    """What no environment should give is named by environment, step and value."""
    faults = []
    for name, (gives, _) in gym_helpers.ODD.items():
        config = replace(ARM, env_id=gym_helpers.odd(**gives), steps=400, eval_period=200)
        try:
            with no_hang(name):
                train(config, [0, 1], progress=False)
            faults.append(f"{name}: trained")
        except ValueError as error:
            if "env_id = 'tests/Odd-v0': its" not in str(error) or " at step " not in str(error):
                faults.append(f"{name}: {error}")
    config = replace(ARM, env_id="tests/Forgetful-v0", steps=50)
    checkpoint.save(folder / "forgetful.npz", train(config, [0], progress=False))
    try:
        checkpoint.load(folder / "forgetful.npz")
        faults.append("Forgetful: resumed elsewhere")
    except checkpoint.CheckpointError:
        pass
    return f"{len(gym_helpers.ODD) + 1} environments", faults


# name -> (check, times where the figure is one)
CHECKS: dict[str, tuple[Callable[[int, int, Path], Counts], float]] = {
    "kills": (kills, 1),
    "two writers": (two_writers, 1),
    "full disk": (full_disk, 0.1),
    "bit flips": (bit_flips, 10),
    "zip bombs": (bombs, 1),
    "odd environments": (odd_environments, 1),
}


def check(times: int, seed: int) -> list[Row]:
    """Do all of it.

    Args:
        times: kills, and answers of each of two writers; ten times as many bits are flipped.
        seed: of moments and places.

    Returns:
        Rows of the table: what was done, what was found, the first fault or nothing.
    """
    rows = []
    for name, (one, factor) in CHECKS.items():
        with tempfile.TemporaryDirectory() as folder:
            told, faults = one(max(2, int(factor * times)), seed, Path(folder))
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        rows.append((name, told, faults[0] + more if faults else ""))
        print(*rows[-1], file=sys.stderr, flush=True)
    return rows
