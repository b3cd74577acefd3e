"""Inputs to compare candidates by where the task says too little of its arguments: their own parameters, tried out.

Without examples and annotations nobody says what a function takes. So each likely type is tried on the candidates
themselves, and the one on which most of them return something is taken.
"""

from __future__ import annotations

import ast
import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING

from reason_tui.programs import inputs
from reason_tui.programs.fuzz import COUNT
from reason_tui.programs.seeds import guess
from reason_tui.tasks.literals import parse_module
from reason_tui.tasks.types import CallCase, Task

if TYPE_CHECKING:
    from reason_tui.search.referee import Referee

KINDS = ("list[int]", "str", "int", "list[str]", "dict[str, int]", "list[tuple[str, int]]", "list[list[int]]", "float")
_MAX_COMBINATIONS = 72
_TRIES = 2
"""Inputs of each combination of types."""

Parameters = tuple[tuple[str, str | None], ...]
"""Name and annotation of each required parameter."""


async def inputs_for(
    referee: Referee, task: Task, candidates: Mapping[int, str], count: int = COUNT
) -> tuple[CallCase, ...]:
    """At most `count` inputs by which the candidates can be compared; none where nothing is known to call."""
    if task.entry_point is None:
        return ()
    wanted = None if task.visible else _parameters(task, candidates.values())
    if not wanted or all(annotation for _, annotation in wanted):
        return inputs(task, count)
    types = await _fitting(referee, task, candidates, wanted)
    return inputs(_typed(task, wanted, types), count)


def _parameters(task: Task, programs: Iterable[str]) -> Parameters | None:
    """Those of the task's signature, else those that most candidates have; None where there are none."""
    name = task.entry_point or ""
    if task.signature is not None:
        return _required(f"{task.signature.rstrip()} pass", name)
    found = Counter(each for program in programs if (each := _required(program, name)) is not None)
    return found.most_common(1)[0][0] if found else None


def _required(source: str, name: str) -> Parameters | None:
    for node in parse_module(source) or ():
        if isinstance(node, ast.FunctionDef) and node.name == name:
            arguments = [*node.args.posonlyargs, *node.args.args]
            arguments = arguments[: len(arguments) - len(node.args.defaults)]
            return tuple((arg.arg, ast.unparse(arg.annotation) if arg.annotation else None) for arg in arguments)
    return None


async def _fitting(referee: Referee, task: Task, candidates: Mapping[int, str], wanted: Parameters) -> tuple[str, ...]:
    """The types on which most candidates return something; of equal ones the likelier by the parameters' names."""
    combinations = list(islice(product(*(_likely(*each) for each in wanted)), _MAX_COMBINATIONS))
    cases: list[CallCase] = []
    owner: list[int] = []
    for at, types in enumerate(combinations):
        tries = inputs(_typed(task, wanted, types), _TRIES + 1)[-_TRIES:]  # the first are often empty
        cases += tries
        owner += [at] * len(tries)
    verdicts = await asyncio.gather(*(referee.observe(program, task, cases) for program in candidates.values()))
    returned = Counter(
        owner[at] for verdict in verdicts for at, record in enumerate(verdict.records) if record.got is not None
    )
    return combinations[max(range(len(combinations)), key=lambda at: (returned[at], -at))]


def _likely(name: str, annotation: str | None) -> tuple[str, ...]:
    if annotation is not None:
        return (annotation,)
    first = guess(name)
    return KINDS if first is None else (first, *(kind for kind in KINDS if kind != first))


def _typed(task: Task, wanted: Parameters, types: Sequence[str]) -> Task:
    """The task with a signature that says the types."""
    listed = ", ".join(f"{name}: {kind}" for (name, _), kind in zip(wanted, types, strict=True))
    return task.model_copy(update={"signature": f"def {task.entry_point}({listed}):", "visible": ()})
