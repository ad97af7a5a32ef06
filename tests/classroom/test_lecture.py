"""Lecture mode is installed where JupyterLab finds it; what it does, the browser tests see."""

import json
import subprocess
import sys

from dqn_classroom.instructor import lecture


def test_it_is_a_prebuilt_extension_and_installing_twice_is_safe(tmp_path):
    for _ in range(2):
        folder = lecture.install(tmp_path)
    assert folder == tmp_path / "share" / "jupyter" / "labextensions" / lecture.NAME
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    assert package["name"] == lecture.NAME
    entry = folder / package["jupyterlab"]["_build"]["load"]
    assert f'"{lecture.NAME}"' in entry.read_text(encoding="utf-8")


def test_the_command_says_where_it_is_and_what_to_press():
    command = [sys.executable, "-m", "dqn_classroom.instructor.lecture"]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout
    assert lecture.NAME in said
    assert "Ctrl Alt L" in said
