"""Train the shipped model further: `PYTHONPATH=backends:. python -m embedded_model.further --out DIR [--minutes M]`.

A study, not part of the recipe: its weights do not ship. Steps: the tasks that are held out → the corpus
(`corpus.py`) → training from the shipped weights → `further.gguf` → figures → `report.md`. Each is skipped when its
result is in DIR; an interrupted training goes on from its last checkpoint. Needs the extra `model`.
"""

from __future__ import annotations

from pathlib import Path

import click

from embedded_model.data import DataConfig
from embedded_model.drafting import Sampling
from embedded_model.export import write_gguf
from embedded_model.failures import FailureConfig
from embedded_model.further.corpus import FurtherData, make
from embedded_model.further.figures import Amount, measure_missing
from embedded_model.further.report import write_report
from embedded_model.model import ModelConfig, load_model
from embedded_model.steps import Folder
from embedded_model.training import TrainConfig, train

ASSETS = Path(__file__).parents[3] / "assets" / "embedded"

_SHORT_DATA = FurtherData(
    tasks=DataConfig(apart=10, heldout_per_level=2, tuning_per_level=1, reserved_per_split=(1, 1)),
    replay=20, lessons=20, sheets=10,
    failures=FailureConfig(tasks=6, sampling=Sampling(samples=2, max_tokens=24), processes=1),
)  # fmt: skip
_SHORT_AMOUNT = Amount(per_level=2, math=3, sampling=Sampling(samples=2, max_tokens=24), few=1)


def settings(minutes: float, short: bool) -> TrainConfig:
    """A third of the rates of the training from scratch, falling over the whole budget, and half its batch."""
    return TrainConfig(
        minutes=minutes, steps=2 if short else None, processes=1, batch_tokens=2048 if short else 6144, muon_lr=0.007,
        adam_lr=0.0014, warmup_steps=30, decay=1.0, validate_every=100, bfloat16=not short, compiled=not short,
        weights=ASSETS / "model.safetensors",
    )  # fmt: skip


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for everything that is made.")
@click.option(
    "--minutes", type=float, default=45.0, show_default=True, help="Time for the training proper, on one core."
)
@click.option("--remark", default="", help="What to say of this run in the report.")
@click.option("--short", is_flag=True, help="A few steps in seconds: shows that the command works, measures nothing.")
def main(out: Path, minutes: float, remark: str, short: bool) -> None:
    """Train the shipped model further, and measure what that reaches."""
    folder = Folder(out)
    out.mkdir(parents=True, exist_ok=True)
    make(folder, ASSETS, _SHORT_DATA if short else FurtherData())
    click.echo(f"data: {out}")
    training = settings(minutes, short)
    if not folder.trained.exists():
        train(folder, ModelConfig(), training, 0, 1.0)
    gguf = out / "further.gguf"
    if not gguf.exists():
        write_gguf(load_model(folder.trained), folder, gguf)
    click.echo(f"trained: {gguf}")
    measure_missing(folder, gguf, ASSETS, _SHORT_AMOUNT if short else Amount())
    click.echo(f"measured: {folder.figures}")
    report = write_report(folder, ASSETS, training, remark)
    click.echo(f"reported: {report}")


if __name__ == "__main__":
    main()
