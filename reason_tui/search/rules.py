"""Which event may follow which: what a fold may rely on, checked where events come from a file."""

from __future__ import annotations

from reason_tui.search import events as ev
from reason_tui.search.placing import objection
from reason_tui.search.tree import Tree


class OutOfPlaceError(Exception):
    """A well-formed event that cannot follow those before it; the message says why."""


class Rules:
    """Takes the events of a run one after the other. What it let pass can be folded by anyone."""

    def __init__(self) -> None:
        self.tree = Tree()
        self._begun = False
        self._ended = False

    def apply(self, event: ev.Event) -> None:
        """Let the event pass, or raise OutOfPlaceError and stay as before."""
        self._check_place(event)
        why = _objection(self.tree, event)
        if why:
            raise OutOfPlaceError(why)
        self.tree.apply(event)
        self._begun = True
        self._ended = isinstance(event, ev.RunFinished)

    def _check_place(self, event: ev.Event) -> None:
        if isinstance(event, ev.RunStarted) == self._begun:
            raise OutOfPlaceError("a run begins with run_started, and only once")
        if self._ended and not isinstance(event, ev.RunContinued):
            raise OutOfPlaceError(f"{event.type} after the end of the run")


def _objection(tree: Tree, event: ev.Event) -> str:
    """Why the event does not fit the tree; empty where it does."""
    match event:
        case ev.ExpansionStarted():
            return _started(tree, event)
        case ev.ExpansionSampled() | ev.ExpansionFailed():
            return _of_expansion(tree, event.expansion)
        case ev.NodeAdded():
            return _added(tree, event)
        case ev.NodeJudged():
            return _judged(tree, event)
        case ev.CandidatesCompared():
            strange = [node for group in event.groups for node in group.nodes if not _has_program(tree, node)]
            return f"node {strange[0]} is no candidate" if strange else ""
        case ev.RunFinished(answer=int(answer)):
            return "" if _has_program(tree, answer) else f"the answer, node {answer}, is no candidate"
        case _:
            return objection(tree, event)


def _started(tree: Tree, event: ev.ExpansionStarted) -> str:
    if event.expansion != len(tree.expansions):
        return f"expansion {len(tree.expansions)} was expected, expansion {event.expansion} found"
    parent = tree.nodes.get(event.parent)
    if parent is None or (parent.parent is not None and (parent.program is None or parent.reward is None)):
        return f"there is no node {event.parent} to expand"
    if event.nodes != tuple(range(tree.next_node, tree.next_node + len(event.nodes))) or not event.nodes:
        return f"new nodes are numbered from {tree.next_node}"
    return ""


def _of_expansion(tree: Tree, expansion: int) -> str:
    if expansion not in tree.expansions or tree.expansions[expansion].failed:
        return f"expansion {expansion} is not going on"
    return ""


def _added(tree: Tree, event: ev.NodeAdded) -> str:
    node = tree.nodes.get(event.node)
    if node is None or node.expansion != event.expansion:
        return f"expansion {event.expansion} has no node {event.node}"
    if node.completion is not None:
        return f"node {event.node} was there already"
    if event.program is not None and event.completion.finish == "cancelled":
        return f"node {event.node} was cut short and has a program"
    if event.duplicate_of is not None and not (
        _has_program(tree, event.duplicate_of) and tree.nodes[event.duplicate_of].duplicate_of is None
    ):
        return f"node {event.duplicate_of} has no program to be the same as"
    return ""


def _judged(tree: Tree, event: ev.NodeJudged) -> str:
    node = tree.nodes.get(event.node)
    if node is None or (node.completion is None and node.program is None):
        return f"there is no node {event.node} to judge"
    return ""


def _has_program(tree: Tree, node: int) -> bool:
    return node in tree.nodes and tree.nodes[node].program is not None
