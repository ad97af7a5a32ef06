"""Lecture mode is a prebuilt extension; what it does, the browser tests see."""

import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "dqn_classroom" / "instructor" / "lecture" / "labextension"


def test_every_file_of_it_is_installed_where_jupyterlab_looks():
    package = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    entry = SOURCE / package["jupyterlab"]["_build"]["load"]
    assert f'"{package["name"]}"' in entry.read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    place = f"share/jupyter/labextensions/{package['name']}"
    installed = {
        f"{folder}/{file.name}"
        for folder, patterns in project["tool"]["setuptools"]["data-files"].items()
        for pattern in patterns
        for file in ROOT.glob(pattern)
    }
    files = [file.relative_to(SOURCE) for file in SOURCE.rglob("*") if file.is_file()]
    assert len(files) > 1
    assert {f"{place}/{file.as_posix()}" for file in files} <= installed
