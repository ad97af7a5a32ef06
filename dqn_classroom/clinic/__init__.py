"""The bug clinic: bugs of published code planted in the one loop, and probes that name them."""

from dqn_classroom.clinic.bugs import BUGS, HEALTHY, Bug, current_name
from dqn_classroom.clinic.cases import Case
from dqn_classroom.clinic.diagnosis import PARTS, Report, behaves_like, report, table
from dqn_classroom.clinic.inject import Edit, changed_lines, injected, replaced
from dqn_classroom.clinic.measurements import Measurement, ProbeResult
from dqn_classroom.clinic.probes import PROBES, probe
from dqn_classroom.clinic.training_cases import (
    CASE_CONFIG,
    LEARNERS,
    case_table,
    healthy,
    train_case,
    train_with,
)

__all__ = [
    "BUGS",
    "CASE_CONFIG",
    "HEALTHY",
    "LEARNERS",
    "PARTS",
    "PROBES",
    "Bug",
    "Case",
    "Edit",
    "Measurement",
    "ProbeResult",
    "Report",
    "behaves_like",
    "case_table",
    "changed_lines",
    "current_name",
    "healthy",
    "injected",
    "probe",
    "replaced",
    "report",
    "table",
    "train_case",
    "train_with",
]
