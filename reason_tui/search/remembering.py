"""What a repair prompt tells of earlier attempts, under a cap; what does not fit is cut, and noted in the node.

The memory of the oldest ancestors goes first.
"""

from __future__ import annotations

from reason_tui.prompts import Prompt, feedback
from reason_tui.search.node import Node
from reason_tui.search.room import beside_a_whole_reply, tokens
from reason_tui.search.tree import Tree
from reason_tui.text import one_line

_MAX_LINE = 240


def memory_above(tree: Tree, parent: Node, plain: Prompt) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines about the attempts that led to `parent`, the oldest first, and in words what of it was cut.

    `plain` is the prompt without them: together they must leave room for an answer.
    """
    settings = tree.settings
    if settings is None or not settings.memory_tokens:
        return (), ()
    room = beside_a_whole_reply(tree, plain)
    left = settings.memory_tokens if room is None else min(settings.memory_tokens, room)
    kept: list[str] = []
    cut: list[int] = []
    for node in attempts(tree, parent):  # the latest first
        line = remembered(node, tree)
        left -= tokens(line, tree.characters)
        if left < 0 or cut:
            cut.append(node.id)
        else:
            kept.append(line)
    words = f"the memory of node{'s' if len(cut) > 1 else ''} {', '.join(map(str, sorted(cut)))}" if cut else ""
    return tuple(reversed(kept)), (words,) if words else ()


def attempts(tree: Tree, parent: Node) -> list[Node]:
    """The nodes above `parent` with a program that was judged, the nearest first."""
    above = (node for node in tree.ancestors(parent) if node is not parent)
    return [node for node in above if node.program is not None and node.verdict is not None]


def remembered(node: Node, tree: Tree) -> str:
    """One line: what the policy said of the program, else what its tests did."""
    if node.reflection:
        return one_line(node.reflection, _MAX_LINE)
    assert node.verdict is not None and tree.task is not None, "an attempt was judged"
    return one_line(" ".join(feedback(node.verdict, tree.task.entry_point).split("\n")), _MAX_LINE)
