"""The model's card, written from what was measured; only the remark on a special run is typed by hand."""

# ruff: noqa: E501 - the text of the card
from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from embedded_model.curriculum.catalogue import CLASSICS
from embedded_model.curriculum.chains import PROBES
from embedded_model.curriculum.corpus import KINDS
from embedded_model.curriculum.families import SHARES
from embedded_model.golden import prompts_hash
from embedded_model.steps import PHASES, Folder, read_lines, write_text
from embedded_model.training import TrainConfig

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

Targets of the project, for comparison: greedy .80/.70/.35, pass@10 .92/.88/.60.

**Repair.** Of {repair[failures]} tasks with a failing draft (temperature 0.8), {repair[width]} repairs with feedback solved
{repair[repair]:.3f}, and the {repair[fresh_drafts]} fresh drafts that the same tokens buy (prompts included) {repair[fresh]:.3f}; difference {repair[difference]:+.3f},
95 % bootstrap interval {repair[low]:+.3f} to {repair[high]:+.3f}. One repair alone: {repair[one_repair]:.3f}; one fresh draft: {repair[one_draft]:.3f}.

**Blind prompts.** Twenty easy prompts as HumanEval writes them, by an author who had not seen the templates (`blind.py`):
greedy {blind_greedy} of {blind}, within {blind_of} samples {blind_any} of {blind}.

**Arithmetic** (greedy, prompts of `solve --math`, problems never trained; `table` is all products of two digits, of which all but
three were trained, so it measures recall; word problems have new numbers in known wordings):

| kind | problems | right |
|---|---|---|
{math}

**Reserved families** for the learning loop: some kept rare in the training, the harder ones in no training at all.

| family | share of the training's problems | held-out tasks | pass@1 | pass@{family_samples} |
|---|---|---|---|---|
{families}

What everyone types first (`seeds.py`; the curriculum contains such wordings, so this is no measure of
generalisation):

| prompt | greedy | solved at temperature 0.8 |
|---|---|---|
{seeds}

Training: {steps:,} steps, {tokens:,} tokens read, of which {targets:,} in completions, in {minutes:.0f} minutes
by two processes on two cores shared with other work; final validation loss {loss:.3f} nats a token of a completion. Of a prompt
only those tokens have a loss (at half weight) that repeat what followed the same two tokens before. Muon (rate {muon}) for the
matrices, AdamW ({adam}) for the rest, {batch:,} tokens a step, {warmup} steps of warm-up, the rate falling over the last half.
`loss.jsonl` holds the whole curve:

| step | tokens | validation loss |
|---|---|---|
{curve}

## Data
Synthetic, made by `backends/embedded_model/curriculum` from seed {seed}; nobody's code or text is in it. Typed
chains of one (L1), two (L2) and three or four (L3) operations over numbers, strings, lists, dictionaries and
pairs; {classics} well-known small functions; FizzBuzz and its relatives; each in many phrasings, as a
signature with docstring, a sentence with `>>>` lines or asserts, or a bare sentence, with usual and invented
names. Of the fresh examples {kinds}. Every program was executed before it was used. Before
each phase but the first the model tried fresh tasks, and its own failures ({own:,} in all) with their real feedback were added
(in the last phase {copies} copies each): {on_policy:.0%} of its repair examples. Each phase reads what earlier ones read, too; before the
last only short examples are read (`data.py`).

**Held out.** `heldout.jsonl` and `tuning.jsonl` hold tasks of the three levels whose behaviour on {probes} probe inputs no training
program shows; all differ in behaviour. Settings may be chosen on the tuning tasks, never on the held-out ones. Since single
operations without a constant are what chains are made of, most of them are trained, and L1's held-out tasks mostly have a constant.
`reserved.jsonl` holds tasks of the reserved families, to learn on (`FAMILY/train`) and to measure with
(`FAMILY/heldout`); none was in the training. A harder family joins an operation of one rare family with one of another
(`curriculum/harder.py`), which no training task does; no program of the training behaves like one of its tasks.

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
{budget:.0f}`; an interrupted run goes on where it was. The data are the same for the same seed; the weights are not, since the budget is time.

## Licence
MIT, as the repository.
"""


def write_card(folder: Folder, seed: int, training: TrainConfig, copies: int, remark: str = "") -> None:
    """Copy the figures and the curve beside the model and write its README; `remark`: what was special in this run."""
    for source in (folder.log, folder.figures):
        shutil.copyfile(source, folder.model / source.name)
    write_text(folder.model / "README.md", _card(folder, seed, training, copies, remark))


def _card(folder: Folder, seed: int, training: TrainConfig, copies: int, remark: str) -> str:
    figures = json.loads(folder.figures.read_text(encoding="utf-8"))
    config = json.loads((folder.model / "config.json").read_text(encoding="utf-8"))
    last, levels = figures["training"], figures["heldout"]
    passes = [name for name in next(iter(levels.values())) if name.startswith("pass@")]
    return _TEXT.format(
        parameters=last["parameters"], layers=config["num_hidden_layers"], width=config["hidden_size"],
        heads=config["num_attention_heads"], vocabulary=config["vocab_size"], context=config["max_position_embeddings"],
        probes=PROBES, samples=figures["samples"], passes=" | ".join(passes), lines="|".join("---" for _ in passes),
        rows="\n".join(_row(level, found, passes) for level, found in levels.items()),
        repair=figures["repair"], **_blind(figures["blind"]), **_families(figures["families"]),
        math="\n".join(f"| {kind} | {found['n']} | {found['greedy']:.3f} |" for kind, found in figures["math"].items()),
        seeds="\n".join(_seed(name, found) for name, found in figures["seeds"].items()),
        steps=last["step"], tokens=last["tokens"], targets=last["targets"], minutes=last["seconds"] / 60,
        loss=last["valid"], muon=training.muon_lr, adam=training.adam_lr, batch=training.batch_tokens,
        warmup=training.warmup_steps, budget=training.minutes, curve=_curve(folder), seed=seed,
        classics=len(CLASSICS), copies=copies, **_repairs(folder, copies), remark=f"{remark}\n\n" if remark else "",
        prompts=prompts_hash(), kinds=", ".join(f"{share:.1%} are `{kind}`" for kind, share in KINDS.items()),
        files="\n".join(_file(path) for path in sorted(folder.model.iterdir()) if path.name != "README.md"),
    )  # fmt: skip


def _blind(found: dict[str, Any]) -> dict[str, int]:
    return {
        "blind": len(found),
        "blind_greedy": sum(item["greedy"] for item in found.values()),
        "blind_any": sum(item["solved"] > 0 for item in found.values()),
        "blind_of": max(item["of"] for item in found.values()),
    }


def _families(found: dict[str, Any]) -> dict[str, Any]:
    last = next(iter(found.values()))
    name = [key for key in last if key.startswith("pass@")][-1]
    shares = {key: f"{SHARES[key]:.2%}" if key in SHARES else "none" for key in found}
    rows = [
        f"| {key} | {shares[key]} | {row['tasks']} | {row['pass@1']:.3f} | {row[name]:.3f} |"
        for key, row in found.items()
    ]
    return {"families": "\n".join(rows), "family_samples": name.removeprefix("pass@")}


def _repairs(folder: Folder, copies: int) -> dict[str, float]:
    """How many failures of its own the model learned from, and their share of all repair examples."""
    phases = [phase for phase in range(1, len(PHASES)) if folder.own_failures(phase).exists()]
    own = sum(1 for phase in phases for _ in read_lines(folder.own_failures(phase)))
    fresh = sum(item["kind"] == "repair" for phase in (0, *phases) for item in read_lines(folder.corpus(phase)))
    return {"own": own, "on_policy": own * copies / max(own * copies + fresh, 1)}


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
