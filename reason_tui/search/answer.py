"""Which program is the answer: chosen over all nodes, not along one path."""

from __future__ import annotations

from reason_tui.search.node import Node
from reason_tui.search.tree import Tree


def best(tree: Tree) -> Node | None:
    """The candidate with the highest reward; then a pinned one; then the one most others agree with; then the earliest.

    Agreement is the score over the inputs tried (`tree.scores`), then how many behave alike on all of them
    (`tree.groups`), or, where nothing was compared, are duplicates. What was pruned is no candidate, unless it is
    pinned.
    """
    times = support(tree)
    return max(
        (node for node in tree.nodes.values() if node.eligible),
        key=lambda node: (node.reward or 0.0, node.pinned, _score(tree, node), times.get(node.id, 0), -node.id),
        default=None,
    )


def _score(tree: Tree, node: Node) -> float:
    return tree.scores.get(node.id if node.duplicate_of is None else node.duplicate_of, 0.0)


def solved(tree: Tree) -> bool:
    """Whether a program that may be the answer passes all visible tests as they are now."""
    return any(node.status == "passed" and node.eligible and not tree.stale(node) for node in tree.nodes.values())


def support(tree: Tree) -> dict[int, int]:
    """By node: how often a program like it was sampled."""
    counts: dict[int, int] = {}
    for node in tree.nodes.values():
        if node.eligible:
            original = node.id if node.duplicate_of is None else node.duplicate_of
            counts[original] = counts.get(original, 0) + 1
    for group in tree.groups:
        size = sum(counts.get(node, 0) for node in group.nodes)
        counts.update(dict.fromkeys(group.nodes, size))
    return counts
