"""What a candidate is worth."""

from reason_tui.rewards.agreement import agreement_scores, behaviour_groups, said
from reason_tui.rewards.code import NO_PROGRAM, judge
from reason_tui.rewards.disagreement import Difference, differences, smaller
from reason_tui.rewards.math import answer_groups, check_solution, what_is_wrong
from reason_tui.rewards.status import Status
from reason_tui.rewards.visible import merge, tests_key, visible_jobs

__all__ = [
    "NO_PROGRAM",
    "Difference",
    "Status",
    "agreement_scores",
    "answer_groups",
    "behaviour_groups",
    "check_solution",
    "differences",
    "judge",
    "merge",
    "said",
    "smaller",
    "tests_key",
    "visible_jobs",
    "what_is_wrong",
]
