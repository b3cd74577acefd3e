"""Who judges programs: the sandbox, by the visible tests of the task."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reason_tui.rewards import agreement_scores, answer_groups, behaviour_groups, check_solution, merge, visible_jobs
from reason_tui.rewards.codet import consensus
from reason_tui.rewards.codet import scores as codet_scores
from reason_tui.sandbox.types import Job, Limits, Sandbox, Verdict
from reason_tui.search.events import Agreement
from reason_tui.search.probing import inputs_for
from reason_tui.tasks.types import CallCase, Task


@dataclass(frozen=True)
class Comparison:
    """Programs by behaviour: groups that do the same, the largest first, and how far the others agree with each.

    By CodeT: groups that pass the same tests, the best first, and what each is worth.
    """

    groups: tuple[Agreement, ...]
    scores: tuple[tuple[int, float], ...] = ()


class Referee(Protocol):
    """Says what a search must know of a program. `task` is what is solved, with the visible tests as they are now."""

    async def verdict(self, program: str, task: Task) -> Verdict:
        """What the visible tests say; without any, whether it loads and has the entry point."""
        ...

    async def observe(self, program: str, task: Task, cases: Sequence[CallCase]) -> Verdict:
        """What the program does with these inputs: a record for each."""
        ...

    async def compare(
        self, candidates: Mapping[int, str], weights: Mapping[int, int], task: Task, tests: Sequence[CallCase] = ()
    ) -> Comparison | None:
        """Programs by node, compared by what they return on made-up inputs; `weights` is how often each was sampled.

        With `tests` that a model wrote, by CodeT, unless nobody passes one. None where nothing can be compared.
        """
        ...


class SandboxReferee:
    """Runs the programs."""

    def __init__(self, limits: Limits, sandbox: Sandbox) -> None:
        self._limits = limits
        self._sandbox = sandbox

    async def verdict(self, program: str, task: Task) -> Verdict:
        """One job for calls, one for asserts, as one verdict; a solution in words is checked here."""
        if task.kind == "math":
            return check_solution(program, task)
        jobs = visible_jobs(task, program, self._limits)
        return merge([await self._sandbox.run(job) for job in jobs])

    async def observe(self, program: str, task: Task, cases: Sequence[CallCase]) -> Verdict:
        """One job."""
        return await self._sandbox.run(
            Job(program=program, kind="cases", entry_point=task.entry_point, cases=tuple(cases), limits=self._limits)
        )

    async def compare(
        self, candidates: Mapping[int, str], weights: Mapping[int, int], task: Task, tests: Sequence[CallCase] = ()
    ) -> Comparison | None:
        """None where the task does not say what to call, and with what. One job a program, the tests first."""
        if task.kind == "math":
            return Comparison(tuple(Agreement(nodes=nodes, inputs=1) for nodes in answer_groups(candidates)))
        cases = await inputs_for(self, task, candidates)
        if not cases and not tests:
            return None
        jobs = (self.observe(program, task, (*tests, *cases)) for program in candidates.values())
        found = dict(zip(candidates, await asyncio.gather(*jobs), strict=True))
        verdicts = {node: _part(verdict, len(tests), None) for node, verdict in found.items()}
        scores = agreement_scores(verdicts, weights)
        if tests:
            passed = {node: _passed(_part(verdict, 0, len(tests))) for node, verdict in found.items()}
            if any(passed.values()):
                return _by_codet(passed, weights, len(tests), scores)
        groups = (Agreement(nodes=nodes, inputs=len(cases)) for nodes in behaviour_groups(verdicts))
        return Comparison(tuple(groups), _rounded(scores))


def _part(verdict: Verdict, begin: int, end: int | None) -> Verdict:
    """The verdict with some of its records only."""
    return verdict.model_copy(update={"records": verdict.records[begin:end]})


def _passed(verdict: Verdict) -> frozenset[int]:
    return frozenset(at for at, record in enumerate(verdict.records) if record.ok)


def _by_codet(
    passed: Mapping[int, frozenset[int]], weights: Mapping[int, int], tests: int, agreement: Mapping[int, float]
) -> Comparison:
    found = consensus(passed, weights)
    groups = (Agreement(nodes=group.nodes, inputs=tests, passed=len(group.tests)) for group in found)
    worth = codet_scores(found, weights, tests, agreement)
    return Comparison(tuple(groups), _rounded({node: worth[node] for node in passed}))


def _rounded(scores: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    return tuple((node, round(score, 6)) for node, score in scores.items())
