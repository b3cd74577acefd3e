"""What a search would have given with fewer completions, from the events of one with more.

A strategy sees the tree and not the budget, and a sample depends on its seed and place alone, so the first k
completions of a run are those of a run with budget k. Within a budget of tokens are those completions before whose end
it was not exceeded: nothing that cost more counts, though a search would have finished the call under way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reason_tui.evaluation.outcome import Unit
from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.ledger import Ledger
from reason_tui.search.tree import Tree


@dataclass(frozen=True)
class Cut:
    """The state after the first completions: the answer, what the visible tests say of it, and the cost."""

    answer: str | None
    outcome: ev.Outcome
    ledger: Ledger


def cut(events: Sequence[ev.Event], budget: int, unit: Unit = "completions") -> Cut:
    """Fold the events that concern the completions within the budget."""
    within = {ev.ROOT, *(_first(events, budget) if unit == "completions" else _cheap(events, budget))}
    tree = Tree()
    for event in events:
        if isinstance(event, ev.ExpansionStarted) and within.isdisjoint(event.nodes):
            continue
        if isinstance(event, ev.ExpansionSampled | ev.ExpansionFailed) and event.expansion not in tree.expansions:
            continue
        if isinstance(event, ev.NodeAdded | ev.NodeJudged) and event.node not in within:
            continue
        tree.apply(_inside(event, within))
    answer = best(tree)
    outcome: ev.Outcome = "unsolved"
    if answer is not None and answer.status == "passed":
        outcome = "solved"
    elif answer is not None and answer.status == "unverified":
        outcome = "unverified"
    return Cut(None if answer is None else answer.program, outcome, tree.ledger)


def _first(events: Sequence[ev.Event], budget: int) -> list[int]:
    return [event.node for event in events if isinstance(event, ev.NodeAdded)][:budget]


def _cheap(events: Sequence[ev.Event], budget: int) -> Iterator[int]:
    """Every charge counts, in the order of the events; what no event was charged for yet is free."""
    tree = Tree()
    for event in events:
        tree.apply(event)
        if tree.ledger.tokens > budget:
            return
        if isinstance(event, ev.NodeAdded):
            yield event.node


def _inside(event: ev.Event, within: set[int]) -> ev.Event:
    """Groups without the candidates that a smaller budget would not have seen."""
    if not isinstance(event, ev.CandidatesCompared):
        return event
    groups = [
        group.model_copy(update={"nodes": tuple(node for node in group.nodes if node in within)})
        for group in event.groups
    ]
    return event.model_copy(update={"groups": tuple(group for group in groups if group.nodes)})
