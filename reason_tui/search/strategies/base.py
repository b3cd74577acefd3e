"""What a strategy is: a stateless rule that reads the tree and says where to spend the next completions.

The state is the tree, told of everything by events (`Tree.apply` is the `tell` of ask/tell): a strategy
decides the same on a tree that was replayed from a journal.
"""

from __future__ import annotations

import random
from typing import Protocol

from reason_tui.search.events import ROOT, Prompting, SearchSettings
from reason_tui.search.tree import Node, Tree
from reason_tui.tasks.types import Frozen


class Ask(Frozen):
    """One policy call: `n` siblings below `parent`, drafts at the root of a task, repairs of a program elsewhere."""

    parent: int
    n: int
    temperature: float
    prompt: Prompting = "plain"
    """How a draft is asked for; means nothing for a repair."""


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


def siblings(node: Node, tree: Tree, settings: SearchSettings) -> Ask:
    """K siblings below `node`; at the root of a task each way of asking takes its turn."""
    prompt: Prompting = "plain"
    if node.program is None:
        asked = sum(each.parent == ROOT for each in tree.expansions.values())
        prompt = settings.prompts[asked % len(settings.prompts)]
    return Ask(parent=node.id, n=settings.width, temperature=settings.temperature, prompt=prompt)


def open_nodes(tree: Tree) -> set[int]:
    """The nodes that can be expanded themselves, or have a descendant that can."""
    found: set[int] = set()
    for node in tree.nodes.values():
        if can_expand(node):
            found.update(above.id for above in tree.ancestors(node))
    return found


def dice(tree: Tree, settings: SearchSettings) -> random.Random:
    """Dice for the next decision: the same for the same seed and as many expansions."""
    return random.Random(f"{settings.seed}:{len(tree.expansions)}")
