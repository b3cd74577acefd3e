"""Tasks of the reserved families: some to learn on, others to measure with; none is in the pretraining."""

from __future__ import annotations

import random

from embedded_model.curriculum.chains import Unsuitable
from embedded_model.curriculum.families import FAMILIES, reserved_problem
from embedded_model.curriculum.heldout import SHAPES, graded
from embedded_model.curriculum.problems import behaviour
from reason_tui.tasks.types import GradedTask


def reserved_tasks(seed: int, training: int, heldout: int, held: frozenset[str]) -> tuple[list[GradedTask], list[str]]:
    """For each family tasks to learn on and tasks to measure with, all of different behaviour; and the fingerprints.

    The fingerprints of both splits are kept out of the pretraining.
    """
    rng = random.Random(f"reserved-{seed}")
    taken = set(held)
    tasks: list[GradedTask] = []
    for family in FAMILIES:
        for split, count in (("train", training), ("heldout", heldout)):
            for number in range(count):
                tasks.append(_one(rng, family, f"{family}/{split}", number, taken))
    return tasks, sorted(taken - held)


def _one(rng: random.Random, family: str, group: str, number: int, taken: set[str]) -> GradedTask:
    while True:
        try:
            problem, _ = reserved_problem(rng, family, rng.choice(SHAPES))
            print_ = behaviour(problem.kinds, problem.compute)
            if print_ in taken:
                continue
            task = graded(rng, problem, f"embedded/{group}/{number:03d}")
        except Unsuitable:
            continue
        taken.add(print_)
        return task.model_copy(update={"group": group})
