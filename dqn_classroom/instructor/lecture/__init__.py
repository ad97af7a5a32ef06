"""Lecture mode: a JupyterLab extension without a build; pip puts it where JupyterLab looks."""
