"""One switch for what the lessons may compute: the environment variable ``DQN_LESSONS_PROFILE``.

| budget | a cell that trains longer takes a shipped result | for |
|---|---|---|
| ``full`` | never: everything is trained here | students, the default |
| ``class`` | 15 seconds | live lectures |
| ``ci`` | 5 seconds | tests; lessons 6, 7, 8 and 10 train fewer learners |
"""

import math
import os

VARIABLE = "DQN_LESSONS_PROFILE"
# The longest training that is run, in seconds on the machine of `doctor.REFERENCE_SECONDS`.
LONGEST = {"ci": 5.0, "class": 15.0, "full": math.inf}


def budget() -> str:
    """Return the name of the budget in use.

    Raises:
        ValueError: the variable names no budget.
    """
    name = os.environ.get(VARIABLE, "") or "full"
    if name not in LONGEST:
        raise ValueError(
            f"{VARIABLE} = {name!r} is no budget: use one of {', '.join(LONGEST)}, or unset it."
        )
    return name


def allows(seconds: float) -> bool:
    """True where a training of so many seconds is run here, and not read from a shipped result."""
    return seconds <= LONGEST[budget()]
