"""How fast `hf` samples K siblings of one prompt, against transformers' own `generate(num_return_sequences=K)`.

    python benchmarks/backends_hf.py            # minutes of one core
    python benchmarks/backends_hf.py --layers 0 # the embedded model alone

Prints a table and writes benchmarks/backends_hf.md. Needs the extra `hf`. Beside the embedded model, one with random
weights that has the layers of Qwen2.5-Coder 0.5B, as many of its 24 as are asked for, and the small vocabulary of the
embedded one. Each pair is made in turn, of a prompt that neither has seen, and its ratio is of processor time; no token
ends a reply.
"""

from __future__ import annotations

import json
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from reason_tui_backends import hf

from reason_tui.models.catalogue import embedded_model
from reason_tui.policy import CancelToken, Message, ModelSpec, SampleRequest

import torch  # isort: skip - after the backend, which takes the hub away

HERE = Path(__file__).resolve().parent
PROMPT, NEW, CONTEXT = 600, 64, 1024
LAYER = {"hidden_size": 896, "intermediate_size": 4864, "num_attention_heads": 14, "num_key_value_heads": 2}


def random_folder(path: Path, layers: int) -> Path:
    """The embedded model's folder with other, random weights."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    shutil.copytree(embedded_model("folder"), path)
    config = json.loads((path / "config.json").read_text("utf-8"))
    config |= {**LAYER, "num_hidden_layers": layers, "layer_types": None, "head_dim": 64}
    torch.manual_seed(1)
    Qwen2ForCausalLM(Qwen2Config(**config)).save_pretrained(path)
    return path


def rounds(folder: Path, width: int, pairs: int) -> list[tuple[float, float]]:
    """Processor seconds of our backend and of `generate`, pair by pair; one pair before is not counted."""
    policy = hf.load(ModelSpec(name=folder.name, path=folder, context_length=CONTEXT, parallel=width))
    policy._ends = frozenset()
    model: Any = policy._model._model  # type: ignore[union-attr]
    found = []
    for i in range(pairs + 1):
        request = _request(policy.count_tokens, i, width)
        ids = torch.tensor([policy._chat.tokens(request.messages, "")])

        def ours(request: SampleRequest = request) -> None:
            replies = policy.sample(request, lambda *_: None, CancelToken())
            assert {reply.usage.completion for reply in replies} == {NEW}
            assert replies[0].usage.cached < PROMPT // 10

        def theirs(ids: torch.Tensor = ids) -> None:
            how = {"do_sample": True, "temperature": 0.8, "top_p": 0.95, "top_k": 0}
            new = {"num_return_sequences": width, "max_new_tokens": NEW, "min_new_tokens": NEW}
            assert model.generate(ids, attention_mask=torch.ones_like(ids), **how, **new).shape[0] == width

        found.append((_seconds(ours), _seconds(theirs)))
    policy.close()
    return found[1:]


def _request(count: Callable[..., int], number: int, width: int) -> SampleRequest:
    """A prompt of about `PROMPT` tokens that begins like no other."""
    text = f"{number} is the number of this prompt. "
    while count((Message(role="user", content=text),)) < PROMPT:
        text += "Return the sum of the even numbers in xs. "
    return SampleRequest(messages=(Message(role="user", content=text),), n=width, max_tokens=NEW, seed=number)


def _seconds(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


@click.command()
@click.option("--layers", default=8, help="Of the random model; 0: without it.")
@click.option("--width", "widths", multiple=True, default=(4, 8), type=int, help="K; may be repeated.")
@click.option("--pairs", default=7)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "backends_hf.md")
def main(layers: int, widths: tuple[int, ...], pairs: int, out: Path) -> None:
    """Print and write the table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        models = {"embedded": embedded_model("folder")}
        if layers:
            models[f"{layers} layers of 0.5B"] = random_folder(Path(folder) / "random", layers)
        for name, path in models.items():
            for width in widths:
                found = rounds(path, width, pairs)
                ours, theirs = (statistics.median(pair[i] for pair in found) for i in (0, 1))
                ratios = sorted(pair[1] / pair[0] for pair in found)
                rows.append(
                    f"| {name} | {width} | {ours:.2f} | {theirs:.2f} | {statistics.median(ratios):.2f}x "
                    f"({ratios[0]:.2f} to {ratios[-1]:.2f}) |"
                )
                click.echo(rows[-1])
    said = [word for at, word in enumerate(sys.argv[1:], 1) if "--out" not in (word, sys.argv[at - 1])]
    command = shlex.join(["python", "benchmarks/backends_hf.py", *said])
    out.write_text(
        f"# Siblings in transformers\n\n    {command}\n\n"
        f"Prompts of {PROMPT} tokens, {NEW} new tokens of each of K siblings, {pairs} pairs, processor time, "
        f"{torch.get_num_threads()} thread.\n`as fast` is the median of the pairs' ratios (and the least and the most "
        "of them).\n\n| model | K | hf, s | num_return_sequences, s | as fast |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
