"""Programs of a search: told apart, judged, and their rewards told to the tree."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from reason_tui.programs import fingerprint
from reason_tui.rewards import NO_PROGRAM, judge
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.referee import Referee
from reason_tui.search.tree import Node, Tree
from reason_tui.tasks.types import Task

Emit = Callable[[ev.Event], None]

MAX_COMPARED = 16
"""Distinct programs compared by behaviour when a task has no visible tests."""


class Judging:
    """Gives every node of `tree` its reward. A program met before, up to its normal form, is not run again.

    `tree` may have grown already, as in a run that goes on.
    """

    def __init__(self, task: Task, tree: Tree, referee: Referee, emit: Emit) -> None:
        self._task = task
        self._tree = tree
        self._referee = referee
        self._emit = emit
        self._first = _originals(tree)

    def original(self, program: str, node: int) -> int | None:
        """The earlier node with this program, None for the first one that has it."""
        first = self._first.setdefault(fingerprint(program), node)
        return None if first == node else first

    async def given(self, program: str) -> None:
        """The program of a repair task is the root: it runs before anything is asked of the policy."""
        self.original(program, ev.ROOT)
        self._tell(self._tree.root, await self._referee.verdict(program))

    async def judge(self, siblings: Sequence[Node]) -> None:
        """Run the new programs side by side; rewards are told in the order of the siblings, whoever is done first."""
        fresh = [node for node in siblings if node.program is not None and node.duplicate_of is None]
        jobs = {node.id: asyncio.create_task(self._referee.verdict(node.program or "")) for node in fresh}
        try:
            for node in fresh:
                self._tell(node, await jobs[node.id])
        finally:
            for job in jobs.values():
                job.cancel()
        for node in siblings:
            if node.reward is None:
                self._settle(node)

    async def compare(self) -> None:
        """Without visible tests: group the candidates by what they return on made-up inputs."""
        runnable = [n for n in self._tree.candidates() if n.status == "unverified" and n.duplicate_of is None]
        if len(runnable) < 2:
            return
        found = await self._referee.groups({node.id: node.program or "" for node in runnable[:MAX_COMPARED]})
        if found is not None:
            self._emit(ev.CandidatesCompared(groups=found))

    def _tell(self, node: Node, verdict: Verdict) -> None:
        reward, status = judge(verdict, self._task)
        self._emit(ev.NodeJudged(node=node.id, reward=reward, status=status, verdict=verdict))

    def _settle(self, node: Node) -> None:
        """The reward of a node that was not run: it has no program, or one that was met before."""
        if node.duplicate_of is None:
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
            )
        )


def _originals(tree: Tree) -> dict[str, int]:
    """The node that had each program first."""
    return {
        fingerprint(node.program): node.id
        for node in tree.nodes.values()
        if node.program is not None and node.duplicate_of is None
    }
