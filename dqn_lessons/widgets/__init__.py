"""Things to drag and to watch: widgets around the figures of the lessons.

Each is an ordinary ipywidget. It redraws one plotly figure in place (the zoom stays), says in a
sentence what the figure shows, and opens a data table on demand.
"""

from dqn_lessons.widgets.clinic import Clinic
from dqn_lessons.widgets.lottery import SeedLottery
from dqn_lessons.widgets.panel import Explorer
from dqn_lessons.widgets.recorder import FlightView
from dqn_lessons.widgets.target_lag import LinearTDExplorer, TargetLagExplorer
from dqn_lessons.widgets.training import TrainingView

__all__ = [
    "Clinic",
    "Explorer",
    "FlightView",
    "LinearTDExplorer",
    "SeedLottery",
    "TargetLagExplorer",
    "TrainingView",
]
