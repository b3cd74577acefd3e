"""Hidden tests against one program. Only this module makes jobs of hidden tests."""

from __future__ import annotations

import asyncio

from reason_tui.programs.arithmetic import answer, same_answer
from reason_tui.sandbox.types import Job, Limits, Sandbox
from reason_tui.tasks.types import GradedTask

GRADING = Limits(wall_s=10.0)
"""Hidden tests are many: they get twice the time of visible ones."""


def hidden_jobs(graded: GradedTask, program: str, limits: Limits = GRADING) -> list[Job]:
    """The jobs that must all pass for `program` to be right."""
    hidden, entry_point = graded.hidden, graded.task.entry_point
    jobs = []
    if hidden.cases:
        jobs.append(Job(program=program, kind="cases", entry_point=entry_point, cases=hidden.cases, limits=limits))
    if hidden.check.strip():
        jobs.append(
            Job(
                program=program,
                kind="check",
                entry_point=entry_point,
                check=hidden.check,
                setup=hidden.setup,
                limits=limits,
            )
        )
    return jobs


async def grade(sandbox: Sandbox, graded: GradedTask, program: str, limits: Limits = GRADING) -> bool:
    """Whether `program` passes the hidden tests, or a solution in words has the right answer.

    Raises SandboxError when the sandbox itself is broken.
    """
    if graded.hidden.answer:
        final = answer(program)
        return final is not None and same_answer(final, graded.hidden.answer)
    jobs = hidden_jobs(graded, program, limits)
    verdicts = await asyncio.gather(*(sandbox.run(job) for job in jobs))
    return bool(verdicts) and all(verdict.status == "pass" for verdict in verdicts)


class Grader:
    """Grades each distinct program of a task once."""

    def __init__(self, sandbox: Sandbox, limits: Limits = GRADING) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._known: dict[tuple[str, str], bool] = {}

    async def __call__(self, graded: GradedTask, program: str) -> bool:
        """Whether `program` passes the hidden tests of `graded`."""
        key = (graded.task.id, program)
        if key not in self._known:
            self._known[key] = await grade(self._sandbox, graded, program, self._limits)
        return self._known[key]
