"""The folder of shipped files, and the list of what was shipped."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from dqn_lessons.experiments.checkpoint import CheckpointError

FOLDER = Path(__file__).with_name("data")


def made_with(folder: Path = FOLDER) -> Mapping[str, str]:
    """Versions that the shipped runs were made with."""
    versions: Mapping[str, str] = json.loads(
        (folder / "manifest.json").read_text(encoding="utf-8")
    )["versions"]
    return versions


def shipped(path: Path, wanted: str) -> Path:
    """Return the path of a file, if it is the one that was shipped.

    Args:
        path: in the folder of shipped files.
        wanted: what ``python -m dqn_classroom.shipped`` calls it.

    Raises:
        CheckpointError: it is missing or was changed.
    """
    manifest = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))
    if not path.exists() or _digest(path) != manifest["sha256"].get(path.name):
        raise CheckpointError(
            f"{path.name} is missing or is not the file that was shipped. "
            f"Take it from the repository, or run `python -m dqn_classroom.shipped {wanted}`."
        )
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(folder: Path) -> None:
    """Write down what lies in the folder, and what it was made with."""
    packages = ("torch", "gymnasium", "numpy", "dqn-lessons")
    manifest = {
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in packages},
        },
        "sha256": {path.name: _digest(path) for path in sorted(folder.glob("*.npz"))},
    }
    for path in folder.glob("*.npz"):
        path.chmod(0o644)  # saved for its owner alone; a package is for everybody
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
