"""The best node of a run, kept as verdicts come in: to find it from nothing every node has to be looked at."""

from __future__ import annotations

from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.node import Node
from reason_tui.search.tree import Tree

_UPSETTING = (
    ev.CandidatesCompared,
    ev.NodePruned,
    ev.NodeRestored,
    ev.NodePinned,
    ev.RunContinued,
    ev.TestAdded,
    ev.TestEdited,
    ev.TestRemoved,
    ev.QuestionAnswered,
)
"""After these more than one node may rank differently."""


class Ranking:
    """`search.answer.best`, one event at a time."""

    def __init__(self) -> None:
        self._best: Node | None = None
        self._times: dict[int, int] = {}
        """How often a program was sampled, by the first node that has it."""
        self._upset = False

    def apply(self, event: ev.Event, tree: Tree, *, first: bool) -> None:
        """Take in an event that the tree has folded in already; `first`: the node had no reward before."""
        if isinstance(event, _UPSETTING):
            self._upset = True
        elif isinstance(event, ev.NodeJudged):
            if first and not tree.groups and not tree.scores:
                self._judged(tree.nodes[event.node], tree)
            else:
                self._upset = True

    def _judged(self, node: Node, tree: Tree) -> None:
        if not node.eligible:
            return
        original = node.id if node.duplicate_of is None else node.duplicate_of
        self._times[original] = self._times.get(original, 0) + 1
        contenders = (self._best, node, tree.nodes.get(original))
        self._best = max((each for each in contenders if each is not None and each.eligible), key=self._key)

    def _key(self, node: Node) -> tuple[float, bool, int, int]:
        return node.reward or 0.0, node.pinned, self._times.get(node.id, 0), -node.id

    def best(self, tree: Tree) -> Node | None:
        """The best now."""
        if self._upset:
            self._upset = False
            self._times.clear()
            for node in tree.nodes.values():
                if node.eligible:
                    original = node.id if node.duplicate_of is None else node.duplicate_of
                    self._times[original] = self._times.get(original, 0) + 1
            self._best = best(tree)
        return self._best
