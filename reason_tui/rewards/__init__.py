"""What a candidate is worth."""

from reason_tui.rewards.agreement import behaviour_groups
from reason_tui.rewards.code import NO_PROGRAM, Status, judge
from reason_tui.rewards.visible import merge, visible_jobs

__all__ = ["NO_PROGRAM", "Status", "behaviour_groups", "judge", "merge", "visible_jobs"]
