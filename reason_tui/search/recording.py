"""From a search to the record of its model."""

from __future__ import annotations

from collections import Counter

from reason_tui.search.node import Expansion, Node
from reason_tui.search.record import Cell, Record, bucket
from reason_tui.search.tree import Tree

NEAR = 0.6
"""A program of this reward passes half of its tests."""


def kind_below(parent: Node, prompt: str = "plain") -> str:
    """What a completion below `parent` is, for the record: a draft, or a repair of a program that fares so."""
    if parent.program is None or parent.verdict is None:
        return "reason" if prompt == "reason" else "draft"
    if parent.status in ("error", "timeout"):
        return "repair:raised"
    if parent.status != "partial":
        return "repair:wrong"
    return "repair:near" if (parent.reward or 0.0) >= NEAR else "repair:part"


def record_of(tree: Tree) -> Record:
    """What a search adds to the record: everything up to its first pass, without what a person wrote or cut short."""
    cells: dict[str, Cell] = {}
    before: Counter[tuple[int, str]] = Counter()
    for expansion in tree.expansions.values():
        parent = tree.nodes[expansion.parent]
        kind = kind_below(parent, expansion.started.prompt)
        for node in tree.of(expansion):
            if node.reward is None or node.cancelled:
                continue
            name = f"{kind}/{bucket(before[parent.id, kind])}"
            before[parent.id, kind] += 1
            cells[name] = cells.get(name, Cell()) + _cell(node)
        if _passed(tree, expansion):
            break
    return Record(runs=1, cells=dict(sorted(cells.items()))) if cells else Record()


def _cell(node: Node) -> Cell:
    reward = node.reward or 0.0
    return Cell(
        tried=1,
        fresh=node.program is not None and node.duplicate_of is None,
        passed=node.status == "passed" and node.duplicate_of is None,
        tokens=node.tokens,
        total=reward,
        squares=reward * reward,
    )


def _passed(tree: Tree, expansion: Expansion) -> bool:
    return any(node.status == "passed" for node in tree.of(expansion))
