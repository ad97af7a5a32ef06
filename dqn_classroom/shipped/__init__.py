"""Runs shipped with the course: more seeds and longer budgets than a lesson has time for.

``python -m dqn_classroom.shipped [name ...]`` makes them again (all: about half an hour on two
cores). Wherever a lesson shows them, it says that they are shipped.
"""

from dqn_classroom.shipped.agents import (
    AGENT_SEED,
    FLIGHT,
    FLIGHT_LEARNER,
    agent,
    flight,
    make_agent,
    make_flight,
)
from dqn_classroom.shipped.files import FOLDER, made_with
from dqn_classroom.shipped.lessons import COMPARISONS, LESSON_SEEDS, Comparison, Snapshot, history
from dqn_classroom.shipped.lessons import make as make_comparison
from dqn_classroom.shipped.policy import AGENT, load_policy
from dqn_classroom.shipped.studies import SEEDS, SOLVER_SEEDS, STUDIES, load, make, seeds_of, thin

__all__ = [
    "AGENT",
    "AGENT_SEED",
    "COMPARISONS",
    "FLIGHT",
    "FLIGHT_LEARNER",
    "FOLDER",
    "LESSON_SEEDS",
    "SEEDS",
    "SOLVER_SEEDS",
    "STUDIES",
    "Comparison",
    "Snapshot",
    "agent",
    "flight",
    "history",
    "load",
    "load_policy",
    "made_with",
    "make",
    "make_agent",
    "make_comparison",
    "make_flight",
    "seeds_of",
    "thin",
]
