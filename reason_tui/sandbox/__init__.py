"""Runs programs that nobody trusts: one interface, one worker file, several walls."""

from reason_tui.sandbox.types import Failure, Job, Level, Limits, Sandbox, SelfTest, TestRecord, Verdict

__all__ = ["Failure", "Job", "Level", "Limits", "Sandbox", "SelfTest", "TestRecord", "Verdict"]
