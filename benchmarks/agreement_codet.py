"""The choices of CodeT and of agreement among the same samples, for `agreement.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.judging import Judging
from reason_tui.search.referee import Referee
from reason_tui.search.tree import Tree

Way = Literal["agreement", "codet"]


@dataclass(frozen=True)
class Cost:
    """Tokens of a search's drafts, those of its tests, and how many drafts the tests leave room for."""

    drafts: int
    tests: int
    left: int


def cost(events: Sequence[ev.Event]) -> Cost:
    """`left` is the number of first drafts that with the tests cost at most what all drafts do without."""
    drafts = [event.completion.usage.total for event in events if isinstance(event, ev.NodeAdded)]
    written = [event for event in events if isinstance(event, ev.TestsWritten)]
    tests = sum(completion.usage.total for event in written for completion in event.completions)
    left, spent = 0, tests
    while left < len(drafts) and spent + drafts[left] <= sum(drafts):
        spent += drafts[left]
        left += 1
    return Cost(sum(drafts), tests, left)


async def choice(events: Sequence[ev.Event], referee: Referee, way: Way, samples: int) -> int | None:
    """The answer of a search that had sampled only the first `samples` drafts, chosen this way; None without one."""
    within = {event.node for event in [e for e in events if isinstance(e, ev.NodeAdded)][:samples]}
    tree = Tree()
    for event in events:
        if isinstance(event, ev.RunStarted):
            changed = event.settings.model_copy(update={"without_tests": way})
            tree.apply(event.model_copy(update={"settings": changed}))
        elif _remains(event, tree, within):
            tree.apply(event)
    await Judging(tree, referee, tree.apply).compare()
    answer = best(tree)
    return None if answer is None else answer.id


def _remains(event: ev.Event, tree: Tree, within: Collection[int]) -> bool:
    """Whether the search would have come to this with the samples `within` alone."""
    match event:
        case ev.ExpansionStarted():
            return any(node in within for node in event.nodes)
        case ev.ExpansionSampled():
            return event.expansion in tree.expansions
        case ev.NodeAdded() | ev.NodeJudged():
            return event.node in within
        case _:
            return not isinstance(event, ev.CandidatesCompared | ev.RunFinished)
