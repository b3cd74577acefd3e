"""What a model folder takes of memory in `hf` and `mlx`: predicted before loading, and measured. Linux.

    python benchmarks/folder_memory.py                                # minutes, and 3 GB
    python benchmarks/folder_memory.py --model embedded --width 8

Prints a table and writes benchmarks/folder_memory.md. Needs the extras `hf` and `mlx`. The large model has random
weights and the exact shape of Qwen2.5-Coder 0.5B, in bfloat16, and is made in a temporary folder. Each figure is of a
new process, which loads the model and lets K siblings sample until the context is full.
"""

from __future__ import annotations

import platform
import shlex
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.metadata import version
from math import prod
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import click
from folder_models import FOLDERS, NOTHING, random_folder, tensor_shapes
from processes import peak_memory

from reason_tui.models.catalogue import EMBEDDED, embedded_model
from reason_tui.policy import CancelToken, Message, ModelSpec, SampleRequest

HERE = Path(__file__).resolve().parent
ROOM, STEPS = 2048, 4
"""Tokens of context; tokens that siblings sample at its end."""

CHUNK = {"hf": 128, "mlx": 64}
"""Tokens of a prompt at a time, as the backends take them on a CPU."""

GROWTH = {"hf": STEPS, "mlx": 256}
"""Tokens behind the prompt: the first of them makes MLX enlarge its caches by 256."""

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "hf": ("hf", {"device": "cpu"}),
    "hf nf4": ("hf", {"device": "cpu", "quantise": "nf4"}),
    "mlx": ("mlx", {"device": "cpu"}),
}

TEXT = """\
# Memory of model folders

    {command}

K siblings with {room} tokens of context each, on a CPU ({machine}), 1 thread; PyTorch {torch}, transformers
{transformers}, MLX {mlx}. The models are the embedded one and one of random weights with the exact shape, and the
bfloat16, of Qwen2.5-Coder 0.5B; `next to nothing` has {nothing:,} numbers, so it shows what the libraries take. Weights
become float32, as the backends choose on a CPU, or NF4.

`predicted` is what the backend's forecast says before loading. `measured` is by how much the peak of resident memory
(VmHWM) of a new process grew from before loading until K siblings had sampled, every position of the caches in use: the
keys and values of one chunk are put behind one another until the context is full but for a last chunk and a few tokens,
which are computed. The libraries were imported before and are not counted; what they import, read or allocate later is.
Nor are prompts kept for later, which are planned apart (`kept`). `loaded` is the same peak when loading was done.

| backend | model | K | predicted, MB | loaded, MB | measured, MB | measured is |
|---|---|---|---|---|---|---|
{rows}

Off: where a model is small, `mlx` takes less than predicted, as the 32 MiB of freed memory that it may hold count
whether it holds them or not. With next to nothing both backends do, as a real model uses more of the library. The
figures are of a CPU; none was measured on a GPU.
"""


class Found(NamedTuple):
    """Bytes: what was said beforehand, and by how much the peak had grown, once loaded and in the end."""

    predicted: int
    loaded: int
    measured: int


def predicted_and_measured(way: str, path: Path, width: int) -> Found:
    """To be called in a new process. Raises ClickException where the machine has no memory for so many siblings."""
    backend, options = WAYS[way]
    module = import_module(f"reason_tui_backends.{backend}")
    spec = ModelSpec(name=path.name, path=path, context_length=ROOM, parallel=width, threads=1, **options)
    before = peak_memory()
    policy = module.load(spec)
    loaded = peak_memory() - before
    if policy.info.width < width:
        raise click.ClickException(f"There is memory for {policy.info.width} siblings of {path.name}, not for {width}.")
    short = SampleRequest(messages=(Message(role="user", content="x"),), n=width, max_tokens=2)
    policy.sample(short, lambda *_: None, CancelToken())
    policy._prompt.clear()
    _fill(policy._model, width, ROOM - GROWTH[backend], CHUNK[backend])
    return Found(policy.info.memory_bytes, loaded, peak_memory() - before)


def _fill(engine: Any, width: int, prompt: int, chunk: int) -> None:
    """Use every position, as siblings do that are full, for the price of two chunks."""
    engine.extend([65] * chunk, CancelToken())
    saved, length = engine.save(0, complete=False), chunk
    while length + chunk < prompt:
        engine.append(saved)
        length += chunk
    engine.extend([65] * (prompt - length), CancelToken())
    engine.fork(width)
    for step in range(STEPS):
        chosen = engine.choose(0.8, 0.95, [(step + 0.5) / STEPS] * width)
        engine.step([choice.token for choice in chosen], CancelToken())


@click.command()
@click.option("--way", "ways", multiple=True, type=click.Choice([*WAYS]), default=tuple(WAYS))
@click.option("--model", "models", multiple=True, type=click.Choice([EMBEDDED, *FOLDERS]), default=(*FOLDERS, EMBEDDED))
@click.option("--width", "widths", multiple=True, type=click.IntRange(1, 16), default=(1, 8))
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "folder_memory.md")
def main(ways: tuple[str, ...], models: tuple[str, ...], widths: tuple[int, ...], out: Path) -> None:
    """Measure, print the table and write it."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            path = _folder(model, Path(folder))
            for way in ways:
                if (way, model) == ("hf nf4", NOTHING):
                    continue  # bitsandbytes has no kernels for matrices that small
                for width in widths:
                    rows.append(_row(way, model, width, _in_new_process(way, path, width)))
                    click.echo(rows[-1])
    said = [word for at, word in enumerate(sys.argv[1:], 1) if "--out" not in (word, sys.argv[at - 1])]
    text = TEXT.format(
        command=shlex.join(["python", "benchmarks/folder_memory.py", *said]),
        room=ROOM,
        machine=platform.machine(),
        nothing=sum(map(prod, tensor_shapes(FOLDERS[NOTHING]).values())),
        rows="\n".join(rows),
        **{name: version(name) for name in ("torch", "transformers", "mlx")},
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


def _folder(model: str, folder: Path) -> Path:
    embedded = embedded_model("folder")
    return embedded if model == EMBEDDED else random_folder(folder / model, FOLDERS[model], embedded)


def _in_new_process(way: str, path: Path, width: int) -> Found:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(predicted_and_measured, way, path, width).result()


def _row(way: str, model: str, width: int, found: Found) -> str:
    cells = [way, model, str(width), *(f"{size / 1e6:,.0f}" for size in found)]
    return f"| {' | '.join(cells)} | {found.measured / found.predicted - 1:+.0%} of the prediction |"


if __name__ == "__main__":
    main()
