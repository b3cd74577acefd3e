"""The steered part of the tree's fold: what a person did to the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reason_tui.rewards.critique import opinion
from reason_tui.search import events as ev
from reason_tui.search.consulted import Consulted
from reason_tui.search.node import Node
from reason_tui.tasks.types import TestCase

if TYPE_CHECKING:
    from reason_tui.search.tree import Tree


def steer(tree: Tree, event: ev.Event) -> None:
    """Fold one event in; those that are no one's act upon the tree change nothing."""
    match event:
        case ev.NodePruned():
            tree.nodes[event.node].pruned = True
            _mark(tree, tree.nodes[event.node])
        case ev.NodeRestored():
            tree.nodes[event.node].pruned = False
            _mark(tree, tree.nodes[event.node])
        case ev.NodePinned():
            tree.nodes[event.node].pinned = event.pinned
        case ev.HintGiven():
            tree.hints[event.hint] = event
            tree.next_hint = event.hint + 1
        case ev.HintWithdrawn():
            tree.hints.pop(event.hint, None)
        case ev.HandEdited():
            _edit(tree, event)
        case ev.NodeReflected():
            tree.nodes[event.node].reflection = event.text
            _charge(tree, event)
        case ev.SiblingsRanked():
            tree.expansions[event.expansion].ranked = True
            for position, node in enumerate(event.order):
                tree.nodes[node].opinion = opinion(position, len(event.order))
                tree.nodes[node].alpha = event.alpha
            _charge(tree, event)
        case ev.TestsWritten():
            tree.written = event.tests
            tree.compared = False
            for completion in event.completions:
                tree.ledger = tree.ledger.charge_tokens(completion.usage)
            tree.ledger = tree.ledger.charge_model(event.seconds)
        case ev.SettingsChanged():
            tree.settings = event.settings
        case _:
            _tests(tree, event)


def _charge(tree: Tree, event: Consulted) -> None:
    tree.ledger = tree.ledger.charge_tokens(event.completion.usage).charge_model(event.seconds)


def _tests(tree: Tree, event: ev.Event) -> None:
    visible = () if tree.task is None else tree.task.visible
    match event:
        case ev.TestAdded():
            _now(tree, (*visible, event.test), event.entry_point)
        case ev.TestEdited():
            _now(tree, (*visible[: event.index], event.test, *visible[event.index + 1 :]))
        case ev.TestRemoved():
            _now(tree, (*visible[: event.index], *visible[event.index + 1 :]))
        case ev.QuestionAsked():
            tree.questions.append(event)
            tree.question = event
        case ev.QuestionAnswered():
            tree.question = None
            tree.answers[event.question] = event
            if event.test is not None:
                _now(tree, (*visible, event.test))
        case _:
            pass


def _now(tree: Tree, visible: tuple[TestCase, ...], entry_point: str | None = None) -> None:
    """The visible tests from now on; what was judged by others is stale, what was compared without them too."""
    if tree.task is not None:
        named = tree.task.entry_point or entry_point
        tree.task = tree.task.model_copy(update={"visible": visible, "entry_point": named})
    tree.tests += 1
    tree.compared = False


def _mark(tree: Tree, top: Node) -> None:
    """Whether the nodes from `top` down are dead."""
    waiting = [top]
    while waiting:
        node = waiting.pop()
        above = None if node.parent is None else tree.nodes[node.parent]
        node.dead = node.pruned or (above is not None and above.dead)
        waiting += tree.children(node)
    tree.compared = False


def _edit(tree: Tree, event: ev.HandEdited) -> None:
    parent = tree.nodes[event.parent]
    tree.next_node = max(tree.next_node, event.node + 1)
    tree.nodes[event.node] = Node(
        event.node,
        parent.id,
        "edit",
        depth=parent.depth + 1,
        program=event.program,
        dead=parent.dead,
    )
    parent.children.append(event.node)
    tree.edited = True
    for above in tree.ancestors(parent):
        above.pending += 1
    tree.compared = False
