"""Monte-Carlo tree search over whole programs (SEARCH.md): UCB1, progressive widening, virtual loss.

Selection walks down from the root. A node that may be widened is expanded there; otherwise the child with the
highest UCB1 is next. A child's own reward is its simulation: there are no blind roll-outs.
"""

from __future__ import annotations

import math

from reason_tui.search.events import SearchSettings
from reason_tui.search.strategies.base import Ask, can_expand, open_nodes, siblings
from reason_tui.search.tree import Node, Tree, ucb1

WIDENING = 2.0
"""A node with N visits may get another expansion while it has fewer than 2 * sqrt(N) children."""


class Mcts:
    """UCB1 over whole programs, with repairs below the drafts."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """K siblings below the node that selection ends at; None when no node can be expanded."""
        can_grow = open_nodes(tree)
        if tree.root.id not in can_grow:
            return None
        node = tree.root
        while not _widen(node):
            below = [child for child in tree.children(node) if child.id in can_grow]
            if not below:
                break
            node = max(below, key=lambda child: (ucb1(child, node, settings.exploration), -child.id))
        return siblings(node, tree, settings)


def _widen(node: Node) -> bool:
    """Whether progressive widening allows another expansion here (never at a node that cannot be expanded)."""
    if not can_expand(node):
        return False
    return not node.children or len(node.children) < WIDENING * math.sqrt(node.visits + node.pending)
