"""Make lecture mode known to JupyterLab: ``python -m dqn_lessons.lecture``."""

from __future__ import annotations

from dqn_lessons.lecture import install

if __name__ == "__main__":
    print(f"Lecture mode is in {install()}. Reload JupyterLab; press Ctrl Alt L in a notebook.")
