"""Runs shipped with the course: more seeds and longer budgets than a lesson has time for.

``python -m dqn_classroom.shipped [NAME ...]`` makes them again (all: about half an hour on two
cores). Wherever a lesson shows them, it says that they are shipped.
"""

from dqn_classroom.shipped.results import FOLDER, ShippedRun, load, made_with, table, train_or_load
from dqn_classroom.shipped.studies import SOLVER_SEEDS, STUDIES, Study

__all__ = ["FOLDER", "SOLVER_SEEDS", "STUDIES", "ShippedRun", "Study"]
__all__ += ["load", "made_with", "table", "train_or_load"]
