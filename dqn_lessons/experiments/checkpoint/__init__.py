"""Saving and loading runs, histories and flights: plain arrays and JSON, never pickled code."""

from dqn_lessons.experiments.checkpoint.files import CheckpointError
from dqn_lessons.experiments.checkpoint.flights import load_flight, save_flight
from dqn_lessons.experiments.checkpoint.histories import (
    load_history,
    read_csv,
    save_history,
    write_csv,
)
from dqn_lessons.experiments.checkpoint.runs import load, save

__all__ = [
    "CheckpointError",
    "load",
    "load_flight",
    "load_history",
    "read_csv",
    "save",
    "save_flight",
    "save_history",
    "write_csv",
]
