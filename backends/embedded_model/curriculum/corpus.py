"""The training examples: prompts exactly as the app sends them, and the replies wanted."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from embedded_model.curriculum import catalogue, execution
from embedded_model.curriculum.chains import Chain, Unsuitable
from embedded_model.curriculum.problems import Problem, behaviour, cases
from embedded_model.curriculum.repairs import wrong_program
from embedded_model.curriculum.shapes import task_of
from reason_tui.prompts import Prompt, draft, repair, reply
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import Task

CHUNK = 4000
REPAIR_SHARE = 0.25
ATTEMPTS = 80


@dataclass(frozen=True)
class Example:
    """What the model reads (`user`, then the beginning of its own reply) and what it should write."""

    kind: str
    user: str
    prefix: str
    reply: str


def examples(seed: int, count: int, held: Iterable[str], wide: bool = False) -> Iterator[Example]:
    """`count` examples, made in one child process.

    Every program was executed; whatever behaves like a held-out task was dropped.
    """
    size = min(count, CHUNK)
    chunks = [(seed * 100_000 + index, size, frozenset(held), wide) for index in range(-(-count // size))]
    left = count
    with ProcessPoolExecutor(max_workers=1) as pool:
        for chunk in pool.map(_chunk, chunks, timeout=3600):
            yield from chunk[:left]
            left -= len(chunk)


def _chunk(job: tuple[int, int, frozenset[str], bool]) -> list[Example]:
    seed, size, held, wide = job
    rng = random.Random(seed)
    found: list[Example] = []
    while len(found) < size:
        group, broken = catalogue.group_of(rng), rng.random() < REPAIR_SHARE
        for _ in range(ATTEMPTS):
            try:
                found.append(_example(rng, group, broken, held, wide))
            except Unsuitable:
                continue
            break
    return found


def training_tasks(seed: int, count: int, held: Iterable[str]) -> list[tuple[Task, str]]:
    """Fresh tasks with visible tests, each with a right program, in the proportions of the curriculum."""
    rng = random.Random(f"tasks-{seed}")
    kept = frozenset(held)
    found: list[tuple[Task, str]] = []
    while len(found) < count:
        try:
            _, _, task, program = _task(rng, catalogue.group_of(rng), kept, False)
        except Unsuitable:
            continue
        if task.visible:
            found.append((task, program))
    return found


def repair_example(task: Task, wrong: str, verdict: Verdict, program: str) -> Example:
    """Wrong program and its feedback → the right one."""
    return _made("repair", repair(task, wrong, verdict), reply(task, program))


def _example(rng: random.Random, group: str, broken: bool, held: frozenset[str], wide: bool) -> Example:
    problem, chain, task, program = _task(rng, group, held, wide)
    if broken:
        wrong, verdict = wrong_program(rng, problem, task, program, chain)
        return repair_example(task, wrong, verdict, program)
    return _made(problem.group, draft(task), reply(task, program))


def _task(rng: random.Random, group: str, held: frozenset[str], wide: bool) -> tuple[Problem, Chain | None, Task, str]:
    problem, chain = catalogue.draw(rng, group, wide)
    if behaviour(problem.kinds, problem.compute) in held:
        raise Unsuitable("held out")
    tests = cases(rng, problem, 6)
    task, program = task_of(rng, problem, tests[: rng.choice((1, 2, 2, 2, 3, 3, 4))], "training")
    if execution.run(program, task.entry_point, tuple(tests)).status != "pass":
        raise Unsuitable("the rendering disagrees with the reference")
    return problem, chain, task, program


def _made(kind: str, prompt: Prompt, wanted: str) -> Example:
    return Example(kind, prompt.messages[-1].content, prompt.prefix, wanted)
