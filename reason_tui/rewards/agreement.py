"""Which programs behave alike, when no test tells which is right (MBR-exec, SEARCH.md)."""

from __future__ import annotations

from collections.abc import Mapping

from reason_tui.sandbox.types import Verdict


def behaviour_groups(verdicts: Mapping[int, Verdict]) -> list[tuple[int, ...]]:
    """Node ids grouped by what their programs returned on the same inputs, the largest group first.

    A program that raised on every input, or did not run, agrees with nobody and is left out.
    """
    found: dict[tuple[str | None, ...], list[int]] = {}
    for node, verdict in verdicts.items():
        outputs = tuple(record.got if record.ok else None for record in verdict.records)
        if any(output is not None for output in outputs):
            found.setdefault(outputs, []).append(node)
    return sorted((tuple(nodes) for nodes in found.values()), key=lambda nodes: (-len(nodes), nodes[0]))
