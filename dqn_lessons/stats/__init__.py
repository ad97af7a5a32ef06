"""Statements about many seeds: intervals, robust means, paired differences.

Everything random takes a generator, so a printed interval can be printed again.

Raises:
    TypeError: a level, a lag or a count that is no number.
    ValueError: no scores, scores that are not finite, a setting out of range.
"""

from dqn_lessons.stats.bootstrap import (
    Interval,
    bootstrap_ci,
    paired_difference_ci,
    percentile_interval,
)
from dqn_lessons.stats.scores import (
    autocorrelation,
    iqm,
    percentile_rank,
    performance_profile,
    sign_error_rate,
    small_studies,
)

__all__ = [
    "Interval", "autocorrelation", "bootstrap_ci", "iqm", "paired_difference_ci",
    "percentile_interval", "percentile_rank", "performance_profile", "sign_error_rate",
    "small_studies",
]  # fmt: skip
