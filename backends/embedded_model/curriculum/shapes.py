"""A problem as the task the app would read from what a person typed."""

from __future__ import annotations

import random

from embedded_model.curriculum.problems import Problem
from embedded_model.curriculum.values import ANNOTATION
from reason_tui.tasks.types import CallCase, Task


def task_of(rng: random.Random, problem: Problem, visible: list[CallCase], task_id: str) -> tuple[Task, str]:
    """The task as the app would read it from a prompt, and a right program that begins as its signature does."""
    if problem.shape == "signature":
        return _with_signature(rng, problem, visible, task_id)
    program = problem.program(problem.body)
    lines = [problem.sentence]
    if problem.shape == "examples":
        shown = visible[: max(1, len(visible) - (rng.random() < 0.15))]
        lines += [f">>> {case.call(problem.function)}\n{case.expected}" for case in shown]
        text = ("\n\n" if rng.random() < 0.15 else "\n").join([lines[0], "\n".join(lines[1:])])
    elif problem.shape == "asserts":
        lines += [f"assert {case.call(problem.function)} == {case.expected}" for case in visible]
        text = "\n".join(lines)
    else:
        return Task(id=task_id, prompt=problem.sentence), program
    return Task(id=task_id, prompt=text, entry_point=problem.function, visible=tuple(visible)), program


def _with_signature(rng: random.Random, problem: Problem, visible: list[CallCase], task_id: str) -> tuple[Task, str]:
    draw = rng.random()
    typed = draw < 0.65
    old = (
        typed
        and draw < 0.15
        and ("list[" in problem.returns or any("list" in ANNOTATION.get(kind, "") for kind in problem.kinds))
    )
    header = _header(problem, typed, old)
    preamble = "from typing import List" if old else ""
    shown = visible if rng.random() < 0.85 else visible[: rng.randint(0, len(visible))]
    text = f"{preamble}\n\n{header}" if preamble else header
    prompt = f"{text}\n{_docstring(rng, problem, shown)}"
    program = problem.program(problem.body, text)
    task = Task(
        id=task_id,
        prompt=prompt,
        entry_point=problem.function,
        signature=header,
        preamble=preamble,
        visible=tuple(visible),
    )
    return task, program


def _header(problem: Problem, typed: bool, old: bool) -> str:
    if not typed:
        return f"def {problem.function}({', '.join(problem.names)}):"
    said = ", ".join(f"{name}: {ANNOTATION[kind]}" for name, kind in zip(problem.names, problem.kinds, strict=True))
    header = f"def {problem.function}({said}) -> {problem.returns}:"
    return header.replace("list[", "List[") if old else header


def _docstring(rng: random.Random, problem: Problem, shown: list[CallCase]) -> str:
    quote = '"""' if rng.random() < 0.93 else "'''"
    examples = [line for case in shown for line in (f"    >>> {case.call(problem.function)}", f"    {case.expected}")]
    space = " " if rng.random() < 0.2 else ""
    if not examples:
        return f"    {quote}{space}{problem.sentence}{space}{quote}"
    gap = [] if space or rng.random() < 0.3 else [""]
    return "\n".join([f"    {quote}{space}{problem.sentence}", *gap, *examples, f"    {quote}"])
