"""Held-out tasks: behaviours that no training program shows, told apart by their outputs on probe inputs."""

from __future__ import annotations

import random

from embedded_model.curriculum import catalogue, execution
from embedded_model.curriculum.chains import LENGTHS, Chain, Unsuitable, random_chain
from embedded_model.curriculum.problems import Problem, behaviour, cases, problem_of_chain
from embedded_model.curriculum.shapes import task_of
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests

HIDDEN_CASES = 8
_SHAPES = ("signature",) * 9 + ("examples",) * 8 + ("asserts",) * 3


def heldout(seed: int, per_level: int) -> tuple[list[GradedTask], list[str]]:
    """`per_level` tasks of each level, no two alike, none like a well-known function; and their fingerprints."""
    rng = random.Random(f"heldout-{seed}")
    taken = catalogue.fingerprints()
    tasks: list[GradedTask] = []
    held: list[str] = []
    for level in LENGTHS:
        count = 0
        while count < per_level:
            try:
                chain = random_chain(rng, level)
                if _too_basic(rng, chain):
                    continue
                problem = problem_of_chain(rng, chain, level, rng.choice(_SHAPES))
                print_ = behaviour(problem.kinds, problem.compute)
                if print_ in taken:
                    continue
                task = _graded(rng, problem, f"embedded/{level}/{count:03d}")
            except Unsuitable:
                continue
            taken.add(print_)
            held.append(print_)
            tasks.append(task)
            count += 1
    return tasks, held


def _too_basic(rng: random.Random, chain: Chain) -> bool:
    """A single operation without a constant should mostly be seen in training: it is what chains are made of."""
    return len(chain.ops) == 1 and chain.ops[0].k is None and rng.random() < 0.7


def _graded(rng: random.Random, problem: Problem, task_id: str) -> GradedTask:
    shown = rng.choice((2, 3, 3, 4))
    tests = cases(rng, problem, shown + HIDDEN_CASES)
    visible, hidden = _split(rng, tests, shown)
    task, program = task_of(rng, problem, visible, task_id)
    if execution.run(program, task.entry_point, tuple(tests)).status != "pass":
        raise Unsuitable("the rendering disagrees with the reference")
    return GradedTask(task=task, hidden=HiddenTests(cases=tuple(hidden)), reference=program, group=problem.group)


def _split(rng: random.Random, tests: list[CallCase], shown: int) -> tuple[list[CallCase], list[CallCase]]:
    """Visible and hidden tests, each with at least two different outcomes."""
    for _ in range(20):
        rng.shuffle(tests)
        visible, hidden = tests[:shown], tests[shown:]
        if all(len({test.expected for test in part}) > 1 for part in (visible, hidden)):
            return visible, hidden
    raise Unsuitable("the tests tell too little")
