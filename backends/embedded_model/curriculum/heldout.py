"""Held-out tasks: behaviours that no training program shows, told apart by their outputs on probe inputs."""

from __future__ import annotations

import random

from embedded_model.curriculum import catalogue, execution
from embedded_model.curriculum.chains import LENGTHS, Chain, Unsuitable, random_chain
from embedded_model.curriculum.problems import Problem, behaviour, cases, problem_of_chain
from embedded_model.curriculum.shapes import task_of
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests

HIDDEN_CASES = 8
SHAPES = ("signature",) * 9 + ("examples",) * 8 + ("asserts",) * 3
_WIDE = 0.5
_BASIC = 0.1


def held_out(seed: int, per_level: int, tuning: int) -> tuple[list[GradedTask], list[GradedTask], list[str]]:
    """`per_level` held-out and `tuning` tuning tasks of each level, all of different behaviour; and their fingerprints.

    None behaves like a well-known function.
    """
    rng = random.Random(f"held-out-{seed}")
    taken = catalogue.fingerprints()
    known = frozenset(taken)
    groups: dict[str, list[GradedTask]] = {"heldout": [], "tuning": []}
    for name, count in (("heldout", per_level), ("tuning", tuning)):
        for level in LENGTHS:
            groups[name] += [_one(rng, level, f"embedded/{name}/{level}/{i:03d}", taken) for i in range(count)]
    return groups["heldout"], groups["tuning"], sorted(taken - known)


def _one(rng: random.Random, level: str, task_id: str, taken: set[str]) -> GradedTask:
    while True:
        try:
            chain = random_chain(rng, level, rng.random() < _WIDE)
            if _too_basic(rng, chain):
                continue
            problem = problem_of_chain(rng, chain, level, rng.choice(SHAPES))
            print_ = behaviour(problem.kinds, problem.compute)
            if print_ in taken:
                continue
            task = graded(rng, problem, task_id)
        except Unsuitable:
            continue
        taken.add(print_)
        return task


def _too_basic(rng: random.Random, chain: Chain) -> bool:
    """A single operation without a constant should mostly be seen in training: it is what chains are made of."""
    return len(chain.ops) == 1 and chain.ops[0].k is None and rng.random() > _BASIC


def graded(rng: random.Random, problem: Problem, task_id: str) -> GradedTask:
    """The problem with visible and hidden tests. Raises Unsuitable where they would tell too little."""
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
