"""One draft at temperature 0: what the model says without any search."""

from __future__ import annotations

from reason_tui.search.events import ROOT, SearchSettings
from reason_tui.search.strategies.base import Ask, can_expand
from reason_tui.search.tree import Tree


class Greedy:
    """Asks once."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """The one draft; None when it was made."""
        if tree.root.children or not can_expand(tree.root):
            return None
        return Ask(parent=ROOT, n=1, temperature=0.0)
