"""What a strategy is: a stateless rule that reads the tree and says where to spend the next completions.

The state is the tree, told of everything by events (`Tree.apply` is the `tell` of ask/tell): a strategy
decides the same on a tree that was replayed from a journal.
"""

from __future__ import annotations

from typing import Protocol

from reason_tui.search.events import SearchSettings
from reason_tui.search.tree import Node, Tree
from reason_tui.tasks.types import Frozen


class Ask(Frozen):
    """One policy call: `n` siblings below `parent`, drafts at the root of a task, repairs of a program elsewhere."""

    parent: int
    n: int
    temperature: float


class Strategy(Protocol):
    """Where to go on."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """The next policy call, or None when no further one is worth making. Budgets are the driver's business."""
        ...


def can_expand(node: Node) -> bool:
    """Whether a policy call below this node makes sense: drafts at the root, repairs of a program that fails.

    Never below what a person pruned.
    """
    return not node.blocked and not node.dead and (node.parent is None or node.repairable)
