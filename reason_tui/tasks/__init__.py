"""Tasks and the readers that make them from prompts and datasets."""

from reason_tui.tasks.types import AssertCase, CallCase, Frozen, GradedTask, HiddenTests, Task, TestCase

__all__ = ["AssertCase", "CallCase", "Frozen", "GradedTask", "HiddenTests", "Task", "TestCase"]
