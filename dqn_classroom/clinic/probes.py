"""Probes: small measurements of the loop whose right outcome is known beforehand.

Each asks the loop as it is now, planted or replaced parts included. The idea to probe an agent
in worlds so small that each tests one more thing is Andy Jones's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dqn_classroom.clinic.loop_probes import episodes, evaluation, exploration, memory, updates
from dqn_classroom.clinic.measurements import Measurement, ProbeResult
from dqn_classroom.clinic.value_probes import ends, one_state, side_by_side, small_worlds

PROBES: dict[str, tuple[str, Callable[[], list[Measurement]]]] = {
    "one state": (
        "One state, one number to learn: what is it after 150 updates?",
        one_state,
    ),
    "ends": ("What is a state worth that ends, or that is cut short?", ends),
    "side by side": ("Is a learner among others what it is alone?", side_by_side),
    "small worlds": ("Are values right where they can be computed?", small_worlds),
    "episodes": ("How long are episodes, and where do they begin?", episodes),
    "memory": ("What does the memory keep, and is it true?", memory),
    "exploration": ("What is epsilon, and how often is an action random?", exploration),
    "updates": ("When does it learn, how often, and how often does the target change?", updates),
    "evaluation": ("What does a perfect agent score?", evaluation),
}


def probe(name: str) -> ProbeResult:
    """Ask the loop as it is now.

    Args:
        name: one of :data:`PROBES`.

    Raises:
        KeyError: no probe has that name.
        KeyboardInterrupt: it was stopped.
    """
    if name not in PROBES:
        raise KeyError(f"there is no probe {name!r}. Probes: {', '.join(PROBES)}.")
    try:
        with np.errstate(all="ignore"):
            measurements = PROBES[name][1]()
    except KeyboardInterrupt:
        raise
    except Exception as error:  # a broken loop may raise anything
        return ProbeResult(name, (), f"{type(error).__name__}: {error}".splitlines()[0])
    return ProbeResult(name, tuple(measurements))
