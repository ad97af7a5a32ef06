"""The lessons as slides that need no network: ``python -m dqn_classroom.instructor.slides``.

Each notebook is run, its widgets are kept as static pictures, and reveal.js shows the pages from
files beside them. The notebooks know nothing of it.
"""
