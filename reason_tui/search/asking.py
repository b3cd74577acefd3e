"""The question worth asking a person: the smallest input on which the surviving candidates differ."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from reason_tui.rewards import Difference, differences, smaller
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.search.answer import support
from reason_tui.search.node import Node
from reason_tui.search.probing import inputs_for
from reason_tui.search.referee import Referee
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase, Task

MAX_SURVIVORS = 16
INPUTS = 60
_ROUNDS = 4
_SMALLER = 24


def survivors(tree: Tree) -> list[Node]:
    """Distinct candidates that no visible test speaks against: those that pass, or without tests those that run.

    The pinned first, then those most often sampled.
    """
    wanted = "passed" if tree.task is not None and tree.task.visible else "unverified"
    nodes = [n for n in tree.nodes.values() if n.eligible and n.status == wanted and not tree.stale(n)]
    originals = {node.id for node in nodes if node.duplicate_of is None}
    distinct = [node for node in nodes if node.duplicate_of not in originals]
    times = support(tree)
    return sorted(distinct, key=lambda node: (not node.pinned, -times.get(node.id, 0), node.id))[:MAX_SURVIVORS]


class Asking:
    """Looks for questions on `tree`. What it runs is charged to nobody's budget of completions."""

    def __init__(self, tree: Tree, referee: Referee) -> None:
        self._tree = tree
        self._referee = referee
        self._why = ""

    @property
    def why_not(self) -> str:
        """Why the last search for a question found none."""
        return self._why

    async def question(self, *, waiting: bool) -> ev.QuestionAsked | None:
        """The best question about the survivors as they are now; None where they agree or cannot be compared."""
        task, nodes = self._tree.task, survivors(self._tree)
        if task is None or len(nodes) < 2:
            self._why = f"{'One candidate is' if nodes else 'No candidate is'} left to compare."
            return None
        if waiting and self._skipped(nodes):
            self._why = "The user does not mind which of them it is."
            return None
        cases = self._fresh(task, await inputs_for(self._referee, task, _programs(nodes), INPUTS))
        if not cases:
            self._why = "Nothing is known of the arguments to try."
            return None
        verdicts = await self._observe(nodes, task, cases)
        found = differences(cases, verdicts, support(self._tree))
        if not found:
            self._why = f"The {len(nodes)} candidates behave alike on {len(cases)} made-up inputs."
            return None
        best = await self._shrunk(found[0], task)
        return ev.QuestionAsked(
            question=len(self._tree.questions),
            case=best.case,
            opinions=tuple(_opinion(record, nodes) for record, nodes in best.groups),
            inputs=len(cases),
            waiting=waiting,
        )

    def _skipped(self, nodes: Sequence[Node]) -> bool:
        """Whether a question about all of these was skipped: another one would be too."""
        skipped = (said.question for said in self._tree.answers.values() if said.says == "skip")
        asked = (self._tree.questions[number].opinions for number in skipped)
        wanted = {node.id for node in nodes}
        return any(wanted <= {node for said in opinions for node in said.nodes} for opinions in asked)

    def _fresh(self, task: Task, cases: Sequence[CallCase]) -> tuple[CallCase, ...]:
        """Inputs that no visible test and no earlier question is about."""
        known = {case.call("f") for case in task.visible if isinstance(case, CallCase)}
        known |= {question.case.call("f") for question in self._tree.questions}
        return tuple(case for case in cases if case.call("f") not in known)

    async def _observe(self, nodes: Sequence[Node], task: Task, cases: Sequence[CallCase]) -> dict[int, Verdict]:
        jobs = [self._referee.observe(node.program or "", task, cases) for node in nodes]
        return dict(zip((node.id for node in nodes), await asyncio.gather(*jobs), strict=True))

    async def _shrunk(self, difference: Difference, task: Task) -> Difference:
        """A smaller input with the same groups, as far as it is found in a few rounds."""
        members = {nodes[0]: nodes for _, nodes in difference.groups}
        weights = {first: len(nodes) for first, nodes in members.items()}
        known = {question.case.call("f") for question in self._tree.questions}
        known |= {case.call("f") for case in task.visible if isinstance(case, CallCase)}
        for _ in range(_ROUNDS):
            cases = [case for case in smaller(difference.case, _SMALLER) if case.call("f") not in known]
            if not cases:
                break
            verdicts = await self._observe([self._tree.nodes[node] for node in members], task, cases)
            found = [
                each
                for each in differences(cases, verdicts, weights)
                if len(each.groups) == len(members) and each.rank < difference.rank
            ]
            if not found:
                break
            difference = _whole(found[0], members)
        return difference


def _programs(nodes: Sequence[Node]) -> dict[int, str]:
    return {node.id: node.program or "" for node in nodes}


def _whole(difference: Difference, members: Mapping[int, tuple[int, ...]]) -> Difference:
    """With every program in the place of its group's first."""
    groups = (
        (record, tuple(node for first in nodes for node in members[first])) for record, nodes in difference.groups
    )
    return Difference(difference.case, tuple(sorted(groups, key=lambda each: (-len(each[1]), each[1][0]))))


def _opinion(record: TestRecord, nodes: tuple[int, ...]) -> ev.Opinion:
    if record.timed_out:
        return ev.Opinion(nodes=nodes)
    if record.failure is not None:
        return ev.Opinion(nodes=nodes, raised=record.failure.type)
    return ev.Opinion(nodes=nodes, returned=record.got)
