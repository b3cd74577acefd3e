"""Prompts that fit into the model's context. What is cut for that, in this order, and noted in the expansion:

1. what is remembered of earlier attempts, the oldest first (`remembering`)
2. of the verdict all but the first failure, and of that all but the beginnings of long values
3. examples that were added to the problem because they are visible tests: those the program passes, the last first
4. the other added examples, the last first

Never cut are the problem as it was typed, hints, the program and its first failure. What is too long even so is sent:
the engine counts exactly, and says what is too long if it is. That ends this branch, or the run where it is a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reason_tui.prompts import Prompt, added_examples, draft, reason, repair
from reason_tui.sandbox.types import Verdict
from reason_tui.search.events import Prompting
from reason_tui.search.node import Node
from reason_tui.search.remembering import memory_above
from reason_tui.search.room import fits
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import Task

Cut = tuple[str, ...]
"""What was left out, in words."""


def fitting_draft(tree: Tree, task: Task, hints: Sequence[str], way: Prompting) -> tuple[Prompt, Cut]:
    """A draft of `task`, with as many of the added examples as fit."""
    ask = reason if way == "reason" else draft
    whole = ask(task, hints)
    if fits(tree, whole):
        return whole, ()
    return _with_fewer_examples(tree, task, lambda fewer: ask(fewer, hints), None)


def fitting_repair(
    tree: Tree, task: Task, parent: Node, program: str, verdict: Verdict, hints: Sequence[str]
) -> tuple[Prompt, Cut]:
    """A repair of the `program` of `parent`, with what fits of the rest."""
    plain = repair(task, program, verdict, hints)
    memory, cut = memory_above(tree, parent, plain)
    if fits(tree, plain):
        return (repair(task, program, verdict, hints, memory) if memory else plain), cut
    brief = repair(task, program, verdict, hints, brief=True)
    if brief != plain:
        cut = (*cut, "all of the verdict but its first failure, in short")
    if fits(tree, brief):
        return brief, cut
    prompt, examples = _with_fewer_examples(
        tree, task, lambda fewer: repair(fewer, program, verdict, hints, brief=True), verdict
    )
    return prompt, (*cut, *examples)


def _with_fewer_examples(
    tree: Tree, task: Task, ask: Callable[[Task], Prompt], verdict: Verdict | None
) -> tuple[Prompt, Cut]:
    """The prompt with as few of the added examples left out as need be; without any, if that is not enough."""
    passing, others = _by_use(task, verdict)
    order = (*passing, *others)
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(tree, ask(_without(task, order[:middle]))) else (middle + 1, high)
    words = []
    if verdict is not None and (known := min(low, len(passing))):
        words.append(f"{known} example{'s' if known > 1 else ''} of tests that pass")
    if rest := max(low - len(passing), 0):
        words.append(f"{rest} {'other ' if words else ''}example{'s' if rest > 1 else ''} of tests")
    return ask(_without(task, order[:low])), tuple(words)


def _by_use(task: Task, verdict: Verdict | None) -> tuple[list[int], list[int]]:
    """The visible tests whose example was added: those that pass, and the others; the last first."""
    passed = set() if verdict is None else {record.test for record in verdict.records if record.ok}
    added = added_examples(task)[::-1]
    passing = [at for at in added if task.visible[at].describe(task.entry_point or "") in passed]
    return passing, [at for at in added if at not in set(passing)]


def _without(task: Task, dropped: Sequence[int]) -> Task:
    left = set(dropped)
    return task.model_copy(update={"visible": tuple(case for at, case in enumerate(task.visible) if at not in left)})
