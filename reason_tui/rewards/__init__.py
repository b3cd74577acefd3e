"""What a candidate is worth."""

from reason_tui.rewards.code import NO_PROGRAM, Status, judge

__all__ = ["NO_PROGRAM", "Status", "judge"]
