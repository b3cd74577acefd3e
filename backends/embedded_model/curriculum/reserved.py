"""Tasks of the reserved families: some to learn on, others to measure with; none is in the pretraining."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable

from embedded_model.curriculum.chains import Unsuitable
from embedded_model.curriculum.families import FAMILIES, reserved_problem
from embedded_model.curriculum.harder import HARDER, harder_problem
from embedded_model.curriculum.heldout import SHAPES, graded
from embedded_model.curriculum.problems import Problem, behaviour
from reason_tui.tasks.types import GradedTask

Maker = Callable[[random.Random, str, str], Problem]
"""(dice, family, shape) → a problem. Raises Unsuitable."""


def reserved_tasks(seed: int, training: int, heldout: int, held: frozenset[str]) -> tuple[list[GradedTask], list[str]]:
    """For each family tasks to learn on and tasks to measure with, all of different behaviour; and the fingerprints.

    The fingerprints of both splits are kept out of the pretraining.
    """
    taken = set(held)
    tasks = _tasks(random.Random(f"reserved-{seed}"), FAMILIES, (training, heldout), taken, _rare)
    return tasks, sorted(taken - held)


def harder_tasks(
    seed: int, training: int, heldout: int, taken: Collection[str], families: Iterable[str] = HARDER
) -> tuple[list[GradedTask], list[str]]:
    """The same of the harder families, none of a behaviour in `taken`; those of a family depend on no other family."""
    tasks: list[GradedTask] = []
    known = set(taken)
    for family in families:
        tasks += _tasks(random.Random(f"harder-{seed}-{family}"), (family,), (training, heldout), known, harder_problem)
    return tasks, sorted(known.difference(taken))


def _rare(rng: random.Random, family: str, shape: str) -> Problem:
    return reserved_problem(rng, family, shape)[0]


def _tasks(
    rng: random.Random, families: Iterable[str], counts: tuple[int, int], taken: set[str], make: Maker
) -> list[GradedTask]:
    return [
        _one(rng, family, f"{family}/{split}", number, taken, make)
        for family in families
        for split, count in zip(("train", "heldout"), counts, strict=True)
        for number in range(count)
    ]


def _one(rng: random.Random, family: str, group: str, number: int, taken: set[str], make: Maker) -> GradedTask:
    while True:
        try:
            problem = make(rng, family, rng.choice(SHAPES))
            print_ = behaviour(problem.kinds, problem.compute)
            if print_ in taken:
                continue
            task = graded(rng, problem, f"embedded/{group}/{number:03d}")
        except Unsuitable:
            continue
        taken.add(print_)
        return task.model_copy(update={"group": group})
