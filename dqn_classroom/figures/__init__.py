"""Figures: results in, an accessible figure out; nothing is computed here.

Plotly for what is explored, matplotlib for what is read. Every figure comes as an
`AccessibleFigure`: with a text alternative, and the numbers behind it in a table.
"""

from dqn_classroom.figures.accessible import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PLOTLY,
    RED,
    AccessibleFigure,
    data_uri,
    decimate,
    plotly_json,
    plotly_layout,
)
from dqn_classroom.figures.clinic import versus_healthy_band
from dqn_classroom.figures.diagram import diagram
from dqn_classroom.figures.film import Animation, animate, film_of
from dqn_classroom.figures.learning import (
    forest_plot,
    heat_map,
    learning_curves,
    line_plot,
    rank_among_runs,
    scatter_plot,
    seed_curves,
)
from dqn_classroom.figures.target_lag import (
    bias_curves,
    corridor_values,
    error_curves,
    steps_to_learn,
)

__all__ = [
    "BLUE", "GREEN", "GREY", "ORANGE", "PLOTLY", "RED", "AccessibleFigure", "Animation",
    "animate", "bias_curves", "corridor_values", "data_uri", "decimate", "diagram", "error_curves",
    "film_of", "forest_plot", "heat_map", "learning_curves", "line_plot", "plotly_json",
    "plotly_layout", "rank_among_runs", "scatter_plot", "seed_curves", "steps_to_learn",
    "versus_healthy_band",
]  # fmt: skip
