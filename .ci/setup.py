r"""Make the course's virtual environment. Standard library only; safe to repeat.

    python3 .ci/setup.py [EXTRA ...]        extras: test, browser, docs, slides
    py .ci\setup.py [EXTRA ...]             the same on Windows

Environment variables:
    VENV          where the environment lives (default: .venv)
    TORCH         the PyTorch to install (default: the version in constraints.txt)
    TORCH_INDEX   an index to take it from; empty means the ordinary one
                  (default on Linux: PyTorch's own index of CPU builds)
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("VENV", ROOT / ".venv")).resolve()
CONSTRAINTS = ROOT / "constraints.txt"
LECTURE = ROOT / "dqn_classroom" / "instructor" / "lecture" / "labextension"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
OLDEST = (3, 11)
# JupyterLab asks for news on first start; the course works offline and unasked.
LAB_OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}


def say(text: str) -> None:
    """Print one line at once, so that it stands before pip's own output."""
    print(f"[setup] {text}", flush=True)


def stop(problem: str, remedy: str) -> None:
    """End with one problem and one remedy."""
    sys.exit(f"[setup] {problem}\n[setup] Remedy: {remedy}")


def venv_python() -> Path:
    """Return the interpreter of the environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_python(*arguments: str, quiet: bool = False) -> bool:
    """Run the environment's Python; True when it exits with 0."""
    output = subprocess.DEVNULL if quiet else None
    command = [str(venv_python()), *arguments]
    return subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0


def pip_install(*arguments: str, quiet: bool = False) -> bool:
    """Install into the environment; True when pip exits with 0."""
    flags = ("--quiet", "--disable-pip-version-check")
    return run_python("-m", "pip", "install", *flags, *arguments, quiet=quiet)


def refuse_what_has_no_torch() -> None:
    """Say at once where no PyTorch can be installed, and what to do instead."""
    if sys.version_info < OLDEST:
        stop(
            f"Python {platform.python_version()} is too old: the course needs 3.11 or newer",
            "install a newer Python and run this with it, for example: make lab PYTHON=python3.12",
        )
    problem, remedy = "", "or use Binder, or name a PyTorch that you have in TORCH"
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        problem = "there is no PyTorch above 2.2 for Intel Macs from pip: the course needs 2.6"
        remedy = (
            "use conda (conda env create -f environment.yml); on an Apple-silicon Mac use a Python "
            f"built for arm64; {remedy}"
        )
    if sys.maxsize < 2**32:
        problem = "this Python is a 32-bit one, and PyTorch needs 64 bits"
        remedy = f"install a 64-bit Python; {remedy}"
    if problem and "TORCH" not in os.environ:
        stop(problem, remedy)


def make_venv() -> None:
    """Create the environment unless a working one of an allowed Python is there."""
    works = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    if venv_python().exists() and run_python("-c", works, quiet=True):
        say(f"using the environment in {VENV}")
        return
    say(f"making an environment in {VENV} with Python {platform.python_version()}")
    try:
        venv.EnvBuilder(with_pip=True, clear=VENV.exists()).create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        stop(
            f"the environment could not be made: {error}",
            "on Debian or Ubuntu run 'apt-get install python3-venv'; "
            "or set VENV to a folder you can write to",
        )


def torch_spec() -> str:
    """Return the requirement for PyTorch: the override, or the version that was tested."""
    macos = platform.mac_ver()[0].partition(".")[0]
    if "TORCH" not in os.environ and macos.isdigit() and int(macos) < 14:
        say(f"macOS {macos}: the PyTorch that was tested needs macOS 14; taking one that runs here")
        return "torch>=2.6,<3"
    tested = re.search(r"^torch==\S+", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    return os.environ.get("TORCH") or (tested[0] if tested else "torch>=2.6")


def install_torch() -> None:
    """Install a CPU build of PyTorch, unless an allowed PyTorch is there already."""
    wanted = (
        "import torch, sys; sys.exit(tuple(map(int, torch.__version__.split('.')[:2])) < (2, 6))"
    )
    if "TORCH" not in os.environ and run_python("-c", wanted, quiet=True):
        return
    spec = torch_spec()
    index = os.environ.get("TORCH_INDEX", CPU_INDEX if platform.system() == "Linux" else "")
    if index:
        say(f"installing {spec} (CPU build)")
        if pip_install(spec, "--index-url", index, "--retries", "0", "--timeout", "20", quiet=True):
            return
        say(f"no {spec} from {index}; trying the ordinary package index")
        say("(on Linux that may be the CUDA build, several GB; Ctrl+C and set TORCH to avoid it)")
    else:
        say(f"installing {spec}")
    if not pip_install(spec):
        stop(
            f"PyTorch ({spec}) could not be installed",
            "check the network, or set TORCH to a version or wheel file that you have, "
            "for example: make lab TORCH=./torch-2.13.0-cp311-linux_x86_64.whl",
        )


def install_course(extras: list[str]) -> None:
    """Install the course in editable mode, at the versions it was tested with."""
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    # An override of PyTorch must not meet the tested pin.
    pins = [
        line
        for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        if not line.startswith("torch==")
    ]
    constraints = VENV / "constraints.txt"
    constraints.write_text("\n".join(pins) + "\n", encoding="utf-8")
    say(f"installing the course{' with ' + ', '.join(extras) if extras else ''}")
    if not pip_install("--constraint", str(constraints), "--editable", target):
        stop(
            "the course's packages could not be installed",
            "check the network and the message above; then run the same command again",
        )


def prepare_lab() -> None:
    """Give JupyterLab lecture mode, and keep it from asking the network for news."""
    # The wheel brings it; an editable installation leaves such files out.
    extensions = VENV / "share" / "jupyter" / "labextensions"
    shutil.copytree(LECTURE, extensions / "dqn-lessons-lecture", dirs_exist_ok=True)
    folder = VENV / "share" / "jupyter" / "lab" / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(
        json.dumps(LAB_OVERRIDES, indent=2) + "\n", encoding="utf-8"
    )


def fingerprint(extras: list[str]) -> str:
    """Return what the environment depends on, as one hash."""
    parts = [
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
        CONSTRAINTS.read_text(encoding="utf-8"),
        Path(__file__).read_text(encoding="utf-8"),
        (LECTURE / "static" / "remoteEntry.js").read_text(encoding="utf-8"),
    ]
    parts += [os.environ.get("TORCH", ""), str(ROOT), *extras]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def main() -> None:
    """Set everything up, or say that it already is."""
    refuse_what_has_no_torch()
    extras = sorted(sys.argv[1:])
    stamp = VENV / f"set-up-{'-'.join(extras) or 'course'}.txt"
    make_venv()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint(extras):
        say("everything is in place")
        return
    install_torch()
    install_course(extras)
    prepare_lab()
    if not run_python(
        "-c", "import torch, gymnasium, plotly, ipywidgets, dqn_lessons, dqn_classroom"
    ):
        stop("an installed package does not import", f"remove {VENV} and run the command again")
    stamp.write_text(fingerprint(extras), encoding="utf-8")
    say(f"done; the course is opened by: {venv_python().with_name('dqn-lessons')} lab")


if __name__ == "__main__":
    main()
