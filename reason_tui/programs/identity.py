"""When two candidates of a task are the same one."""

from __future__ import annotations

import hashlib

from reason_tui.programs.normal import fingerprint
from reason_tui.tasks.types import Task


def identity(program: str, task: Task) -> str:
    """Equal for programs with the same normal form; for solutions in words, for the same words."""
    if task.kind == "math":
        return hashlib.sha256(" ".join(program.split()).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return fingerprint(program)
