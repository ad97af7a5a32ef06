"""Random damage to files: each is refused in a sentence, or was no damage."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dqn_classroom.shipped import FOLDER
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.train import train
from tests.soak.bad_values import Fault, no_hang
from tests.soak.entry_points import ARM

Load = Callable[[Path], Any]


def originals(folder: Path) -> list[tuple[str, Load, bytes]]:
    """Good files of every kind: (name, how it is read, contents), made in ``folder`` or shipped."""
    recorder = FlightRecorder(every=12, learner=1)
    run = train(replace(ARM, steps=31), [0, 5], on_eval=recorder, progress=False)
    checkpoint.save(folder / "run.npz", run)
    checkpoint.save_history(folder / "history.npz", run.history)
    checkpoint.save_flight(folder / "flight.npz", recorder)
    shipped = sorted(FOLDER.glob("Acrobot-*.npz"))[0]
    files = [
        (folder / "run.npz", checkpoint.load),
        (folder / "history.npz", checkpoint.load_history),
        (folder / "flight.npz", checkpoint.load_flight),
        (shipped, checkpoint.load_history),
        (sorted(FOLDER.glob("*.flight.npz"))[0], checkpoint.load_flight),
        (*FOLDER.glob("*.run.npz"), checkpoint.load),
    ]
    return [(path.name, load, path.read_bytes()) for path, load in files]


def damage(rng: np.random.Generator, whole: bytes) -> bytes:
    """Return a file to which something happened: on the disk, on the way, or on purpose."""
    inside = zipfile.is_zipfile(io.BytesIO(whole)) and rng.random() < 0.6
    return _inside(rng, whole) if inside else _outside(rng, whole)


def _outside(rng: np.random.Generator, whole: bytes) -> bytes:
    data = bytearray(whole)
    start, stop = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    kind = rng.integers(6)
    if kind == 0:
        for place in rng.integers(0, len(data), rng.integers(1, 20)):
            data[place] ^= int(rng.integers(1, 256))
    elif kind == 1:
        del data[start:]
    elif kind == 2:
        del data[start:stop]
    elif kind == 3:
        data[start:start] = rng.bytes(50)
    elif kind == 4:
        data[start:stop] = bytes(stop - start)
    else:
        data += data[start:stop]
    return bytes(data)


def _inside(rng: np.random.Generator, whole: bytes) -> bytes:
    """Change one member and write the archive anew, so that its checksums are right."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "meta.npy" if rng.random() < 0.4 else rng.choice(list(members))
    name = name if name in members else str(rng.choice(list(members)))
    kind = rng.integers(4)
    if name == "meta.npy":
        members[name] = _changed_meta(rng, members[name])
    elif kind == 0:
        del members[name]
    elif kind == 1:
        members[name] = members[str(rng.choice(list(members)))]
    else:
        members[name] = _outside(rng, members[name])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return file.getvalue()


_JSON = [
    *(None, True, -1, 0, 10**9, 10**12, 10**30, 0.5, 1e308, float("nan"), "", "x", [], [0], {}),
    *([[1]], "os:system", "CartPole-v1", "Pendulum-v1", [0, 0], list(range(5_000)), {"gamma": 2}),
]


def _changed_meta(rng: np.random.Generator, member: bytes) -> bytes:
    meta = json.loads(np.load(io.BytesIO(member)).tobytes())
    value = _JSON[rng.integers(len(_JSON))]
    part = meta["config"] if rng.random() < 0.5 else meta
    part[str(rng.choice(list(part)))] = value
    file = io.BytesIO()
    np.save(file, np.frombuffer(json.dumps(meta).encode(), np.uint8))
    return file.getvalue()


def judge(load: Load, path: Path) -> str:
    """Return ``"refused"`` or ``"read"``.

    Raises:
        Fault: an error without a sentence, or none of ours.
    """
    with no_hang(path.name):
        try:
            load(path)
        except ValueError as error:  # CheckpointError is one
            said = str(error)
            if path.name not in said or len(said) > 900 or "\n" in said:
                raise Fault(f"{path.name}: {said[:300]}") from error
            return "refused"
        except Fault:
            raise
        except BaseException as error:
            raise Fault(f"{path.name}: {type(error).__name__}: {str(error)[:300]}") from error
    return "read"


def check(count: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Damage files at random, ``count`` times each kind.

    Returns:
        How many were refused and read, and the faults.
    """
    rng = np.random.default_rng(seed)
    outcomes: Counter[str] = Counter()
    faults = []
    for name, load, whole in originals(folder):
        path = folder / f"damaged-{name}"
        for _ in range(count):
            path.write_bytes(damage(rng, whole))
            try:
                outcomes[judge(load, path)] += 1
            except Fault as fault:
                outcomes["fault"] += 1
                faults.append(str(fault))
    return outcomes, faults
