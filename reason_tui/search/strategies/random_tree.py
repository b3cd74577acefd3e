"""Repairs and drafts at random: what a tree search is worth without its choices."""

from __future__ import annotations

from reason_tui.search.events import SearchSettings
from reason_tui.search.strategies.base import Ask, can_expand, dice, siblings
from reason_tui.search.tree import Tree


class RandomTree:
    """Expands any node that can be expanded, the root included, each as likely as the next."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """K siblings somewhere; None when no node can be expanded."""
        found = [node for node in tree.nodes.values() if can_expand(node)]
        return siblings(dice(tree, settings).choice(found), tree, settings) if found else None
