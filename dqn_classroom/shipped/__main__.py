"""Make the shipped runs again: ``python -m dqn_classroom.shipped [name ...]``."""

import sys
from functools import partial
from pathlib import Path

from dqn_classroom import shipped

_KEPT = Path("artifacts") / "reference"
_MAKERS = (
    {name: partial(shipped.make, name, _KEPT) for name in shipped.STUDIES}
    | {"flight": shipped.make_flight, "agent": shipped.make_agent}
    | {name: partial(shipped.make_comparison, name) for name in shipped.COMPARISONS}
)

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(_MAKERS)
    unknown = [name for name in wanted if name not in _MAKERS]
    if unknown:
        sys.exit(f"there is no shipped {unknown[0]!r}. There are: {', '.join(_MAKERS)}.")
    for name in wanted:
        print(name, flush=True)
        _MAKERS[name]()
