"""The bug clinic: bugs of published code planted in the one loop, and probes that name them."""

from dqn_classroom.clinic.bugs import BUGS, HEALTHY, Bug
from dqn_classroom.clinic.cases import Case
from dqn_classroom.clinic.inject import Edit, changed_lines, planted, replaced
from dqn_classroom.clinic.loop_probes import broken_rows
from dqn_classroom.clinic.probes import PROBES, probe
from dqn_classroom.clinic.readings import Finding, Reading
from dqn_classroom.clinic.reports import PARTS, Report, behaves_like, report, table
from dqn_classroom.clinic.value_probes import expected_value
from dqn_classroom.clinic.ward import (
    LEARNERS,
    WARD,
    admit,
    healthy,
    outside_band,
    train_with,
    ward_table,
)

__all__ = [
    "BUGS",
    "HEALTHY",
    "LEARNERS",
    "PARTS",
    "PROBES",
    "WARD",
    "Bug",
    "Case",
    "Edit",
    "Finding",
    "Reading",
    "Report",
    "admit",
    "behaves_like",
    "broken_rows",
    "changed_lines",
    "expected_value",
    "healthy",
    "outside_band",
    "planted",
    "probe",
    "replaced",
    "report",
    "table",
    "train_with",
    "ward_table",
]
