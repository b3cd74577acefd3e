"""Make the embedded model: `PYTHONPATH=backends:. python -m embedded_model --out DIR --seed N [--minutes M] [--short]`.

Steps: held-out tasks → corpus → tokenizer → token ids → the training in phases, before each but the first a
fresh corpus and the model's own failures → tasks of the harder families → export → evaluation → card. Each is
skipped when its result is in DIR; an interrupted training goes on from its last checkpoint. Needs the extra `model`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from embedded_model.card import write_card
from embedded_model.data import DataConfig, encode, make_corpus
from embedded_model.drafting import Sampling
from embedded_model.evaluation import EvaluationConfig, evaluate_run
from embedded_model.export import export_run
from embedded_model.failures import FailureConfig, write_failures
from embedded_model.harder import add_tasks
from embedded_model.model import ModelConfig
from embedded_model.steps import PHASES, Folder
from embedded_model.training import TrainConfig, train

_SHORT_DATA = DataConfig(
    examples=(300, 60, 60, 60), apart=40, heldout_per_level=3, tuning_per_level=2, reserved_per_split=(2, 1),
    vocabulary=384, processes=1,
)  # fmt: skip
_SHORT_MODEL = ModelConfig(vocabulary=384, width=64, layers=2, heads=2, hidden=96)
_SHORT_TRAIN = TrainConfig(
    steps=80, warmup_steps=10, batch_tokens=2048, validate_every=50, bfloat16=False, compiled=False
)
_SHORT_FAILURES = FailureConfig(tasks=12, sampling=Sampling(samples=2, max_tokens=24), processes=1)
_SHORT_EVALUATION = EvaluationConfig(
    Sampling(samples=2, max_tokens=24), seed_samples=2, families=1, harder=1, family_samples=2
)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for everything that is made.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--minutes", type=float, default=155.0, show_default=True, help="Time for the training proper.")
@click.option("--short", is_flag=True, help="A tiny model in seconds: shows that the steps work, not a model to use.")
def main(out: Path, seed: int, minutes: float, short: bool) -> None:
    """Make the embedded model from a seed."""
    folder = Folder(out)
    out.mkdir(parents=True, exist_ok=True)
    data = replace(_SHORT_DATA if short else DataConfig(), seed=seed)
    training = replace(_SHORT_TRAIN, seed=seed) if short else TrainConfig(seed=seed, minutes=minutes)
    failures = replace(_SHORT_FAILURES if short else FailureConfig(), seed=seed)
    model = _SHORT_MODEL if short else ModelConfig()
    for phase, until in enumerate(PHASES):
        if folder.trained.exists():
            break
        make_corpus(folder, data, phase)
        if phase and not folder.encoded(phase).exists():
            write_failures(folder, failures, phase)
        encode(folder, phase, failures.copies)
        click.echo(f"phase {phase}: data is in {out}")
        train(folder, model, training, phase, until)
    click.echo(f"trained: {folder.trained}")
    add_tasks(folder, seed, data.reserved_per_split)
    if not folder.gguf.exists():
        export_run(folder)
    click.echo(f"exported: {folder.model}")
    if not folder.figures.exists():
        evaluate_run(folder, _SHORT_EVALUATION if short else EvaluationConfig())
    write_card(folder, seed, training, failures.copies)
    click.echo(f"measured: {folder.figures}")


if __name__ == "__main__":
    main()
