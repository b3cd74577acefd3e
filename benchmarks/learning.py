"""Does it adapt? A reserved family of the embedded model: collect by search, SFT, DPO, and pass@1 before and after.

    python benchmarks/learning.py --choose            # base pass@64 of every family, on tasks for training
    python benchmarks/learning_tuning.py --family X   # step sizes and dose, on tasks for training set apart
    python benchmarks/learning.py --family X          # a round; writes benchmarks/learning-X.md and .json

In distribution, on new tasks of the ordinary families, two rounds (see `learning_ordinary.py`):

    python benchmarks/learning.py --family ordinary --rounds 2 --held-out 300 --samples 4 --on-policy 0

Needs the extra `train`. Families are rare in pretraining; their training and held-out tasks differ in behaviour. What
was cut off goes on with the same command; another `--state` begins anew, and so does another base model. The figures
are of `reason_tui.learning`, as `reason-tui learn` prints them. Held-out tasks are only measured on: `--choose` and the
tuning see none of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends")]

import platformdirs  # noqa: E402
from learning_ordinary import FAMILY as ORDINARY  # noqa: E402
from learning_ordinary import ordinary_file  # noqa: E402

from reason_tui.engine.jobs import Job, Record  # noqa: E402
from reason_tui.engine.protocol import EngineSettings  # noqa: E402
from reason_tui.evaluation import load_dataset  # noqa: E402
from reason_tui.evaluation.statistics import mean  # noqa: E402
from reason_tui.learning.adapters.manifest import base_of  # noqa: E402
from reason_tui.learning.collect import divide  # noqa: E402
from reason_tui.learning.measure import measure  # noqa: E402
from reason_tui.learning.pairs import PairRules  # noqa: E402
from reason_tui.learning.plan import LearnReport, Plan, weights_of  # noqa: E402
from reason_tui.learning.report import render  # noqa: E402
from reason_tui.learning.rounds import Chain  # noqa: E402
from reason_tui.learning.training import TrainSettings  # noqa: E402
from reason_tui.learning.workshop import workshop  # noqa: E402
from reason_tui.search.events import SearchSettings  # noqa: E402

SEARCH = SearchSettings(strategy="best-of-n", budget=32, width=16, max_tokens=160)
CHOSEN_ON = 60
K = 64


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Learning on a reserved family of the embedded model.")
    parser.add_argument("--choose", action="store_true", help="print base pass@64 of every family, and stop")
    parser.add_argument("--family", help=f"the group in the file of tasks, e.g. windows, or {ORDINARY}")
    parser.add_argument("--tasks-file", default="assets/embedded/reserved.jsonl")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--tasks", type=int, help="training tasks at most")
    parser.add_argument("--held-out", type=int, help="held-out tasks at most")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--searches", type=int, default=1)
    parser.add_argument("--on-policy", type=int, default=1)
    parser.add_argument("--budget", type=int, default=SEARCH.budget)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--sft-lr", type=float, default=5e-4)
    parser.add_argument("--sft-epochs", type=float, default=3.0)
    parser.add_argument("--sft-steps", type=int, help="at most")
    parser.add_argument("--dpo-lr", type=float, default=2e-5)
    parser.add_argument("--dpo-epochs", type=float, default=1.0)
    parser.add_argument("--dpo-steps", type=int, help="at most")
    parser.add_argument("--dpo-nll", type=float, default=0.2, help="weight of the chosen reply's own loss")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=8, help="of a task at most")
    parser.add_argument("--examples", type=int, default=4, help="of a task at most")
    parser.add_argument("--ordinary", type=int, default=120, help="ordinary held-out tasks; 0 for none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="without the suffix")
    default = platformdirs.user_cache_path("reason_tui", appauthor=False) / "benchmarks" / "learning"
    parser.add_argument("--state", type=Path, default=default, help="what was made so far")
    return parser


def plan_of(given: argparse.Namespace) -> Plan:
    """The rounds."""
    shared = {"rank": given.rank, "lora_alpha": 2 * given.rank, "checkpoints": False, "device": "cpu"}
    shared |= {"micro_batch": 8, "seed": given.seed}
    return Plan(
        dataset=given.tasks_file,
        group=f"{given.family}/",
        limit=given.tasks,
        rounds=given.rounds,
        searches=given.searches,
        on_policy=given.on_policy,
        search=SEARCH.model_copy(update={"budget": given.budget, "seed": given.seed}),
        rules=PairRules(pairs_per_task=given.pairs, examples_per_task=given.examples),
        sft=TrainSettings(
            method="sft", learning_rate=given.sft_lr, epochs=given.sft_epochs, steps=given.sft_steps, **shared
        ),
        dpo=TrainSettings(
            method="dpo",
            learning_rate=given.dpo_lr,
            epochs=given.dpo_epochs,
            steps=given.dpo_steps,
            nll=given.dpo_nll,
            **shared,
        ),
        held_out=given.held_out,
        samples=given.samples,
        ordinary="embedded" if given.ordinary else "",
        ordinary_limit=given.ordinary or None,
    )


def take_family(given: argparse.Namespace) -> None:
    """Of the ordinary families the tasks are made; they are measured on already, and not once more beside it."""
    if given.family == ORDINARY:
        given.tasks_file, given.ordinary = str(ordinary_file(given.state)), 0


def engine_of(given: argparse.Namespace, state: Path) -> EngineSettings:
    """Where and with which model to work."""
    return EngineSettings(model=given.model, backend="xllamacpp", context_length=1024, width=16, state_dir=str(state))


def show(record: Record) -> None:
    """A line every now and then."""
    text = getattr(record, "text", "")
    done, total = getattr(record, "done", 0), getattr(record, "total", 0)
    if text and (not total or done == total or done % 25 == 0):
        print(f"{time.strftime('%H:%M:%S')} {done}/{total} {text}" if total else text, file=sys.stderr, flush=True)


async def choose(given: argparse.Namespace, engine: EngineSettings) -> str:
    """A table: base pass@1 and pass@64 of each family, on its first tasks for training."""
    graded = load_dataset(given.tasks_file)
    families = sorted({one.group.partition("/")[0] for one in graded})
    kept = Path(engine.state_dir) / "choosing.jsonl"
    weights = weights_of(base_of(engine.model), None)
    lines = [f"| family | tasks | pass@1 | pass@{K} |", "| --- | ---: | ---: | ---: |"]
    async with workshop(engine, None) as shop:
        for family in families:
            own = [one for one in graded if one.group == f"{family}/train"][: given.tasks or CHOSEN_ON]
            settings = SEARCH.model_copy(update={"seed": given.seed})
            found = await measure(own, K, settings, weights=weights, shop=shop, kept=kept, told=lambda *_: None)
            shares = list(found.values())
            solved = mean([float(share > 0) for share in shares])
            lines.append(f"| {family} | {len(shares)} | {mean(shares):.4f} | {solved:.3f} |")
    return "\n".join(lines)


def write(report: LearnReport, out: Path, command: str) -> None:
    """The report as Markdown, with the command, and as JSON. Of tasks outside the repository only the file's name."""
    if (place := Path(report.plan.dataset)).is_absolute():
        said, name = json.dumps(str(place)), json.dumps(place.name)
        report = LearnReport.model_validate_json(report.model_dump_json(ensure_ascii=True).replace(said, name))
    head = f"# Learning: {report.plan.group.rstrip('/')}\n\n`{command}`\n\n"
    out.with_name(f"{out.name}.md").write_text(f"{head}{render(report)}\n", "utf-8")
    out.with_name(f"{out.name}.json").write_text(f"{report.model_dump_json(indent=1)}\n", "utf-8")


def told(words: list[str]) -> list[str]:
    """The command line without the places of this machine."""
    places = ("--state", "--out", "--tasks-file")
    kept = [word for at, word in enumerate(words) if word not in places and (not at or words[at - 1] not in places)]
    return [word for word in kept if word.partition("=")[0] not in places]


def main() -> int:
    """Choose, or learn."""
    given = options().parse_args()
    os.chdir(_ROOT)
    given.state.mkdir(parents=True, exist_ok=True)
    engine = engine_of(given, given.state)
    if given.choose:
        print(asyncio.run(choose(given, engine)))
        return 0
    if not given.family:
        print("Name a --family, or --choose.", file=sys.stderr)
        return 2
    take_family(given)
    training, held = divide([one for one in load_dataset(given.tasks_file) if one.group.startswith(f"{given.family}/")])
    print(f"{len(training)} tasks for training, {len(held)} held out.", file=sys.stderr)
    begun = time.monotonic()
    with Job.open(given.state, "learn", show=show) as job:
        report = Chain(plan_of(given), engine, job, None).run()
    print(render(report))
    print(f"\nThis process: {time.monotonic() - begun:.0f} s.")
    command = f"python benchmarks/learning.py {' '.join(told(sys.argv[1:]))}"
    write(report, given.out or _ROOT / "benchmarks" / f"learning-{given.family}", command)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
