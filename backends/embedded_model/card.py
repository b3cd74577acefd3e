"""The model's card, written from what was measured; only the remark on a special run is typed by hand."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from embedded_model.curriculum.catalogue import CLASSICS
from embedded_model.curriculum.chains import PROBES
from embedded_model.golden import prompts_hash
from embedded_model.steps import Folder, read_lines, write_text

_TEXT = """\
# The embedded model

A language model of {parameters:,} parameters (Qwen2's architecture: {layers} layers, width {width}, {heads}
heads, vocabulary {vocabulary}, context {context}), trained from scratch by `backends/embedded_model` so that
the application does its whole job on a fresh machine without a network, and so that search and learning are
tested with a real sampler.

**What it is not.** It is not a coding assistant. It knows one Python function at a time, of the kinds listed
under *Data*; it has no knowledge of libraries, classes, files or the world, and outside its curriculum it
writes confident nonsense. It is often wrong at the first try and sometimes right at the tenth, which is what a
search needs.

## Figures
Measured with `model.gguf` itself, through the application's `xllamacpp` backend, on the held-out tasks in
`heldout.jsonl` (no program taught as right behaves like any of them on {probes} probe inputs). A task counts as
solved when its visible and its hidden tests pass. pass@k is the unbiased estimate from {samples} completions at
temperature 0.8, top-p 0.95.

| level | operations | tasks | greedy | {passes} |
|---|---|---|---|{lines}|
{rows}

What everyone types first (`seeds.py`; the curriculum contains such wordings, so this is no measure of
generalisation):

| prompt | greedy | solved at temperature 0.8 |
|---|---|---|
{seeds}

Training: {steps:,} steps, {tokens:,} tokens read, of which {targets:,} in completions, in {minutes:.0f} minutes
on one core shared with other work; final validation loss {loss:.3f} nats a token of a completion. Of a prompt
only those tokens have a loss (at half weight) that repeat what followed the same two tokens before.
`loss.jsonl` holds the whole curve:

| step | tokens | validation loss |
|---|---|---|
{curve}

## Data
Synthetic, made by `backends/embedded_model/curriculum` from seed {seed}; nobody's code or text is in it. Typed
chains of one (L1), two (L2) and three or four (L3) operations over numbers, strings, lists, dictionaries and
pairs; about {classics} well-known small functions; FizzBuzz and its relatives; each in many phrasings, as a
signature with docstring, a sentence with `>>>` lines or asserts, or a bare sentence, with usual and invented
names. A quarter of the examples are repairs of a broken program with the feedback the application writes. The
second half of the training reads a fresh corpus, whose constants come from a wide range, and {own:,} failures
of the model itself as it was after the first half, with their real feedback ({copies} copies each). Every
program was executed before it was used.

{remark}The prompts are the application's own (`reason_tui/prompts`), as they stand in `tests/prompts/golden`. SHA-256
over them (file name, NUL, text, NUL; in order of name; see `backends/embedded_model/golden.py`): `{prompts}`.
Changing a prompt means training again.

## Files
| file | bytes | SHA-256 |
|---|---|---|
{files}

`model.gguf`: matrices in half precision, tokenizer and ChatML template inside. `model.safetensors`,
`config.json`, `tokenizer.json`, `tokenizer_config.json`: the same weights in the Hugging Face layout, for
further training. `heldout.jsonl`: a task a line, the JSON of `reason_tui.tasks.types.GradedTask`: `task` (id,
prompt, entry point, signature, visible tests), `hidden.cases` (literal arguments and expected value as Python
source), `reference` (a right program), `group` (the level). `figures.json`: the tables above.

## Made again
`pip install '.[model]'`, then `PYTHONPATH=.:backends python -m embedded_model --out DIR --seed {seed} --minutes
60`. The data are the same for the same seed; the weights are not, since the budget is time.

## Licence
MIT, as the repository.
"""


def write_card(folder: Folder, seed: int, copies: int, remark: str = "") -> None:
    """Copy the figures and the curve beside the model and write its README; `remark`: what was special in this run."""
    for source in (folder.log, folder.figures):
        shutil.copyfile(source, folder.model / source.name)
    write_text(folder.model / "README.md", _card(folder, seed, copies, remark))


def _card(folder: Folder, seed: int, copies: int, remark: str) -> str:
    figures = json.loads(folder.figures.read_text(encoding="utf-8"))
    config = json.loads((folder.model / "config.json").read_text(encoding="utf-8"))
    training = figures["training"]
    levels = figures["heldout"]
    passes = [name for name in next(iter(levels.values())) if name.startswith("pass@")]
    return _TEXT.format(
        parameters=training["parameters"],
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        vocabulary=config["vocab_size"],
        context=config["max_position_embeddings"],
        probes=PROBES,
        samples=figures["samples"],
        passes=" | ".join(passes),
        lines="|".join("---" for _ in passes),
        rows="\n".join(_row(level, found, passes) for level, found in levels.items()),
        seeds="\n".join(_seed(name, found) for name, found in figures["seeds"].items()),
        steps=training["step"],
        tokens=training["tokens"],
        targets=training["targets"],
        minutes=training["seconds"] / 60,
        loss=training["valid"],
        curve=_curve(folder),
        seed=seed,
        classics=len(CLASSICS),
        own=sum(1 for _ in read_lines(folder.own_failures)),
        copies=copies,
        remark=f"{remark}\n\n" if remark else "",
        prompts=prompts_hash(),
        files="\n".join(_file(path) for path in sorted(folder.model.iterdir()) if path.name != "README.md"),
    )


def _row(level: str, found: dict[str, Any], passes: list[str]) -> str:
    operations = {"L1": "1", "L2": "2", "L3": "3 or 4"}[level]
    cells = [level, operations, found["tasks"], f"{found['greedy']:.3f}", *(f"{found[name]:.3f}" for name in passes)]
    return f"| {' | '.join(map(str, cells))} |"


def _seed(name: str, found: dict[str, Any]) -> str:
    return (
        f"| {name.removeprefix('seed/')} | {'yes' if found['greedy'] else 'no'} | {found['solved']} of {found['of']} |"
    )


def _curve(folder: Folder) -> str:
    rows = [row for row in read_lines(folder.log) if "valid" in row]
    step = max(1, len(rows) // 12)
    kept = [*rows[:-1:step], rows[-1]]
    return "\n".join(f"| {row['step']} | {row['tokens']:,} | {row['valid']:.3f} |" for row in kept)


def _file(path: Path) -> str:
    data = path.read_bytes()
    return f"| `{path.name}` | {len(data):,} | `{hashlib.sha256(data).hexdigest()}` |"
