"""What a candidate is worth."""

from reason_tui.rewards.agreement import agreement_scores, behaviour_groups, said
from reason_tui.rewards.code import NO_PROGRAM, Status, judge
from reason_tui.rewards.disagreement import Difference, differences, smaller
from reason_tui.rewards.visible import merge, tests_key, visible_jobs

__all__ = [
    "NO_PROGRAM",
    "Difference",
    "Status",
    "agreement_scores",
    "behaviour_groups",
    "differences",
    "judge",
    "merge",
    "said",
    "smaller",
    "tests_key",
    "visible_jobs",
]
