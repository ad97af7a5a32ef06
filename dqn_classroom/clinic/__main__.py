"""Plant every bug and write what it does: ``python -m dqn_classroom.clinic`` (about 15 minutes).

Name ``table`` for what the probes say of each, ``cases`` for what its curves do, ``examined`` for
what the examiner says; or nothing for all.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dqn_classroom.clinic.cases import make_case_table
from dqn_classroom.clinic.diagnosis import make_table
from dqn_classroom.clinic.examined import make_examined

MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "table": make_table,
    "cases": make_case_table,
    "examined": make_examined,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MAKERS:
        rows = MAKERS[name]()
        lines = [f"{json.dumps(bug)}: {json.dumps(row)}" for bug, row in rows.items()]
        path = Path(__file__).with_name(f"{name}.json")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{len(lines)} rows in {path.name}")
