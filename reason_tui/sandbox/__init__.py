"""Runs programs that nobody trusts: one interface, one worker, several walls."""

from reason_tui.sandbox.pool import WorkerSandbox, open_sandbox
from reason_tui.sandbox.types import Failure, Job, Level, Limits, Sandbox, SelfTest, TestRecord, Verdict

__all__ = [
    "Failure",
    "Job",
    "Level",
    "Limits",
    "Sandbox",
    "SelfTest",
    "TestRecord",
    "Verdict",
    "WorkerSandbox",
    "open_sandbox",
]
