"""Who judges programs: the sandbox, by the visible tests of the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reason_tui.programs import inputs
from reason_tui.rewards import behaviour_groups, merge, visible_jobs
from reason_tui.sandbox.types import Job, Limits, Sandbox, Verdict
from reason_tui.search.events import Agreement
from reason_tui.tasks.types import Task


class Referee(Protocol):
    """Says what a search must know of a program."""

    async def verdict(self, program: str) -> Verdict:
        """What the visible tests say; without any, whether it loads and has the entry point."""
        ...

    async def groups(self, candidates: Mapping[int, str]) -> tuple[Agreement, ...] | None:
        """Programs by node, grouped by what they return on made-up inputs, the largest group first.

        None where nothing can be compared.
        """
        ...


class SandboxReferee:
    """Runs the programs."""

    def __init__(self, task: Task, limits: Limits, sandbox: Sandbox) -> None:
        self._task = task
        self._limits = limits
        self._sandbox = sandbox

    async def verdict(self, program: str) -> Verdict:
        """One job for calls, one for asserts, as one verdict."""
        jobs = visible_jobs(self._task, program, self._limits)
        return merge([await self._sandbox.run(job) for job in jobs])

    async def groups(self, candidates: Mapping[int, str]) -> tuple[Agreement, ...] | None:
        """None where the task does not say what to call, and with what."""
        cases, entry_point = inputs(self._task), self._task.entry_point
        if not cases or entry_point is None:
            return None
        verdicts = {}
        for node, program in candidates.items():
            job = Job(program=program, kind="cases", entry_point=entry_point, cases=cases, limits=self._limits)
            verdicts[node] = await self._sandbox.run(job)
        return tuple(Agreement(nodes=nodes, inputs=len(cases)) for nodes in behaviour_groups(verdicts))
