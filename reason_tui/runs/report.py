"""A run as a page of Markdown: the task, the answer, how the tree came to it, what it cost.

Everything foreign in it is cleaned: a report is read in terminals too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reason_tui.programs.security import findings
from reason_tui.runs.fold import RunView
from reason_tui.search.tree import Node
from reason_tui.text import clean, one_line


def report(view: RunView) -> str:
    """The whole page."""
    return "\n".join([*_head(view), *_task(view), *_answer(view), *_tree(view), *_ledger(view)])


def _head(view: RunView) -> Iterator[str]:
    started, finished = view.started, view.finished
    yield f"# Run {one_line(started.run) if started else ''}\n"
    if started is not None:
        settings = started.settings
        yield f"* strategy: {settings.strategy}, budget {settings.budget}, width {settings.width}, seed {settings.seed}"
        yield f"* model: {one_line(started.policy.model)} ({one_line(started.policy.backend)})"
        yield f"* sandbox: {one_line(started.sandbox)}"
        if started.branched_from is not None:
            yield f"* branched from: {one_line(started.branched_from.run)}, event {started.branched_from.event}"
    if finished is not None:
        yield f"* outcome: **{finished.outcome}** ({finished.reason})"
        if finished.message:
            yield f"* message: {one_line(finished.message)}"
    else:
        yield "* outcome: not finished"
    yield ""


def _task(view: RunView) -> Iterator[str]:
    task = view.task
    if task is None:
        return
    yield "## Task\n"
    yield _fenced(task.prompt)
    if task.visible:
        yield "Visible tests:\n"
        yield _fenced("\n".join(case.describe(task.entry_point or "?") for case in task.visible))


def _answer(view: RunView) -> Iterator[str]:
    yield "## Answer\n"
    node = view.answer
    if node is None or node.program is None:
        yield "No program was found.\n"
        return
    yield f"Node {node.id}, {_tests(node)}:\n"
    yield _fenced(node.program, "python")
    found = findings(node.program)
    if found is not None:
        told = "".join(f"\n* {each.describe()}" for each in found)
        yield f"Bandit: {told or 'nothing found.'}\n"


def _tree(view: RunView) -> Iterator[str]:
    yield "## Tree\n"
    yield "| node | parent | depth | origin | status | reward | tests | why |"
    yield "|---:|---:|---:|---|---|---:|---|---|"
    for node in view.tree.nodes.values():
        reward = "" if node.reward is None else f"{node.reward:.2f}"
        parent = "" if node.parent is None else str(node.parent)
        yield (
            f"| {node.id} | {parent} | {node.depth} | {node.origin} | {_status(node)} "
            f"| {reward} | {_tests(node)} | {_why(node)} |"
        )
    yield ""


def _status(node: Node) -> str:
    return "cut short" if node.cancelled else node.status or ""


def _tests(node: Node) -> str:
    if node.verdict is None or not node.verdict.records:
        return _status(node)
    return f"{node.verdict.passed} of {len(node.verdict.records)} tests"


def _why(node: Node) -> str:
    if node.duplicate_of is not None:
        return f"same as {node.duplicate_of}"
    text = node.rejection
    if node.verdict is not None:
        failure = node.verdict.failure
        missed = next((record for record in node.verdict.records if not record.ok), None)
        if failure is not None:
            text = f"{failure.type}: {failure.message}"
        elif missed is not None:
            text = f"{missed.test}, got {missed.got}"
    return one_line(text, 80).replace("|", "\\|")


def _ledger(view: RunView) -> Iterator[str]:
    ledger = view.ledger
    yield "## Ledger\n"
    yield "| completions | programs | prompt tokens | cached | new tokens | model s | sandbox s | elapsed s |"
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
    yield (
        f"| {ledger.completions} | {ledger.programs} | {ledger.prompt_tokens} | {ledger.cached_tokens} "
        f"| {ledger.completion_tokens} | {ledger.model_s:.2f} | {ledger.sandbox_s:.2f} | {view.elapsed:.2f} |\n"
    )


def _fenced(text: str, language: str = "") -> str:
    """`text` in a fence that no run of backticks in it can close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{clean(text).rstrip()}\n{fence}\n"
