"""Runs in words: short texts that several commands print."""

from __future__ import annotations

from reason_tui.runs.fold import RunView
from reason_tui.search.tree import Node

_STATUS = {
    "error": "raises",
    "timeout": "takes too long",
    "unparsable": "no program in the reply",
    "unverified": "runs, nothing to test it by",
}


def clock(seconds: float) -> str:
    """`mm:ss`."""
    whole = max(0, int(seconds))
    return f"{whole // 60:02}:{whole % 60:02}"


def plural(number: int, noun: str) -> str:
    """`1 token`, `2 tokens`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def tests_passed(node: Node) -> str:
    """`4/5 tests`, and the word for its status where the count does not say enough."""
    word = "cut short" if node.cancelled else _STATUS.get(node.status or "", "")
    records = node.verdict.records if node.verdict is not None else ()
    if not records:
        return word or "being tested"
    count = f"{sum(record.ok for record in records)}/{len(records)} tests"
    return f"{count} ({word})" if word else count


def spent(view: RunView) -> str:
    """What a run has cost."""
    ledger = view.ledger
    return ", ".join(
        (
            plural(ledger.completions, "completion"),
            plural(ledger.tokens, "token"),
            f"{plural(ledger.programs, 'program')} run",
            f"{view.elapsed:.1f} s",
        )
    )


def verdict_on(view: RunView) -> str:
    """How a finished run ended, in a sentence or two."""
    finished, answer = view.finished, view.answer
    if finished is None:
        return "This run did not finish."
    if finished.outcome == "solved" and answer is not None:
        return f"Solved: {tests_passed(answer)} pass."
    why = {
        "budget": "The budget is spent.",
        "exhausted": "There was nothing left to try.",
        "stopped": "Stopped.",
        "failed": "The run failed.",
    }.get(finished.reason, "")
    if answer is None:
        return f"Not solved, and no program was found. {why}"
    if finished.outcome == "unverified" and view.task is not None and view.task.kind == "math":
        return f"Every step computes; nothing says whether the answer is right. {why}".strip()
    if finished.outcome == "unverified":
        return f"Unverified: the problem has no examples to test a program by. {why} {_agreement(view, answer)}".strip()
    return f"Not solved. {why} The best program: {tests_passed(answer)}."


def _agreement(view: RunView, answer: Node) -> str:
    """How many candidates the answer speaks for, where they were compared."""
    group = next((group for group in view.tree.groups if answer.id in group.nodes), None)
    if group is None:
        return ""
    compared = sum(len(other.nodes) for other in view.tree.groups)
    if group.passed is not None:
        who = f"{len(group.nodes)} of {plural(compared, 'distinct program')}"
        return f"{who} pass the same {group.passed} of {plural(group.inputs, 'test')} that the model wrote."
    return f"{len(group.nodes)} of {plural(compared, 'distinct program')} behave like this one on made-up inputs."
