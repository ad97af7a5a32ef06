"""Plant every bug and write what it does: ``python -m dqn_classroom.clinic`` (about six minutes).

Name ``table`` for what the probes say of each, ``cases`` for what its curves do; or nothing for
both.
"""

import json
import sys
from pathlib import Path

from dqn_classroom.clinic.cases import make_case_table
from dqn_classroom.clinic.diagnosis import make_table

if __name__ == "__main__":
    for name in sys.argv[1:] or ("table", "cases"):
        rows = make_table() if name == "table" else make_case_table()
        lines = [f"{json.dumps(bug)}: {json.dumps(row)}" for bug, row in rows.items()]
        path = Path(__file__).with_name(f"{name}.json")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{len(lines)} rows in {path.name}")
