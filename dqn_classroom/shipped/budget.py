"""One switch for what the lessons may compute: the environment variable ``DQN_LESSONS_PROFILE``.

| profile | a cell that trains longer takes a shipped result | for |
|---|---|---|
| ``full`` | never: everything is trained here | students, the default |
| ``class`` | 15 seconds | live lectures |
| ``ci`` | 5 seconds | tests, which train the rest at full length |

A lesson has no branches for this. It asks :mod:`dqn_classroom.shipped` for a run, which asks here.
"""

from __future__ import annotations

import math
import os

VARIABLE = "DQN_LESSONS_PROFILE"
# The longest training that is run, in seconds on the machine of `doctor.REFERENCE_SECONDS`.
LONGEST = {"ci": 5.0, "class": 15.0, "full": math.inf}


def profile() -> str:
    """Return the name of the profile in use.

    Raises:
        ValueError: the variable names no profile.
    """
    name = os.environ.get(VARIABLE, "") or "full"
    if name not in LONGEST:
        raise ValueError(
            f"{VARIABLE} = {name!r} is no profile: use one of {', '.join(LONGEST)}, or unset it."
        )
    return name


def is_shipped(seconds: float) -> bool:
    """True where a training of so many seconds comes from a shipped result."""
    return seconds > LONGEST[profile()]
