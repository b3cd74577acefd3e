"""What is measured after the last phase: all that the card has, but for the reserved families."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from embedded_model.batches import Corpus
from embedded_model.blind import blind_tasks
from embedded_model.comparison import repair_figures
from embedded_model.curriculum.arithmetic import Step, is_held_out
from embedded_model.curriculum.drills import asked
from embedded_model.curriculum.sums import HeldKind, HeldOut, math_heldout
from embedded_model.data import WHOLE, encoded, save
from embedded_model.drafting import Sampling
from embedded_model.evaluation import EvaluationConfig, level_figures, single_figures, tasks_in
from embedded_model.math_evaluation import SEED, answered
from embedded_model.model import ModelConfig, Qwen2, load_model
from embedded_model.seeds import SEEDS
from embedded_model.steps import Folder, write_text
from embedded_model.training import exported_weights, mean_loss
from reason_tui.tasks.types import GradedTask

_BATCH = 4096
REPAIR_SEED = 31
"""As in the card's figures."""


@dataclass(frozen=True)
class Amount:
    """How much is tried; None: everything there is."""

    per_level: int | None = None
    math: int | None = None
    sampling: Sampling = field(default_factory=lambda: Sampling(samples=10))
    few: int = 16


def measure_missing(folder: Folder, gguf: Path, assets: Path, amount: Amount) -> None:
    """Measure what `figures.json` does not have yet; it is written after each part.

    `facts`: what this model and the shipped one know of facts that were trained; `loss`: theirs on the examples kept
    apart, without the arithmetic, which is written otherwise now.
    """
    done = json.loads(folder.figures.read_text(encoding="utf-8")) if folder.figures.exists() else {}
    for name, part in _parts(folder, gguf, assets, amount).items():
        if name not in done:
            done[name] = part()
            write_text(folder.figures, json.dumps(done, indent=1) + "\n")


def _parts(folder: Folder, gguf: Path, assets: Path, amount: Amount) -> dict[str, Callable[[], Any]]:
    tasks = list(_first(tasks_in(assets / "heldout.jsonl"), amount.per_level))
    config = EvaluationConfig(amount.sampling, seed_samples=amount.few)
    facts = _some(trained_facts(SEED), amount.math)
    return {
        "math": lambda: answered(gguf, _some(math_heldout(SEED), amount.math)),
        "seeds": lambda: single_figures(gguf, SEEDS, config),
        "blind": lambda: single_figures(gguf, blind_tasks(), config),
        "repair": lambda: repair_figures(gguf, tasks, replace(amount.sampling, seed=REPAIR_SEED)),
        "loss": lambda: _losses(folder, assets),
        "facts": lambda: {"before": answered(assets / "model.gguf", facts), "after": answered(gguf, facts)},
        "heldout": lambda: level_figures(gguf, tasks, config),
    }


def _losses(folder: Folder, assets: Path) -> dict[str, float]:
    path = folder.root / "encoded_programs.npz"
    save(path, *encoded(folder, folder.apart, {**WHOLE, "math": 0}))
    shipped = Qwen2(ModelConfig())
    shipped.load_state_dict(exported_weights(assets / "model.safetensors"))
    corpus = Corpus(path)
    models = {"before": shipped, "after": load_model(folder.trained)}
    return {name: round(mean_loss(model, corpus, _BATCH), 4) for name, model in models.items()}


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
