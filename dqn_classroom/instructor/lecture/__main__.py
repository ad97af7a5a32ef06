"""Make lecture mode known to JupyterLab: ``python -m dqn_classroom.instructor.lecture``."""

from dqn_classroom.instructor.lecture import install

if __name__ == "__main__":
    print(f"Lecture mode is in {install()}. Reload JupyterLab; press Ctrl Alt L in a notebook.")
