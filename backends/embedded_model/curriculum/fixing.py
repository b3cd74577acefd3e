"""A wrong program in the prompt, as people paste it: `Fix this function:` and the code."""

from __future__ import annotations

import random

from embedded_model.curriculum.chains import Unsuitable
from embedded_model.curriculum.problems import Problem
from reason_tui.errors import ReasonTuiError
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import CallCase, Task

_ASKS = (
    "Fix this function.", "Fix this:", "fix this", "Fix the bug.", "Find and fix the bug.", "What is wrong here?",
    "This function has a bug. Fix it.", "This does not work, please fix it:", "Correct this function.",
    "Repair this function so that its tests pass.",
)  # fmt: skip


def given_task(rng: random.Random, problem: Problem, task: Task, wrong: str) -> Task:
    """The task as the application reads it from a prompt that holds the wrong program. Raises Unsuitable."""
    said = _sentence(rng, problem)
    program = _with_docstring(rng, wrong, said)
    code = f"```python\n{program}\n```" if rng.random() < 0.4 else program
    lines = [rng.choice(_ASKS)] if rng.random() < 0.75 else []
    if program == wrong:
        lines.insert(rng.randint(0, len(lines)), said)
    cases = [case for case in task.visible if isinstance(case, CallCase)]
    tests = "\n".join(f"assert {case.call(problem.function)} == {case.expected}" for case in cases)
    text = "\n\n".join((*lines, code, tests))
    try:
        read = read_prompt(text)
    except ReasonTuiError as error:
        raise Unsuitable("not read as a task") from error
    if read.given is None or not read.visible:
        raise Unsuitable("not read as a program to repair")
    return read


def _sentence(rng: random.Random, problem: Problem) -> str:
    return problem.sentence[:1].upper() + problem.sentence[1:] if rng.random() < 0.5 else problem.sentence


def _with_docstring(rng: random.Random, program: str, said: str) -> str:
    """The sentence as the docstring of the first function, in half of the cases."""
    lines = program.split("\n")
    head = next((index for index, line in enumerate(lines) if line.startswith("def ")), None)
    if head is None or rng.random() < 0.5:
        return program
    return "\n".join([*lines[: head + 1], f'    """{said}"""', *lines[head + 1 :]])
