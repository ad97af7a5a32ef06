"""The quick tests under every Python there is, with the oldest and the newest dependencies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VERSIONS = ("3.11", "3.12", "3.13")
QUICK = [
    f"tests/{name}.py"
    for name in (
        *("core/test_target_lag", "core/test_train"),
        *("classroom/test_figures", "classroom/test_explorers"),
    )
]
# What the quick tests import; the other tools of the extra are for those who change the course.
TOOLS = ("pytest", "pytest-xdist", "nbval", "nbclient", "hypothesis", "scipy")


def find(version: str) -> str | None:
    """Return a Python of this version that starts, or None; shims may name one and not have it."""
    candidates = [shutil.which(f"python{version}"), sys.executable]
    candidates += map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in filter(None, candidates):
        code = "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run(
            [candidate, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8"
        )
        if done.stdout.strip() == version:
            return candidate
    return None


def requirements(oldest: bool) -> list[str]:
    """Return what to install: each ``>=`` of pyproject.toml read as ``==``, or as it stands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(
            line
            for line in project["optional-dependencies"]["test"]
            if line.partition(">=")[0] in TOOLS
        ),
    ]
    torch = os.environ.get("TORCH")
    wanted = [torch if torch and line.startswith("torch>") else line for line in wanted]
    return [line.replace(">=", "==") if oldest else line for line in wanted]


def try_one(version: str, oldest: bool) -> tuple[str, str, str]:
    """Install and test: a row of the table (what was done, versions and result, the fault)."""
    what = f"Python {version}, {'oldest' if oldest else 'newest'} dependencies"
    python = find(version)
    if python is None:
        return what, "not tried: no such Python here", ""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "bin" / "python"
        pip = [str(own), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for command in (
            [python, "-m", "venv", folder],
            [*pip, *requirements(oldest)],
            [*pip, "--no-deps", "--editable", str(ROOT)],
        ):
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, encoding="utf-8"
            )
            if done.returncode:
                lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
                return what, "not installed", (lines or done.stderr.splitlines() or [""])[0][:200]
        quiet = ["-q", "-p", "no:cacheprovider", "-n", "0", "-W", "ignore"]
        done = subprocess.run(
            [str(own), "-m", "pytest", *QUICK, *quiet],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            encoding="utf-8",
        )
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        versions = subprocess.run(
            [str(own), "-c", "import torch, numpy; print(torch.__version__, numpy.__version__)"],
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        ).stdout.split()
    told = f"torch {', numpy '.join(versions)}: {last}"
    return what, told, "" if done.returncode == 0 else "the tests fail"


def check(versions: list[str]) -> list[tuple[str, str, str]]:
    """Return the rows of the table, for the versions named or for all; each is said when known."""
    rows = []
    for version in versions or VERSIONS:
        for oldest in (True, False):
            rows.append(try_one(version, oldest))
            print(*rows[-1], file=sys.stderr, flush=True)
    return rows
