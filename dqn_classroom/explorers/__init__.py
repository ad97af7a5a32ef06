"""Things to drag and to watch: widgets around the figures of the lessons.

Each is an ordinary ipywidget. It redraws one plotly figure in place (the zoom stays), says in a
sentence what the figure shows, and opens a data table on demand.
"""

from dqn_classroom.explorers.cliff import CliffExplorer
from dqn_classroom.explorers.clinic import Clinic
from dqn_classroom.explorers.flight import CARTPOLE_SLICE, FlightView
from dqn_classroom.explorers.lottery import SeedLottery
from dqn_classroom.explorers.panel import Explorer
from dqn_classroom.explorers.target_lag import LinearTDExplorer, TargetLagExplorer
from dqn_classroom.explorers.training import TrainingView

__all__ = [
    "CARTPOLE_SLICE", "CliffExplorer", "Clinic", "Explorer", "FlightView", "LinearTDExplorer",
    "SeedLottery", "TargetLagExplorer", "TrainingView",
]  # fmt: skip
