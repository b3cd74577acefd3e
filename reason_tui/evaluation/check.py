"""Is a dataset sound? Every reference must pass its hidden tests, and a function that returns None must fail them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from reason_tui.evaluation.grade import grade
from reason_tui.sandbox.types import Sandbox
from reason_tui.tasks.types import Frozen, GradedTask

Fault = Literal["reference fails", "stub passes"]
Progress = Callable[[int, int], None]
"""Called with how many tasks are done, and of how many."""


class Unsound(Frozen):
    """A task that grades wrongly."""

    task: str
    fault: Fault


class DatasetCheck(Frozen):
    """What `check_dataset` found."""

    tasks: int
    references_passed: int
    stubs_failed: int
    faults: tuple[Unsound, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every task grades as it should."""
        return not self.faults

    def text(self) -> str:
        """The lines that the command prints."""
        lines = [
            f"{self.references_passed}/{self.tasks} references pass",
            f"{self.stubs_failed}/{self.tasks} stubs fail",
            *(f"{item.task}: {item.fault}" for item in self.faults),
        ]
        return "\n".join(lines)


def stub(graded: GradedTask) -> str:
    """A program that has the entry point and returns None."""
    helpers = f"{graded.task.preamble}\n\n" if graded.task.preamble.strip() else ""
    return f"{helpers}def {graded.task.entry_point}(*args, **kwargs):\n    return None\n"


def _quiet(done: int, total: int) -> None:
    """For callers that show no progress."""


async def check_dataset(
    tasks: Sequence[GradedTask], sandbox: Sandbox, progress: Progress = _quiet, at_once: int = 2
) -> DatasetCheck:
    """Run every reference and every stub against the hidden tests, `at_once` tasks at a time."""
    gate = asyncio.Semaphore(at_once)
    done = 0

    async def one(graded: GradedTask) -> tuple[bool, bool]:
        nonlocal done
        async with gate:
            passes = await grade(sandbox, graded, graded.reference)
            stub_passes = await grade(sandbox, graded, stub(graded))
        done += 1
        progress(done, len(tasks))
        return passes, stub_passes

    results = await asyncio.gather(*map(one, tasks))
    faults: list[Unsound] = []
    for graded, (passes, stub_passes) in zip(tasks, results, strict=True):
        faults += [] if passes else [Unsound(task=graded.task.id, fault="reference fails")]
        faults += [Unsound(task=graded.task.id, fault="stub passes")] if stub_passes else []
    return DatasetCheck(
        tasks=len(tasks),
        references_passed=sum(passes for passes, _ in results),
        stubs_failed=sum(not stub_passes for _, stub_passes in results),
        faults=tuple(faults),
    )
