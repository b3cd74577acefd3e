"""What a run decided and found, so that two runs can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reason_tui.search import events as ev
from reason_tui.search.consulted import Consulted
from reason_tui.search.tree import Node, Tree

_CIRCUMSTANCES = frozenset(
    {
        "run",
        "at",
        "seconds",
        "model_s",
        "sandbox_s",
        "controller_s",
        "ms",
        "peak_memory_kb",
        "policy",
        "sandbox",
        "app_version",
    }
    | {"prompt", "cached", "prompt_tokens", "cached_tokens"}  # what a cache held: an engine begins with an empty one
)


def decisions(events: Iterable[ev.Event]) -> list[dict[str, Any]]:
    """The events as data, without names, times, the state of caches, and the seams between the parts of a run.

    Equal for an uninterrupted run and for one that was cut off and went on. A policy call that was made again because
    some of its samples were lost is told once. Where expansions overlap, the verdicts of one and the samples of a later
    one may come in either order: they are put in one. What was still in flight when a program passed is left out, as
    how much of it was sampled is a matter of time; so is its part of the ledger.
    """
    kept: list[dict[str, Any]] = []
    for event in _in_order(without_void(list(events))):
        told = _bare(event.model_dump(mode="json"))
        again = isinstance(event, ev.ExpansionSampled) and told in kept
        if not again and not isinstance(event, ev.RunContinued | ev.RunPaused | ev.RunResumed):
            kept.append(told)
    return kept


def without_void(events: list[ev.Event]) -> list[ev.Event]:
    """Without the expansions that the end of the search overtook, and their part of the ledger."""
    last = _solved(events)
    if last is None:
        return events
    tree = Tree()
    for event in events:
        tree.apply(event)
    void = overtaken(events, tree)
    if not void:
        return events
    nodes = {node for number in void for node in tree.expansions[number].nodes}
    kept = [event for event in events if not _concerns(event, void, nodes)]
    rest = Tree()
    for event in kept[:-1]:
        rest.apply(event)
    return [*kept[:-1], last.model_copy(update={"ledger": rest.ledger})]


def overtaken(events: Sequence[ev.Event], tree: Tree) -> set[int]:
    """The expansions of a run and its tree that were in flight when the run was solved."""
    if _solved(events) is None:
        return set()
    open_still = {each.id for each in tree.expansions.values() if any(_open(node, tree) for node in tree.of(each))}
    return open_still | _without_programs(events, tree)


def _without_programs(events: Sequence[ev.Event], tree: Tree) -> set[int]:
    """The newest expansion, if a pass was told while it was sampled and none of its samples is a program.

    Such samples are told at once, and so would look like any others if none of them was cut short.
    """
    newest = max(tree.expansions, default=-1)
    nodes = tree.of(tree.expansions[newest]) if newest >= 0 else []
    if not nodes or any(node.program is not None for node in nodes):
        return set()
    begun = events.index(tree.expansions[newest].started)
    passed = any(isinstance(event, ev.NodeJudged) and event.status == "passed" for event in events[begun:])
    return {newest} if passed else set()


def _solved(events: Sequence[ev.Event]) -> ev.RunFinished | None:
    """The last event of a whole run that ended with a solution."""
    if not events or not isinstance(events[0], ev.RunStarted):
        return None
    last = events[-1]
    return last if isinstance(last, ev.RunFinished) and last.reason == "solved" else None


def _open(node: Node, tree: Tree) -> bool:
    return node.reward is None or piece(node, tree)


def piece(node: Node, tree: Tree) -> bool:
    """Whether it was cut short by the end of the run.

    A pass that a new test took back cut something short too: that is a completion like any other.
    """
    return node.cancelled and node.expansion == max(tree.expansions)


def _concerns(event: ev.Event, void: set[int], nodes: set[int]) -> bool:
    if isinstance(event, ev.ExpansionStarted | ev.ExpansionSampled | ev.ExpansionFailed | ev.NodeAdded):
        return event.expansion in void
    return isinstance(event, ev.NodeJudged) and event.node in nodes


def _in_order(events: list[ev.Event]) -> list[ev.Event]:
    """Between two expansions' beginnings: what was sampled first, then what was judged and said of that."""
    ordered: list[ev.Event] = []
    judged: list[ev.Event] = []
    for event in events:
        if isinstance(event, ev.NodeJudged | ev.CandidatesCompared | Consulted):
            judged.append(event)
            continue
        if not isinstance(event, ev.ExpansionSampled | ev.ExpansionFailed | ev.NodeAdded | ev.RunContinued):
            ordered += judged
            judged.clear()
        ordered.append(event)
    return ordered + judged


def _bare(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _bare(value) for key, value in data.items() if not _circumstance(key, value)}
    if isinstance(data, list):
        return [_bare(value) for value in data]
    return data


def _circumstance(key: str, value: Any) -> bool:
    return key in _CIRCUMSTANCES and not (key == "prompt" and isinstance(value, str))  # a task's is no count of tokens
