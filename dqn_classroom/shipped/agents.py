"""Single agents: one that forgets, watched while it does, and the one that solves CartPole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dqn_classroom.shipped import budget
from dqn_classroom.shipped.files import FOLDER, shipped, write_manifest
from dqn_classroom.shipped.studies import SOLVER_SEEDS, STUDIES, thin
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.checkpoint import load_flight, save_flight
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.presets import SOLVED_CARTPOLE
from dqn_lessons.train import Run, train

# One agent of the arm whose step size stays, watched while it learns and forgets.
FLIGHT = "forgetting-flight.npz"
FLIGHT_LEARNER = 1

# The agent that a student trains in lesson 5, for those who cannot wait, and how long that takes
# in seconds on the machine of `doctor.REFERENCE_SECONDS`.
AGENT_SEED, AGENT_SECONDS = 12_345, 25
_AGENT, _AGENT_FLIGHT = "agent.npz", "agent-flight.npz"


def make_flight(folder: Path = FOLDER) -> None:
    """Record an agent that learns and forgets, and write the shipped file."""
    config = STUDIES["solver"]["step size stays"]
    recorder = FlightRecorder(every=config.eval_period, learner=FLIGHT_LEARNER)
    train(config, SOLVER_SEEDS, on_eval=recorder)
    assert recorder.history is not None
    recorder.history = thin(recorder.history)
    save_flight(folder / FLIGHT, recorder)
    write_manifest(folder)


def flight(folder: Path = FOLDER) -> FlightRecorder:
    """Read the shipped flight: one agent that learns and forgets.

    Raises:
        CheckpointError: a file that is missing, or not the one that was shipped.
    """
    return load_flight(shipped(folder / FLIGHT, "flight"))


def agent(
    seed: int = AGENT_SEED, on_eval: Callable[[Run], object] | None = None, folder: Path = FOLDER
) -> tuple[Run, FlightRecorder]:
    """Train the agent that solves CartPole, with a flight recorder.

    Where the profile allows no training of that length, the agent of ``AGENT_SEED`` is the shipped
    one, and a printed sentence says so; another seed is trained all the same.

    Args:
        seed: of the one learner.
        on_eval: called with the run after every evaluation; once, with the shipped run.
        folder: where the shipped files lie.

    Returns:
        The run, and what was recorded of it every 10,000 environment steps.

    Raises:
        CheckpointError: a shipped file that is missing, or not the one that was shipped.
        ValueError: a seed that is negative; a profile that does not exist.
    """
    if seed == AGENT_SEED and budget.is_shipped(AGENT_SECONDS):
        run = checkpoint.load(shipped(folder / _AGENT, "agent"))
        if on_eval is not None:
            on_eval(run)
        print(
            f"profile {budget.profile()}: this agent is shipped with the course. Training it "
            f"takes {AGENT_SECONDS} s; {budget.VARIABLE}=full, or another seed, does it here."
        )
        return run, load_flight(shipped(folder / _AGENT_FLIGHT, "agent"))
    recorder = FlightRecorder(every=2 * SOLVED_CARTPOLE.eval_period)

    def look(run: Run) -> None:
        recorder(run)
        if on_eval is not None:
            on_eval(run)

    return train(SOLVED_CARTPOLE, [seed], on_eval=look), recorder


def make_agent(folder: Path = FOLDER) -> None:
    """Train the agent of lesson 5 and write the shipped files."""
    run, recorder = agent(folder=folder)
    checkpoint.save(folder / _AGENT, run, with_replay=False)
    assert recorder.history is not None
    recorder.history = thin(recorder.history)
    save_flight(folder / _AGENT_FLIGHT, recorder)
    write_manifest(folder)
