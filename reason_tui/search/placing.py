"""Where a steered event makes sense: for a journal that is read, and for a person who asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from reason_tui.search import events as ev
from reason_tui.search.node import Node
from reason_tui.search.tree import Tree


def objection(tree: Tree, event: ev.Event) -> str:
    """Why the event makes no sense on the tree as it is; empty where it does, and for events that nobody asked for."""
    return next(_objections(tree, event), "")


def _objections(tree: Tree, event: ev.Event) -> Iterator[str]:
    match event:
        case ev.NodePruned() | ev.NodeRestored() | ev.NodePinned() | ev.HintGiven() if event.node not in tree.nodes:
            yield f"there is no node {event.node}"
        case ev.NodePruned() | ev.NodeRestored():
            yield from _pruning(tree.nodes[event.node], restore=isinstance(event, ev.NodeRestored))
        case ev.NodePinned():
            yield from _pinning(tree.nodes[event.node], event.pinned)
        case ev.HintGiven():
            if event.hint != tree.next_hint:
                yield f"hint {tree.next_hint} was expected, hint {event.hint} found"
        case ev.HintWithdrawn():
            if event.hint not in tree.hints:
                yield f"there is no hint {event.hint}"
        case ev.TestEdited() | ev.TestRemoved():
            visible = () if tree.task is None else tree.task.visible
            if event.index >= len(visible):
                yield f"there is no visible test {event.index + 1}: there are {len(visible)}"
        case ev.NodeReflected() if event.node not in tree.nodes:
            yield f"there is no node {event.node}"
        case ev.SiblingsRanked() if event.expansion not in tree.expansions:
            yield f"there is no expansion {event.expansion}"
        case ev.SiblingsRanked() if not all(node in tree.nodes for node in event.order):
            yield "it ranks a node that is not there"
        case ev.HandEdited():
            yield from _editing(tree, event)
        case ev.QuestionAsked() | ev.QuestionAnswered():
            yield from _asking(tree, event)
        case _:
            pass


def _pruning(node: Node, *, restore: bool) -> Iterator[str]:
    if node.id == ev.ROOT:
        yield "the root cannot be pruned"
    if node.pruned != restore:
        yield f"node {node.id} is {'pruned already' if node.pruned else 'not pruned'}"


def _pinning(node: Node, pinned: bool) -> Iterator[str]:
    if node.program is None:
        yield f"node {node.id} has no program to keep"
    if node.pinned == pinned:
        yield f"node {node.id} is {'pinned already' if pinned else 'not pinned'}"


def _editing(tree: Tree, event: ev.HandEdited) -> Iterator[str]:
    parent = tree.nodes.get(event.parent)
    if parent is None:
        yield f"there is no node {event.parent}"
    elif parent.id != ev.ROOT and parent.reward is None:
        yield f"node {event.parent} is still being made"
    elif parent.dead:
        yield f"node {event.parent} is pruned"
    if event.node < tree.next_node:
        yield f"new nodes are numbered from {tree.next_node}"


def _asking(tree: Tree, event: ev.QuestionAsked | ev.QuestionAnswered) -> Iterator[str]:
    if isinstance(event, ev.QuestionAsked):
        if tree.question is not None:
            yield f"question {tree.question.question} waits for its answer"
        if event.question != len(tree.questions):
            yield f"question {len(tree.questions)} was expected, question {event.question} found"
        strange = [node for each in event.opinions for node in each.nodes if not _candidate(tree, node)]
        if strange:
            yield f"node {strange[0]} is no candidate"
    elif tree.question is None or tree.question.question != event.question:
        yield f"question {event.question} does not wait for an answer"
    elif event.group is not None and not 0 <= event.group < len(tree.question.opinions):
        yield f"question {event.question} has no group {event.group}"


def _candidate(tree: Tree, node: int) -> bool:
    return node in tree.nodes and tree.nodes[node].program is not None
