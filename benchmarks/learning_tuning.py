"""Which step sizes and which dose: tried on a family's tasks for training, a part of which is set apart to measure on.

    python benchmarks/learning_tuning.py --family X

First SFT by every step size and number of epochs, then DPO by every step size after the best SFT. The best is the
highest pass@1 on the tasks set apart among those that cost the ordinary tuning tasks no more than two points. No
held-out task is seen, neither of the family nor of the ordinary ones. Writes benchmarks/learning-tuning-X.md and .json
and prints the command that measures the choice. All options of `learning.py` hold; what was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from itertools import product
from pathlib import Path
from typing import Any

import learning

from reason_tui.assets import asset
from reason_tui.engine.jobs import Job
from reason_tui.evaluation import load_dataset
from reason_tui.learning.keys import FOR_TRAINING, HELD_OUT
from reason_tui.learning.plan import LearnReport, Plan
from reason_tui.learning.rounds import Chain
from reason_tui.runs.folders import atomic_write

APART = 4
"""One task in so many is measured on."""
MAY_FALL = 0.02
ROOT = Path(__file__).resolve().parents[1]


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = learning.options()
    parser.add_argument("--sft-lrs", type=float, nargs="+", default=[2e-4, 5e-4, 1e-3])
    parser.add_argument("--doses", type=float, nargs="+", default=[2.0, 4.0], help="epochs of SFT")
    parser.add_argument("--dpo-lrs", type=float, nargs="+", default=[5e-6, 2e-5, 1e-4])
    return parser


def set_apart(given: argparse.Namespace, state: Path) -> Path:
    """A dataset of the family's tasks for training only, one in four of them marked as held out."""
    own = [one for one in load_dataset(given.tasks_file) if one.group == f"{given.family}/{FOR_TRAINING}"]
    if not own:
        raise SystemExit(f"{given.tasks_file} has no tasks of the group {given.family}/{FOR_TRAINING}.")
    marks = [HELD_OUT if at % APART == 0 else FOR_TRAINING for at in range(len(own))]
    rows = [one.model_copy(update={"group": f"tuning/{mark}"}) for one, mark in zip(own, marks, strict=True)]
    path = state / f"{given.family}.jsonl"
    atomic_write(path, "".join(f"{row.model_dump_json(ensure_ascii=True)}\n" for row in rows).encode("ascii"))
    return path


def plan_of(given: argparse.Namespace, dataset: Path, dpo: bool, **chosen: float) -> Plan:
    """One round with these step sizes and doses, measured on the tasks set apart and the ordinary tuning tasks."""
    plan = learning.plan_of(argparse.Namespace(**{**vars(given), **chosen, "rounds": 1}))
    ordinary = asset("embedded/tuning.jsonl")
    changed: dict[str, Any] = {"dataset": str(dataset), "group": "tuning/"}
    changed["ordinary"] = str(ordinary) if given.ordinary and ordinary.is_file() else ""
    return plan.model_copy(update=changed if dpo else changed | {"dpo": None})


def row(report: LearnReport) -> dict[str, Any]:
    """What a try came to."""
    plan, over = report.plan, report.rounds[-1].dpo_over_sft
    return {
        "sft_lr": plan.sft.rate,
        "sft_epochs": plan.sft.epochs,
        "dpo_lr": None if plan.dpo is None else plan.dpo.rate,
        "after": report.after,
        "delta": report.delta,
        "ci_low": report.ci_low,
        "ci_high": report.ci_high,
        "over_sft": None if over is None else (over.difference, over.low, over.high),
        "ordinary": None if report.ordinary is None else report.ordinary.difference,
        "seconds": report.costs.total,
    }


def best(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The one to use: see the module. Where each costs too much, the one that costs least."""
    fitting = [one for one in rows if (one["ordinary"] or 0.0) >= -MAY_FALL]
    return max(fitting, key=lambda one: one["after"]) if fitting else max(rows, key=lambda one: one["ordinary"])


def tried(given: argparse.Namespace, state: Path, dataset: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every try, and the chosen one."""
    engine, rows = learning.engine_of(given, state), []
    with Job.open(state, "learn", show=learning.show) as job:

        def attempt(dpo: bool, **chosen: float) -> dict[str, Any]:
            rows.append(row(Chain(plan_of(given, dataset, dpo, **chosen), engine, job, None).run()))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
            return rows[-1]

        cloned = best(
            [attempt(False, sft_lr=rate, sft_epochs=dose) for rate, dose in product(given.sft_lrs, given.doses)]
        )
        fixed = {"sft_lr": cloned["sft_lr"], "sft_epochs": cloned["sft_epochs"]}
        preferred = best([attempt(True, dpo_lr=rate, **fixed) for rate in given.dpo_lrs])
    return rows, preferred


def render(given: argparse.Namespace, rows: list[dict[str, Any]], chosen: dict[str, Any]) -> str:
    """The tries as a table, and the command with the choice."""
    lines = [
        "| SFT lr | epochs | DPO lr | pass@1 | change | 95% interval | DPO over SFT | 95% interval | ordinary | s |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in rows:
        dpo = "" if one["dpo_lr"] is None else f"{one['dpo_lr']:g}"
        ordinary = "" if one["ordinary"] is None else f"{100 * one['ordinary']:+.1f}"
        change = _change(one["delta"], one["ci_low"], one["ci_high"])
        change += f" | {_change(*one['over_sft']) if one['over_sft'] else ' | '}"
        cells = f"{one['sft_lr']:g} | {one['sft_epochs']:g} | {dpo} | {100 * one['after']:.1f} % | {change}"
        lines.append(f"| {cells} | {ordinary} | {one['seconds']:.0f} |")
    steps = f"--sft-lr {chosen['sft_lr']:g} --sft-epochs {chosen['sft_epochs']:g} --dpo-lr {chosen['dpo_lr']:g}"
    words = " ".join(learning.told(sys.argv[1:]))
    return (
        f"# Step sizes and dose: {given.family}\n\n`python benchmarks/learning_tuning.py {words}`\n\n"
        "pass@1 on tasks for training that were set apart; change in points on the ordinary tuning tasks.\n\n"
        + "\n".join(lines)
        + f"\n\nChosen: `python benchmarks/learning.py --family {given.family} {steps}`\n"
    )


def _change(difference: float, low: float, high: float) -> str:
    return f"{100 * difference:+.1f} | [{100 * low:+.1f}, {100 * high:+.1f}]"


def main() -> int:
    """Try, and write what came of it."""
    given = options().parse_args()
    os.chdir(ROOT)
    state = given.state / "tuning"
    state.mkdir(parents=True, exist_ok=True)
    if not given.family:
        print("Name a --family.", file=sys.stderr)
        return 2
    learning.take_family(given)
    rows, chosen = tried(given, state, set_apart(given, state))
    text, out = render(given, rows, chosen), given.out or ROOT / "benchmarks" / f"learning-tuning-{given.family}"
    out.with_name(f"{out.name}.md").write_text(text, "utf-8")
    out.with_name(f"{out.name}.json").write_text(
        f"{json.dumps({'tries': rows, 'chosen': chosen}, indent=1)}\n", "utf-8"
    )
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
