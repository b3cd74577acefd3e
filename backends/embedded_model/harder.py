"""The harder reserved families: `PYTHONPATH=backends:. python -m embedded_model.harder --out DIR --seed N`.

Part of the recipe, and a command of its own because these families were made when the shipped model was trained
already: their tasks are added to `reserved.jsonl` in DIR and their figures to `figures.json`. None behaves like a task
of another file, nor like any program of the corpora in DIR. Each step is skipped when its result is in DIR.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from embedded_model.curriculum.harder import HARDER, KINDS
from embedded_model.curriculum.reserved import harder_tasks
from embedded_model.evaluation import EvaluationConfig, family_figures
from embedded_model.novelty import shown, taught
from embedded_model.steps import Folder, read_lines, write_text
from reason_tui.tasks.types import GradedTask

PER_SPLIT = (300, 200)
"""Tasks of a family to learn on, and to measure with."""


def add_tasks(folder: Folder, seed: int, per_split: tuple[int, int] = PER_SPLIT) -> None:
    """Put the tasks of the harder families behind the others; the corpora must be there."""
    text = folder.reserved.read_text(encoding="utf-8")
    if _harder(read_tasks(folder)):
        return
    taken = set(json.loads(folder.fingerprints.read_text(encoding="utf-8"))) | shown(taught(folder), [KINDS])
    made, _ = harder_tasks(seed, *per_split, taken)
    write_text(folder.reserved, text + "".join(f"{task.model_dump_json()}\n" for task in made))


def add_figures(folder: Folder, config: EvaluationConfig) -> None:
    """Measure the harder families, and them alone, for figures that were made without them."""
    figures = json.loads(folder.figures.read_text(encoding="utf-8"))
    if not set(HARDER) <= set(figures["families"]):
        figures["families"] |= family_figures(folder.gguf, _harder(read_tasks(folder)), config)
        write_text(folder.figures, json.dumps(figures, indent=1) + "\n")


def read_tasks(folder: Folder) -> list[GradedTask]:
    """The tasks of all reserved families."""
    return [GradedTask.model_validate(item) for item in read_lines(folder.reserved)]


def _harder(tasks: list[GradedTask]) -> list[GradedTask]:
    return [task for task in tasks if task.group.split("/")[0] in HARDER]


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of a finished training.")
@click.option("--seed", type=int, default=1, show_default=True)
def main(out: Path, seed: int) -> None:
    """Add the harder families to a finished training."""
    folder = Folder(out)
    add_tasks(folder, seed)
    click.echo(f"tasks: {folder.reserved}")
    add_figures(folder, EvaluationConfig())
    click.echo(f"measured: {folder.figures}")


if __name__ == "__main__":
    main()
