"""Figures: results in, a described figure out; nothing is computed here.

Plotly for what is explored, matplotlib for what is read. Every figure comes as a
`Described`: with a text alternative, and the numbers behind it in a table.
"""

from dqn_classroom.figures.accessible import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Described,
    decimate,
    plotly_layout,
)
from dqn_classroom.figures.clinic import beside_healthy
from dqn_classroom.figures.learning import (
    among,
    every_seed,
    heat_map,
    intervals,
    learning_curves,
    series,
)
from dqn_classroom.figures.startup import import_nbformat
from dqn_classroom.figures.target_lag import bias_curves, corridor_values, steps_to_learn

import_nbformat()

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "RED",
    "Described",
    "among",
    "beside_healthy",
    "bias_curves",
    "corridor_values",
    "decimate",
    "every_seed",
    "heat_map",
    "intervals",
    "learning_curves",
    "plotly_layout",
    "series",
    "steps_to_learn",
]
