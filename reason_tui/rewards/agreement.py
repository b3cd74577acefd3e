"""Which programs behave alike, when no test tells which is right (MBR-exec, SEARCH.md)."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.tasks.literals import is_literal, literal

_CUT_SHORT = frozenset(("MemoryError", "TooMuchOutput", "InterpreterEnded"))


def behaviour_groups(verdicts: Mapping[int, Verdict]) -> list[tuple[int, ...]]:
    """Node ids grouped by what their programs returned on the same inputs, the largest group first.

    A program that raised on every input, or did not run, agrees with nobody and is left out.
    """
    found: dict[tuple[str | None, ...], list[int]] = {}
    for node, verdict in verdicts.items():
        outputs = tuple(value_of(record) for record in verdict.records)
        if any(output is not None for output in outputs):
            found.setdefault(outputs, []).append(node)
    return sorted((tuple(nodes) for nodes in found.values()), key=lambda nodes: (-len(nodes), nodes[0]))


def agreement_scores(verdicts: Mapping[int, Verdict], weights: Mapping[int, int]) -> dict[int, float]:
    """score_i = sum over inputs x and others j of [out_i(x) = out_j(x), neither raised], divided by their number.

    `weights` says how often each program was sampled: so many others agree with it. In [0, 1]; 0 where there is
    nothing to compare.
    """
    votes: list[dict[str, int]] = []
    length = max((len(verdict.records) for verdict in verdicts.values()), default=0)
    for at in range(length):
        tally: dict[str, int] = {}
        for node, verdict in verdicts.items():
            value = value_of(verdict.records[at]) if at < len(verdict.records) else None
            if value is not None:
                tally[value] = tally.get(value, 0) + weights.get(node, 1)
        votes.append(tally)
    others = max(sum(weights.get(node, 1) for node in verdicts) - 1, 1)
    return {node: _score(verdict.records, votes) / (others * max(length, 1)) for node, verdict in verdicts.items()}


def _score(records: Sequence[TestRecord], votes: Sequence[Mapping[str, int]]) -> int:
    values = (value_of(record) for record in records)
    return sum(tally[value] - 1 for value, tally in zip(values, votes, strict=False) if value is not None)


def value_of(record: TestRecord) -> str | None:
    """What a call returned, so that equal values are equal texts; None where it raised or did not end."""
    return canonical(record.got) if record.ok and record.got is not None else None


def said(record: TestRecord) -> str | None:
    """What a call did, comparable between programs: `= value`, `! exception`, `…`; None where that is not known."""
    if record.timed_out:
        return "…"
    if record.failure is not None:
        return None if record.failure.type in _CUT_SHORT else f"! {record.failure.type}"
    if record.got is None or not is_literal(record.got):
        return None
    return f"= {canonical(record.got)}"


def canonical(source: str) -> str:
    """The repr of a value with the members of sets and the keys of dictionaries in order; other text as it is."""
    if "{" not in source or not is_literal(source):
        return source
    node = ast.parse(source.strip(), mode="eval").body
    try:
        return ast.unparse(_Sorted().visit(node)) if literal(source) is not None else source
    except (RecursionError, ValueError):
        return source


class _Sorted(ast.NodeTransformer):
    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        node.elts.sort(key=ast.unparse)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        pairs = sorted(zip(node.keys, node.values, strict=True), key=lambda pair: ast.unparse(pair[0] or pair[1]))
        node.keys, node.values = [key for key, _ in pairs], [value for _, value in pairs]
        return node
