"""Lecture mode: a JupyterLab extension without a build, and its installation."""

import shutil
import sys
from pathlib import Path

NAME = "dqn-lessons-lecture"
_SOURCE = Path(__file__).with_name("labextension")


def install(prefix: str | Path = sys.prefix) -> Path:
    """Copy the extension to where JupyterLab looks for it; safe to repeat.

    Args:
        prefix: the environment of JupyterLab.

    Returns:
        The folder it lies in.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(prefix) / "share" / "jupyter" / "labextensions" / NAME
    shutil.copytree(_SOURCE, folder, dirs_exist_ok=True)
    return folder
