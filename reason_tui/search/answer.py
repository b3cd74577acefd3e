"""Which program is the answer: chosen over all nodes, not along one path."""

from __future__ import annotations

from reason_tui.search.tree import Node, Tree


def best(tree: Tree) -> Node | None:
    """The candidate with the highest reward; then the one most others agree with; then the earliest.

    Two programs agree when they behave alike on the inputs tried (`tree.groups`), or, where nothing was
    compared, when one is a duplicate of the other.
    """
    support = _support(tree)
    return max(
        tree.candidates(),
        key=lambda node: (node.reward or 0.0, support.get(node.id, 0), -node.id),
        default=None,
    )


def _support(tree: Tree) -> dict[int, int]:
    counts: dict[int, int] = {}
    for node in tree.candidates():
        original = node.id if node.duplicate_of is None else node.duplicate_of
        counts[original] = counts.get(original, 0) + 1
    for group in tree.groups:
        size = sum(counts.get(node, 0) for node in group.nodes)
        counts.update(dict.fromkeys(group.nodes, size))
    return counts
