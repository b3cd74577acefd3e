"""Make the embedded model: `PYTHONPATH=backends:. python -m embedded_model --out DIR --seed N [--minutes M] [--short]`.

Steps: held-out tasks → corpus → tokenizer → token ids → half of the training → its own failures and a second corpus →
the other half → export → evaluation → card. Each is skipped when its result is in DIR; an interrupted training goes on
from its last checkpoint. Needs the extra `model`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from embedded_model.card import write_card
from embedded_model.data import DataConfig, make_data, make_second_data
from embedded_model.drafting import Sampling
from embedded_model.evaluation import EvaluationConfig, evaluate_run
from embedded_model.export import export_run
from embedded_model.failures import FailureConfig, write_failures
from embedded_model.model import ModelConfig
from embedded_model.steps import Folder
from embedded_model.training import TrainConfig, Trainer

HALF = 0.5
"""The share of the training after which the model's own failures are collected."""
_SHORT_DATA = DataConfig(examples=300, examples_again=100, heldout_per_level=3, vocabulary=384)
_SHORT_MODEL = ModelConfig(vocabulary=384, width=64, layers=2, heads=2, hidden=96)
_SHORT_TRAIN = TrainConfig(
    steps=80, warmup_steps=10, batch_tokens=2048, validation=40, validate_every=50, bfloat16=False, compiled=False
)
_SHORT_FAILURES = FailureConfig(tasks=12, sampling=Sampling(samples=2, max_tokens=24))
_SHORT_EVALUATION = EvaluationConfig(Sampling(samples=2, max_tokens=24), seed_samples=2)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for everything that is made.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Time for the training proper.")
@click.option("--short", is_flag=True, help="A tiny model in seconds: shows that the steps work, not a model to use.")
def main(out: Path, seed: int, minutes: float, short: bool) -> None:
    """Make the embedded model from a seed."""
    folder = Folder(out)
    out.mkdir(parents=True, exist_ok=True)
    data = replace(_SHORT_DATA if short else DataConfig(), seed=seed)
    training = replace(_SHORT_TRAIN, seed=seed) if short else TrainConfig(seed=seed, minutes=minutes)
    make_data(folder, data)
    click.echo(f"data is in {out}")
    failures = replace(_SHORT_FAILURES if short else FailureConfig(), seed=seed)
    model = _SHORT_MODEL if short else ModelConfig()
    if not folder.encoded_again.exists():
        Trainer(folder, model, training).run(until=HALF)
        write_failures(folder, failures)
        make_second_data(folder, data, failures.copies, training.validation)
    if not folder.trained.exists():
        Trainer(folder, model, training).run()
    click.echo(f"trained: {folder.trained}")
    if not folder.gguf.exists():
        export_run(folder)
    click.echo(f"exported: {folder.model}")
    if not folder.figures.exists():
        evaluate_run(folder, _SHORT_EVALUATION if short else EvaluationConfig())
    write_card(folder, seed, failures.copies)
    click.echo(f"measured: {folder.figures}")


if __name__ == "__main__":
    main()
