"""Plant every bug and write what it does: ``python -m dqn_classroom.clinic`` (about six minutes).

probes    what the probes say of each, in table.json
curves    what its curves do, in cases.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dqn_classroom.clinic.diagnosis import make_table
from dqn_classroom.clinic.training_cases import make_case_table

_TABLES = {"probes": ("table.json", make_table), "curves": ("cases.json", make_case_table)}

if __name__ == "__main__":
    for name in sys.argv[1:] or _TABLES:
        file, make = _TABLES[name]
        lines = [f"{json.dumps(bug)}: {json.dumps(row)}" for bug, row in make().items()]
        path = Path(__file__).with_name(file)
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{len(lines)} rows in {path.name}")
