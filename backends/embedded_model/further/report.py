"""What the last phase reached, beside what the shipped model reaches, as Markdown."""

# ruff: noqa: E501 - the text of the report
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embedded_model.further.corpus import Parts
from embedded_model.steps import Folder, read_lines, write_text
from embedded_model.training import TrainConfig

_TEXT = """\
# Training the embedded model further

Made by `python -m embedded_model.further --out DIR --minutes {minutes:g}` (`backends/embedded_model/further`), one process on one core. A
study: the shipped weights stay as they are. It begins with `assets/embedded/model.safetensors` and trains one more phase, whose
corpus is two things the card found short (arithmetic, repairs of the model's own failures), small functions, and some of what was
read before. Nothing that is held out, reserved, or kept for tuning is in it: the behaviours of those tasks are made again from
the seed, and no step of a sheet or lesson is a held-out one. "Before" is the card's table; "after" is measured by the same
functions on the same tasks with the same seeds, once, when the training had ended.

{remark}## Figures
| figure | target | before | after |
|---|---:|---:|---:|
{figures}

Held-out tasks by level; repair of own failures by 4 repairs against the fresh drafts that the same tokens buy
(difference with its 95 % bootstrap interval over failures); arithmetic greedily.

Of sums and differences that may be trained (200 each, in the same wordings), which shows what was learned by heart and what by rule:

| trained facts | before | after |
|---|---:|---:|
{facts}

Repair by level, after: {levels}.

Greedily wrong of what everyone types first: before {wrong_before}; after {wrong_after}.

## What was read
| part | examples | copies | tokens | share |
|---|---:|---:|---:|---:|
{parts}

`sheets`: five to nine sums, differences and a few products of digits in one problem ({sheet_steps:,} steps in all). `lessons`: one
problem each, as in the training before ({lesson_steps:,} steps). Both are written out as on paper, the tens and then the units
(`47 + 30 = 77`, `77 + 8 = 85`), where the training before had one step for a sum (`47 + 38 = 85`). `failures`: what the shipped model wrote wrongly on fresh tasks,
most of them of level 3, with the real feedback and the right program. `small`: small functions, the sum of a list above all.
`replay`: the beginning of the last phase's corpus, without its arithmetic.

{steps:,} steps of {batch:,} tokens, {tokens:,} tokens read, of which {targets:,} in completions, in {spent:.0f} minutes; Muon (rate {muon:g}) and
AdamW ({adam:g}), {warmup} steps of warm-up, then falling to nothing over the whole budget. Loss on the examples kept
apart without the arithmetic, nats a token of a completion: before {loss[before]:.3f}, after {loss[after]:.3f}. With the arithmetic, whose examples
still have one step for a sum:

| step | tokens | loss |
|---:|---:|---:|
{curve}
"""
_LEVELS = {"L1": (0.80, 0.92), "L2": (0.70, 0.88), "L3": (0.35, 0.60)}
_MATH = {"sum": 0.95, "difference": 0.95, "product": 0.95, "table": 0.95, "one-step": None, "two-step": 0.70}


def write_report(folder: Folder, assets: Path, training: TrainConfig, remark: str) -> Path:
    """Write `report.md` and return where it is; `remark`: a paragraph in one's own words."""
    before = json.loads((assets / "figures.json").read_text(encoding="utf-8"))
    after = json.loads(folder.figures.read_text(encoding="utf-8"))
    parts = Parts(folder.root)
    last = list(read_lines(folder.log))[-1]
    levels = after["repair"]["levels"].items()
    text = _TEXT.format(
        minutes=training.minutes, remark=f"{remark}\n\n" if remark else "", figures="\n".join(_figures(before, after)),
        facts="\n".join(_facts(after["facts"])), parts="\n".join(_parts(parts)), sheet_steps=_steps(parts.sheets),
        lesson_steps=_steps(parts.lessons), steps=last["step"], batch=training.batch_tokens, tokens=last["tokens"],
        targets=last["targets"], spent=last["seconds"] / 60, muon=training.muon_lr, adam=training.adam_lr,
        warmup=training.warmup_steps, loss=after["loss"], curve="\n".join(_curve(folder)),
        wrong_before=_wrong(before["seeds"]), wrong_after=_wrong(after["seeds"]),
        levels="; ".join(f"{level} {row['repair']:.3f} against {row['fresh']:.3f} of {row['failures']}" for level, row in levels),
    )  # fmt: skip
    write_text(folder.root / "report.md", text)
    return folder.root / "report.md"


def _figures(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for level, goals in _LEVELS.items():
        for name, goal in zip(("greedy", "pass@10"), goals, strict=True):
            yield _row(f"{level}, {name}", goal, before["heldout"][level][name], after["heldout"][level].get(name))
    yield f"| repair less fresh drafts | above 0 | {_difference(before['repair'])} | {_difference(after['repair'])} |"
    yield f"| own failures | 300 | {before['repair']['failures']} | {after['repair']['failures']} |"
    for name, told in (("repair", "4 repairs"), ("fresh", "fresh drafts"), ("one_repair", "one repair"), ("one_draft", "one draft")):  # fmt: skip
        yield _row(f"solved by {told}", None, before["repair"][name], after["repair"][name])
    for kind, wanted in _MATH.items():
        yield _row(f"arithmetic: {kind}", wanted, before["math"][kind]["greedy"], after["math"][kind]["greedy"])
    for name, told, number in (("blind", "blind prompts", "16 of 20"), ("seeds", "what everyone types first", "all")):
        yield f"| {told}, greedy | {number} | {_right(before[name])} | {_right(after[name])} |"


def _row(name: str, goal: float | None, old: float, new: float | None) -> str:
    cells = ["" if value is None else f"{value:.3f}" for value in (goal, old, new)]
    return f"| {name} | {' | '.join(cells)} |"


def _difference(repair: dict[str, Any]) -> str:
    return f"{repair['difference']:+.3f} [{repair['low']:+.3f}, {repair['high']:+.3f}]"


def _right(found: dict[str, Any]) -> str:
    return f"{sum(item['greedy'] for item in found.values())} of {len(found)}"


def _wrong(found: dict[str, Any]) -> str:
    return ", ".join(name.removeprefix("seed/") for name, item in found.items() if not item["greedy"]) or "none"


def _facts(facts: dict[str, Any]) -> Iterator[str]:
    for kind, row in facts["after"].items():
        yield f"| {kind} | {facts['before'][kind]['greedy']:.3f} | {row['greedy']:.3f} |"


def _parts(parts: Parts) -> Iterator[str]:
    shares = json.loads(parts.shares.read_text(encoding="utf-8"))
    whole = sum(row["tokens"] for row in shares.values())
    for name, row in shares.items():
        yield f"| `{name}` | {row['examples']:,} | {row['copies']} | {row['tokens']:,} | {row['tokens'] / whole:.0%} |"


def _steps(path: Path) -> int:
    """How many steps the replies of a file have: all their lines but the answer's."""
    return sum(item["reply"].count("\n") for item in read_lines(path))


def _curve(folder: Folder) -> Iterator[str]:
    rows = [row for row in read_lines(folder.log) if "valid" in row]
    for row in [*rows[: -1 : max(1, len(rows) // 10)], rows[-1]]:
        yield f"| {row['step']:,} | {row['tokens']:,} | {row['valid']:.3f} |"
