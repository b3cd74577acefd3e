"""What is measured after the last phase: all that the card has, but for the reserved families."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from embedded_model.blind import blind_tasks
from embedded_model.comparison import repair_figures
from embedded_model.curriculum.arithmetic import Step, is_held_out
from embedded_model.curriculum.drills import asked
from embedded_model.curriculum.sums import HeldKind, HeldOut, math_heldout
from embedded_model.drafting import Sampling
from embedded_model.evaluation import EvaluationConfig, measure, single_figures, tasks_in
from embedded_model.math_evaluation import SEED, answered
from reason_tui.tasks.types import GradedTask

REPAIR_SEED = 31
"""As in the card's figures."""


@dataclass(frozen=True)
class Amount:
    """How much is tried; None: everything there is."""

    per_level: int | None = None
    math: int | None = None
    sampling: Sampling = field(default_factory=lambda: Sampling(samples=10))
    few: int = 16


def figures_of(gguf: Path, assets: Path, amount: Amount) -> dict[str, Any]:
    """The figures of this model, and under `facts` what it and the shipped one know of facts that were trained."""
    tasks = list(_first(tasks_in(assets / "heldout.jsonl"), amount.per_level))
    config = EvaluationConfig(amount.sampling, seed_samples=amount.few)
    figures = measure(gguf, tasks, config)
    figures["repair"] = repair_figures(gguf, tasks, replace(amount.sampling, seed=REPAIR_SEED))
    figures["blind"] = single_figures(gguf, blind_tasks(), config)
    figures["math"] = answered(gguf, _some(math_heldout(SEED), amount.math))
    facts = _some(trained_facts(SEED), amount.math)
    figures["facts"] = {"before": answered(assets / "model.gguf", facts), "after": answered(gguf, facts)}
    return figures


def trained_facts(seed: int) -> list[HeldOut]:
    """As many sums and differences as are held out, in the same wordings, of numbers that may be trained."""
    rng = random.Random(f"facts-{seed}")
    return [*_facts(rng, "sum", "+"), *_facts(rng, "difference", "-")]


def _facts(rng: random.Random, kind: HeldKind, operator: str) -> Iterator[HeldOut]:
    steps = [Step(a, operator, b) for a, b in product(range(100), repeat=2)]
    for step in rng.sample([step for step in steps if not is_held_out(step.key)], 200):
        solved = asked(rng, step)
        yield HeldOut(f"facts/{kind}/{step.key}", kind, solved.problem, solved.answer)


def _some(items: list[HeldOut], most: int | None) -> list[HeldOut]:
    """The first `most` of each kind."""
    kinds = dict.fromkeys(item.kind for item in items)
    return [item for kind in kinds for item in [one for one in items if one.kind == kind][:most]]


def _first(tasks: list[GradedTask], most: int | None) -> Iterator[GradedTask]:
    for level in sorted({task.group for task in tasks}):
        yield from [task for task in tasks if task.group == level][:most]
