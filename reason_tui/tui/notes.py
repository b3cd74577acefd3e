"""A few words on why a node does not pass."""

from __future__ import annotations

from reason_tui.prompts.feedback import describe
from reason_tui.search.node import Node
from reason_tui.text import one_line


def reason(node: Node) -> str:
    """Why it does not pass, or that it is a duplicate; empty where it passes or nothing is known."""
    if node.cancelled:
        return "stopped early"
    if node.rejection:
        return one_line(node.rejection)
    if node.duplicate_of is not None:
        return f"same as n{node.duplicate_of}"
    verdict = node.verdict
    if verdict is None or node.status == "passed":
        return ""
    failure = verdict.failure or next((record.failure for record in verdict.records if record.failure), None)
    if failure is not None and failure.type != "AssertionError":
        return one_line(describe(failure))
    failing = next((record for record in verdict.records if not record.ok), None)
    return "" if failing is None or failing.got is None else f"gave {one_line(failing.got)}"
