"""Independent drafts, K at a time, until one passes or another is not worth its cost: the baseline of every comparison.

The model's stop: the chance that the next draft is a program not seen before (Good-Turing), times the chance that a
new program passes after so many that did not (Beta posterior).
"""

from __future__ import annotations

from reason_tui.search.events import SearchSettings
from reason_tui.search.strategies.base import Ask, can_expand, siblings
from reason_tui.search.strategies.chance import chance_of_new
from reason_tui.search.tree import Tree

WORTH = 1e-3
"""The least chance of a pass for which another draft is made: one in a thousand."""
PRIOR = (0.5, 4.5)
"""Beta prior of a new program to pass."""


class BestOfN:
    """Asks for drafts; the driver stops at the first that passes."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """K more drafts; None when they are not worth it."""
        if not can_expand(tree.root) or _chance(tree) < WORTH:
            return None
        return siblings(tree.root, tree, settings)


def _chance(tree: Tree) -> float:
    """That the next draft is the first that passes."""
    passes, fails = PRIOR
    drafts = [node for node in tree.children(tree.root) if node.completion is not None]
    fresh = sum(node.program is not None and node.duplicate_of is None for node in drafts)
    return chance_of_new(drafts, 1.0, 1.0) * passes / (passes + fails + fresh)
