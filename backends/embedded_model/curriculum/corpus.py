"""The training examples: prompts exactly as the app sends them, and the replies wanted."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from embedded_model.curriculum import catalogue, execution, phrasing
from embedded_model.curriculum.chains import Chain, Unsuitable
from embedded_model.curriculum.fixing import given_task
from embedded_model.curriculum.problems import Problem, behaviour, cases
from embedded_model.curriculum.repairs import wrong_program
from embedded_model.curriculum.shapes import task_of
from embedded_model.curriculum.sums import math_example
from reason_tui.prompts import (
    OPEN,
    Prompt,
    critique,
    draft,
    first_failure,
    reason,
    repair,
    reply,
    write_tests,
)
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, Task

CHUNK = 2500
ATTEMPTS = 80
KINDS: Mapping[str, float] = {
    "draft": 0.54,
    "repair": 0.20,
    "fix": 0.05,
    "reason": 0.07,
    "math": 0.11,
    "tests": 0.015,
    "critique": 0.015,
}
"""What is asked for, and how often."""
_HINT = 0.04
_MEMORY = 0.2


@dataclass(frozen=True)
class Example:
    """What the model reads (`user`, then the beginning of its own reply) and what it should write."""

    kind: str
    user: str
    prefix: str
    reply: str


@dataclass(frozen=True)
class Drawn:
    """A problem, the chain it is (None for a well-known function), the task made of it, a right program, its tests."""

    problem: Problem
    chain: Chain | None
    task: Task
    program: str
    tests: list[CallCase]


@dataclass(frozen=True)
class Mix:
    """How often what is asked for (`kinds`), about which problems (`groups`, as in `catalogue.draw`)."""

    kinds: Mapping[str, float]
    groups: Mapping[str, float]


USUAL = Mix(KINDS, catalogue.GROUPS)
"""The proportions of the training from scratch."""


def examples(seed: int, count: int, held: Iterable[str], processes: int = 1, mix: Mix = USUAL) -> Iterator[Example]:
    """`count` examples, made in child processes; the same for the same seed, whatever the number of processes.

    Every program was executed; whatever behaves like a held-out task was dropped.
    """
    size = min(count, CHUNK)
    chunks = [(f"{seed}-{index}", size, frozenset(held), mix) for index in range(-(-count // size))]
    left = count
    with ProcessPoolExecutor(max_workers=processes) as pool:
        for chunk in pool.map(_chunk, chunks, timeout=7200):
            yield from chunk[:left]
            left -= len(chunk)


def _chunk(job: tuple[str, int, frozenset[str], Mix]) -> list[Example]:
    seed, size, held, mix = job
    rng = random.Random(f"examples-{seed}")
    found: list[Example] = []
    while len(found) < size:
        kind = rng.choices(list(mix.kinds), list(mix.kinds.values()))[0]
        group = catalogue.group_of(rng, mix.groups)
        for _ in range(ATTEMPTS):
            try:
                found.append(_example(rng, kind, group, held))
            except Unsuitable:
                continue
            break
    return found


def training_tasks(
    seed: int, count: int, held: Iterable[str], groups: Mapping[str, float] = catalogue.GROUPS
) -> list[tuple[Task, str]]:
    """Fresh tasks with visible tests, each with a right program, in these proportions."""
    rng = random.Random(f"tasks-{seed}")
    kept = frozenset(held)
    found: list[tuple[Task, str]] = []
    while len(found) < count:
        try:
            drawn = _draw(rng, catalogue.group_of(rng, groups), kept)
        except Unsuitable:
            continue
        if drawn.task.visible:
            found.append((drawn.task, drawn.program))
    return found


def repair_example(
    task: Task, wrong: str, verdict: Verdict, program: str, hints: Sequence[str] = (), memory: Sequence[str] = ()
) -> Example:
    """Wrong program and its feedback → the right one."""
    return _made("repair", repair(task, wrong, verdict, hints, memory), reply(task, program))


def _example(rng: random.Random, kind: str, group: str, held: frozenset[str]) -> Example:
    if kind == "math":
        lesson = math_example(rng)
        return Example(kind, lesson.user, "", lesson.reply)
    drawn = _draw(rng, group, held)
    if kind == "draft":
        return _made(kind, draft(drawn.task, _hints(rng, drawn)), reply(drawn.task, drawn.program))
    return _MAKERS[kind](rng, drawn)


def _repair(rng: random.Random, drawn: Drawn) -> Example:
    wrong, verdict = _wrong(rng, drawn)
    memory = []
    if rng.random() < _MEMORY:
        other, earlier = _wrong(rng, drawn)
        memory = [first_failure(earlier, drawn.task.entry_point)] if other != wrong else []
    return repair_example(drawn.task, wrong, verdict, drawn.program, _hints(rng, drawn), memory)


def _fix(rng: random.Random, drawn: Drawn) -> Example:
    """The wrong program stands in the prompt: the person wants it mended."""
    wrong, verdict = _wrong(rng, drawn)
    task = given_task(rng, drawn.problem, drawn.task, wrong)
    try:
        wanted = reply(task, drawn.program)
    except ValueError as error:
        raise Unsuitable("the program begins otherwise") from error
    prompt = draft(task) if rng.random() < 0.3 else repair(task, wrong, verdict)
    return _made("fix", prompt, wanted)


def _reason(rng: random.Random, drawn: Drawn) -> Example:
    """The steps in words, then the program."""
    if drawn.chain is None:
        raise Unsuitable("no steps to name")
    steps = phrasing.listed_steps(rng, drawn.chain, drawn.problem.names)
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return _made("reason", reason(drawn.task, _hints(rng, drawn)), f"{listed}\n{OPEN}{drawn.program.strip()}\n```")


def _tests(rng: random.Random, drawn: Drawn) -> Example:
    """Assert statements for the function."""
    name = drawn.task.entry_point
    if name is None:
        raise Unsuitable("no name to call")
    prompt = write_tests(drawn.task, rng.choice((3, 4, 4, 5)))
    more = cases(rng, drawn.problem, 5, {case.args for case in drawn.tests})
    text = "\n".join(f"assert {case.call(name)} == {case.expected}" for case in more)
    return _made("tests", prompt, f"{OPEN}{text}\n```"[len(prompt.prefix) :])


def _critique(rng: random.Random, drawn: Drawn) -> Example:
    """A right program between wrong ones; those that fail keep their order."""
    programs = list(dict.fromkeys(_wrong(rng, drawn)[0] for _ in range(rng.choice((1, 1, 2)))))
    programs.insert(rng.randint(0, len(programs)), drawn.program)
    best = programs.index(drawn.program)
    order = [best, *(index for index in range(len(programs)) if index != best)]
    return _made("critique", critique(drawn.task, programs), " ".join(str(index + 1) for index in order))


_MAKERS = {"repair": _repair, "fix": _fix, "reason": _reason, "tests": _tests, "critique": _critique}


def _wrong(rng: random.Random, drawn: Drawn) -> tuple[str, Verdict]:
    return wrong_program(rng, drawn.problem, drawn.task, drawn.program, drawn.chain)


def _hints(rng: random.Random, drawn: Drawn) -> list[str]:
    """Now and then what a person would add."""
    if drawn.chain is None or rng.random() > _HINT:
        return []
    return [rng.choice(phrasing.listed_steps(rng, drawn.chain, drawn.problem.names))]


def _draw(rng: random.Random, group: str, held: frozenset[str]) -> Drawn:
    problem, chain = catalogue.draw(rng, group)
    if behaviour(problem.kinds, problem.compute) in held:
        raise Unsuitable("held out")
    tests = cases(rng, problem, 6)
    task, program = task_of(rng, problem, tests[: rng.choice((1, 2, 2, 2, 3, 3, 4))], "training")
    if execution.run(program, task.entry_point, tuple(tests)).status != "pass":
        raise Unsuitable("the rendering disagrees with the reference")
    return Drawn(problem, chain, task, program, tests)


def _made(kind: str, prompt: Prompt, wanted: str) -> Example:
    return Example(kind, prompt.messages[-1].content, prompt.prefix, wanted)
