"""The bug clinic: bugs planted in the one loop, probes that name them, updates that are brought."""

from dqn_classroom.clinic.bugs import BUGS, HEALTHY, current_name
from dqn_classroom.clinic.cases import CASE_CONFIG, LEARNERS, Case, case_table, healthy, train_with
from dqn_classroom.clinic.diagnosis import PARTS, Report, behaves_like, report, table
from dqn_classroom.clinic.diagnostics import planted_updates
from dqn_classroom.clinic.examine import Examination, Finding, examine
from dqn_classroom.clinic.examined import UNSEEN, examined
from dqn_classroom.clinic.inject import changed_lines, injected
from dqn_classroom.clinic.probes import PROBES, Measurement, ProbeResult, probe

__all__ = ["BUGS", "CASE_CONFIG", "HEALTHY", "LEARNERS", "PARTS", "PROBES", "UNSEEN", "Case"]
__all__ += ["Examination", "Finding", "Measurement", "ProbeResult", "Report", "behaves_like"]
__all__ += ["case_table", "changed_lines", "current_name", "examine", "examined", "healthy"]
__all__ += ["injected", "planted_updates", "probe", "report", "table", "train_with"]
