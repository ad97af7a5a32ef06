"""Lecture mode: a JupyterLab extension without a build; the wheel puts it where Lab looks."""
