"""Programs of a search: told apart, judged, and their rewards told to the tree."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reason_tui.programs import identity, inputs
from reason_tui.rewards import NO_PROGRAM, judge, tests_key
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.answer import support
from reason_tui.search.node import Node
from reason_tui.search.referee import Referee
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import Task

Emit = Callable[[ev.Event], None]

MAX_COMPARED = 16
"""Distinct programs compared by behaviour when a task has no visible tests."""


@dataclass(frozen=True)
class _Job:
    """A program that is run by the visible tests of `task`, which are of the version `tests`."""

    task: Task
    tests: int
    verdict: asyncio.Task[tuple[Verdict, bool]]


class Judging:
    """Gives every node of `tree` its reward. A program met before, up to its normal form, is not run again.

    `tree` may have grown already, as in a run that goes on. Verdicts are kept by program and visible tests (the limits
    of a run do not change): a test that is removed again costs nothing.
    """

    def __init__(self, tree: Tree, referee: Referee, emit: Emit) -> None:
        self._tree = tree
        self._referee = referee
        self._emit = emit
        self._first = _originals(tree)
        self._jobs: dict[int, _Job] = {}
        """Those that run, by node."""
        self._inputs = (-1, False)
        """The version of the tests, and whether there are inputs to compare programs by."""
        self._verdicts: dict[tuple[str, tuple[str, ...]], Verdict] = {}

    @property
    def _task(self) -> Task:
        assert self._tree.task is not None, "the run has begun"
        return self._tree.task

    @property
    def _settings(self) -> ev.SearchSettings:
        assert self._tree.settings is not None, "the run has begun"
        return self._tree.settings

    def original(self, program: str, node: int) -> int | None:
        """The earlier node with this program, None for the first one that has it."""
        first = self._first.setdefault(identity(program, self._task), node)
        return None if first == node else first

    def met(self, program: str) -> int | None:
        """The node with this program, None where there is none."""
        return self._first.get(identity(program, self._task))

    async def given(self, program: str) -> None:
        """The program of a repair task is the root: it runs before anything is asked of the policy."""
        self.original(program, ev.ROOT)
        await self.judge([self._tree.root])

    def start(self, siblings: Sequence[Node]) -> None:
        """Begin to run what is new, and what was judged by other tests than those there are; nothing is told yet."""
        for node in siblings:
            if self._to_run(node) and node.id not in self._jobs:
                job = self._verdict(node.program or "", self._task)
                self._jobs[node.id] = _Job(self._task, self._tree.tests, asyncio.create_task(job))

    async def judge(self, siblings: Sequence[Node]) -> None:
        """Tell what the tests say; in the order of the siblings, whoever is done first.

        What was not started is run by the visible tests as these are now.
        """
        self.start(siblings)
        try:
            for node in siblings:
                if (job := self._jobs.get(node.id)) is not None:
                    verdict, executed = await asyncio.shield(job.verdict)
                    if self._jobs.pop(node.id, None) is not None:
                        self._tell(node, verdict, job, executed)
        except BaseException:
            self.give_up(siblings)
            raise
        for node in siblings:
            if node.reward is None or self._tree.stale(node):
                await self._judge_original(node)
                self._settle(node)

    async def _judge_original(self, node: Node) -> None:
        """What a duplicate is a duplicate of comes first: a program by hand may still be running."""
        if node.duplicate_of is not None and self._tree.nodes[node.duplicate_of].reward is None:
            await self.judge([self._tree.nodes[node.duplicate_of]])

    def give_up(self, siblings: Sequence[Node]) -> None:
        """Run these no further, if they still are."""
        for node in siblings:
            if (job := self._jobs.pop(node.id, None)) is not None:
                job.verdict.cancel()

    def tell_empty(self, siblings: Sequence[Node]) -> None:
        """Tell of those that have no program: there is nothing to run."""
        for node in siblings:
            if node.reward is None and node.completion is not None and node.program is None:
                self._settle(node)

    def close(self) -> None:
        """Run nothing any further."""
        for job in self._jobs.values():
            job.verdict.cancel()
        self._jobs.clear()

    def _to_run(self, node: Node) -> bool:
        return (
            node.program is not None and node.duplicate_of is None and (node.reward is None or self._tree.stale(node))
        )

    def due(self) -> bool:
        """Whether there are nodes that no expansion will judge: stale ones, and programs by hand."""
        return bool(self._due())

    async def settle(self) -> None:
        """Judge them, until none is left: tests may change meanwhile. What is pruned waits until it is restored."""
        while nodes := self._due():
            await self.judge(nodes)

    def _due(self) -> list[Node]:
        """Oldest first; before a duplicate the one it is a duplicate of."""
        tree = self._tree
        found: dict[int, Node] = {}
        if not (tree.tests or tree.edited):
            return []
        for node in tree.nodes.values():
            if node.dead and not node.pinned:
                continue
            if tree.stale(node) or (node.reward is None and node.origin == "edit"):
                original = node if node.duplicate_of is None else tree.nodes[node.duplicate_of]
                found.update({each.id: each for each in (original, node) if each is node or tree.stale(each)})
        return list(found.values())

    async def _verdict(self, program: str, task: Task) -> tuple[Verdict, bool]:
        """The verdict, and whether the program was run for it."""
        key = (identity(program, task), tests_key(task))
        if key in self._verdicts:
            return self._verdicts[key], False
        self._verdicts[key] = await self._referee.verdict(program, task)
        return self._verdicts[key], True

    async def compare(self) -> None:
        """Without visible tests: group the candidates by what they return on made-up inputs, or by CodeT."""
        runnable = [
            node
            for node in self._tree.candidates()
            if node.eligible and node.status == "unverified" and node.duplicate_of is None
        ]
        runnable.sort(key=lambda node: not node.pinned)
        if len(runnable) < 2:
            return
        compared = {node.id: node.program or "" for node in runnable[:MAX_COMPARED]}
        tests = self._tree.written if self._settings.without_tests == "codet" else None
        found = await self._referee.compare(compared, self._sampled(), self._task, tests or ())
        if found is not None:
            self._emit(ev.CandidatesCompared(groups=found.groups, scores=found.scores))

    async def confirm(self) -> None:
        """Compare the programs that pass by behaviour, if the search wants more than one and there is a new one."""
        passing = self._passing()
        if self._settings.confirm > 1 and len(passing) > 1 and not self._tree.met >= passing.keys():
            found = await self._referee.compare(passing, self._sampled(), self._task)
            if found is not None:
                nodes = tuple(passing)
                self._emit(ev.CandidatesCompared(groups=found.groups, nodes=nodes, scores=found.scores))

    def confirmed(self, wanted: int) -> bool:
        """Whether as many samples that pass behave alike; one is enough where nothing can be compared."""
        if wanted == 1:
            return True
        times = support(self._tree)
        return not self._comparable() or any(times[node] >= wanted for node in self._passing())

    def _comparable(self) -> bool:
        """Whether there are inputs to compare by. Looked up once for each version of the tests."""
        tests, comparable = self._inputs
        if tests != self._tree.tests:
            comparable = self._task.entry_point is not None and bool(inputs(self._task))
            self._inputs = (self._tree.tests, comparable)
        return comparable

    def _passing(self) -> dict[int, str]:
        """The distinct programs that pass, by node; pinned ones first."""
        found = [node for node in self._tree.nodes.values() if node.status == "passed" and node.duplicate_of is None]
        found = [node for node in found if node.eligible and not self._tree.stale(node)]
        found.sort(key=lambda node: not node.pinned)
        return {node.id: node.program or "" for node in found[:MAX_COMPARED]}

    def _sampled(self) -> dict[int, int]:
        """How often each distinct program was sampled, by its first node."""
        return Counter(
            node.id if node.duplicate_of is None else node.duplicate_of
            for node in self._tree.nodes.values()
            if node.eligible
        )

    def _tell(self, node: Node, verdict: Verdict, job: _Job, executed: bool) -> None:
        reward, status = judge(verdict, job.task)
        self._emit(
            ev.NodeJudged(
                node=node.id, reward=reward, status=status, verdict=verdict, executed=executed, tests=job.tests
            )
        )

    def _settle(self, node: Node) -> None:
        """The reward of a node that was not run: it has no program, or one that was met before."""
        if node.duplicate_of is None:
            if node.program is None:
                self._emit(ev.NodeJudged(node=node.id, reward=NO_PROGRAM, status="unparsable", executed=False))
            return
        original = self._tree.nodes[node.duplicate_of]
        assert original.reward is not None and original.status is not None, "judged before its duplicates"
        self._emit(
            ev.NodeJudged(
                node=node.id,
                reward=original.reward,
                status=original.status,
                verdict=original.verdict,
                executed=False,
                tests=original.tests,
            )
        )


def _originals(tree: Tree) -> dict[str, int]:
    """The node that had each program first."""
    return {
        identity(node.program, tree.task): node.id
        for node in tree.nodes.values()
        if node.program is not None and node.duplicate_of is None and tree.task is not None
    }
