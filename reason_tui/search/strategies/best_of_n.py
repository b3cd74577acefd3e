"""Independent drafts, K at a time, until one passes or the budget is spent: the baseline of every comparison."""

from __future__ import annotations

from reason_tui.search.events import ROOT, SearchSettings
from reason_tui.search.strategies.base import Ask, can_expand
from reason_tui.search.tree import Tree


class BestOfN:
    """Asks for drafts, for ever; the driver stops at the first that passes."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """K more drafts."""
        if not can_expand(tree.root):
            return None
        return Ask(parent=ROOT, n=settings.width, temperature=settings.temperature)
