"""The bugs: each an edit of the loop, where it was seen, how it shows, what catches it.

Adding a case is adding it to one of the lists and running ``python -m dqn_classroom.clinic``.
"""

from dqn_classroom.clinic.bugs.bug import Bug
from dqn_classroom.clinic.bugs.experience import ACTIONS, EPISODES, MEMORIES
from dqn_classroom.clinic.bugs.learning import COPIES, LOSSES
from dqn_classroom.clinic.bugs.targets import TARGETS

__all__ = ["BUGS", "HEALTHY", "Bug"]

HEALTHY = "healthy"
BUGS: dict[str, Bug] = {
    bug.name: bug for bug in (*TARGETS, *COPIES, *LOSSES, *MEMORIES, *ACTIONS, *EPISODES)
}
