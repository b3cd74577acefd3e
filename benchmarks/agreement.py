"""Choosing by agreement where no test helps: the embedded held-out tasks with their visible tests hidden.

    python benchmarks/agreement.py             # prints the table and writes benchmarks/agreement.md
    python benchmarks/agreement.py --codet --results kept.jsonl --out benchmarks/agreement-codet.md

With --codet the model writes tests too, and the choice by CodeT is compared with that by agreement: among the same
samples, and among the fewer that the same tokens buy when the tests are paid for.

A search of each task samples programs, compares them on made-up inputs and answers; the hidden tests then grade every
program. What is compared is whose choice among the same samples passes: chance, agreement, or one who knows.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
from agreement_codet import Way, choice, cost

from reason_tui.engine.process import quiet_threads
from reason_tui.errors import PromptTooLongError
from reason_tui.evaluation import load_dataset
from reason_tui.evaluation.grade import Grader
from reason_tui.evaluation.statistics import bootstrap, mean
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import open_sandbox
from reason_tui.search.driver import search
from reason_tui.search.events import Event, SearchSettings
from reason_tui.search.referee import Referee, SandboxReferee
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.tree import Tree
from reason_tui.tasks.doctests import take
from reason_tui.tasks.types import GradedTask, Task

HERE = Path(__file__).resolve().parent

TEXT = """\
# Agreement without tests

Made by `python benchmarks/agreement.py`{options}. Dataset {dataset}, {tasks} tasks (sha256 {digest}), model {model}
(sha256 {model_digest}), {budget} samples a task, seed {seed}. The search sees no test; {prompts}.

One of the samples is the answer. Passed: it passes the hidden tests, run once; in brackets the 95% bootstrap interval
over tasks. No figure here depends on the machine.

{table}

* chance: any of the samples, duplicates and those without a program included. chance, if it runs: any of those that
  load and define the function. agreement: what `solve` answers. oracle: one that passes, where there is any.
* In {compared} of {tasks} tasks there was more than one program and something to compare them on.
"""
CODET = """\
* CodeT: among all samples, the tests on top. CodeT, equal tokens: among the first samples that cost, with the tests,
  what all samples cost. A task has {tests:.1f} tests that can be read, for {cost:.0f} tokens; its samples cost
  {drafts:.0f}.
"""


@dataclass(frozen=True)
class Row:
    """One task: of its samples the share that pass, of those that run the share that pass, and the choices."""

    task: str
    group: str
    chance: float
    running: float
    agreement: bool
    oracle: bool
    compared: bool
    codet: bool = False
    codet_equal: bool = False
    tests: int = 0
    test_tokens: int = 0
    draft_tokens: int = 0


@click.command()
@click.option("--dataset", default="embedded", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=300, show_default=True, help="Tasks, levels in turn.")
@click.option("--budget", type=click.IntRange(min=2), default=16, show_default=True, help="Samples a task.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--model", default="embedded", show_default=True)
@click.option("--keep-examples", is_flag=True, help="The model may see the examples in the prompt; the search may not.")
@click.option("--codet", is_flag=True, help="Let the model write tests too, and compare the choice by CodeT.")
@click.option("--results", type=click.Path(path_type=Path), help="Keep single results here, and go on from them.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "agreement.md", help="Where the table goes.")
def main(
    dataset: str,
    limit: int,
    budget: int,
    seed: int,
    model: str,
    keep_examples: bool,
    codet: bool,
    results: Path | None,
    out: Path,
) -> None:
    """Measure, print the table and write it."""
    tasks = load_dataset(dataset, limit)
    way: Way = "codet" if codet else "agreement"
    settings = SearchSettings(strategy="best-of-n", budget=budget, seed=seed, without_tests=way)
    rows = asyncio.run(_measure(tasks, settings, model, keep_examples, results))
    given = {"--dataset": (dataset, "embedded"), "--limit": (limit, 300), "--budget": (budget, 16), "--seed": (seed, 0)}
    options = [f"{name} {value}" for name, (value, default) in given.items() if value != default]
    options += ["--keep-examples"] if keep_examples else []
    options += ["--codet"] if codet else []
    text = TEXT.format(
        options=f" with `{' '.join(options)}`" if options else "",
        dataset=dataset,
        tasks=len(rows),
        digest=hashlib.sha256("".join(graded.model_dump_json() for graded in tasks).encode()).hexdigest()[:16],
        model=model,
        model_digest=hashlib.sha256(find_model(model).read_bytes()).hexdigest()[:16],
        budget=budget,
        seed=seed,
        prompts="the model sees the examples in the prompt"
        if keep_examples
        else "nor are there examples in the prompt",
        table=_table(rows, codet),
        compared=sum(row.compared for row in rows),
    )
    if codet:
        tests, cost, drafts = (
            mean([getattr(row, name) for row in rows]) for name in ("tests", "test_tokens", "draft_tokens")
        )
        text += CODET.format(tests=tests, cost=cost, drafts=drafts)
    click.echo(text)
    out.write_text(text, encoding="utf-8")


def _table(rows: Sequence[Row], codet: bool) -> str:
    columns: dict[str, Callable[[Row], float]] = {
        "chance": lambda row: row.chance,
        "chance, if it runs": lambda row: row.running,
        "agreement": lambda row: float(row.agreement),
        "oracle": lambda row: float(row.oracle),
        "agreement - chance": lambda row: row.agreement - row.chance,
        "agreement - chance, if it runs": lambda row: row.agreement - row.running,
    }
    if codet:
        columns |= {
            "CodeT": lambda row: float(row.codet),
            "CodeT, equal tokens": lambda row: float(row.codet_equal),
            "CodeT - agreement": lambda row: row.codet - row.agreement,
            "CodeT, equal tokens - agreement": lambda row: row.codet_equal - row.agreement,
        }
    groups = sorted({row.group for row in rows})
    lines = [f"| choice | passed | {' | '.join(groups)} |", f"| --- | ---: |{' ---: |' * len(groups)}"]
    for name, value in columns.items():
        sign = "+" if " - " in name else ""
        low, high = bootstrap([value(row) for row in rows])
        cells = [
            f"{100 * mean([value(row) for row in rows]):{sign}.1f} [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"
        ]
        cells += [f"{100 * mean([value(row) for row in rows if row.group == group]):{sign}.1f}" for group in groups]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


async def _measure(
    tasks: Sequence[GradedTask], settings: SearchSettings, model: str, keep_examples: bool, results: Path | None
) -> list[Row]:
    done = {} if results is None or not results.exists() else _kept(results)
    quiet_threads()
    sandbox = await open_sandbox(slots=2)
    sampler = PolicyThread(load_policy(model))
    grade = Grader(sandbox)
    try:
        for at, graded in enumerate(in_turn(tasks), 1):
            if graded.task.id in done:
                continue
            events: list[Event] = []
            task = hide(graded.task, keep_examples)
            try:
                tree = await search(
                    task, run="r", settings=settings, sampler=sampler, sandbox=sandbox, emit=events.append
                )
            except PromptTooLongError:
                tree = Tree()
            referee = SandboxReferee(settings.limits, sandbox)
            done[graded.task.id] = await _row(graded, tree, events, grade, referee)
            if results is not None:
                with results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(done[graded.task.id])) + "\n")
            if sys.stderr.isatty() or at % 50 == 0:
                click.echo(f"\r{at}/{len(tasks)}", err=True, nl=False)
    finally:
        await sampler.close()
        await sandbox.close()
    return [done[graded.task.id] for graded in tasks]


async def _row(graded: GradedTask, tree: Tree, events: Sequence[Event], grade: Grader, referee: Referee) -> Row:
    nodes = [node for node in tree.nodes.values() if node.parent is not None]
    passed = {node.id: node.program is not None and await grade(graded, node.program) for node in nodes}
    running = [passed[node.id] for node in nodes if node.status == "unverified"]
    row = Row(
        task=graded.task.id,
        group=graded.group,
        chance=mean([float(each) for each in passed.values()]),
        running=mean([float(each) for each in running]),
        agreement=_right(getattr(events[-1], "answer", None) if events else None, passed),
        oracle=any(passed.values()),
        compared=bool(tree.groups),
    )
    if tree.settings is None or tree.settings.without_tests != "codet":
        return row
    spent = cost(events)
    return replace(
        row,
        agreement=_right(await choice(events, referee, "agreement", len(nodes)), passed),
        codet=row.agreement,
        codet_equal=_right(await choice(events, referee, "codet", spent.left), passed),
        tests=len(tree.written or ()),
        test_tokens=spent.tests,
        draft_tokens=spent.drafts,
    )


def _right(answer: int | None, passed: Mapping[int, bool]) -> bool:
    return answer is not None and passed[answer]


def in_turn(tasks: Sequence[GradedTask]) -> list[GradedTask]:
    """One of each level after the other, so that what is there of an interrupted run is of all of them."""
    seen: Counter[str] = Counter()
    order = []
    for graded in tasks:
        seen[graded.group] += 1
        order.append((seen[graded.group], graded))
    return [graded for _, graded in sorted(order, key=lambda each: each[0])]


def hide(task: Task, keep_examples: bool) -> Task:
    """The task without its visible tests, and without the lines of the prompt that state them."""
    bare = task.model_copy(update={"visible": ()})
    return bare if keep_examples else bare.model_copy(update={"prompt": _without_examples(task.prompt)})


def _without_examples(prompt: str) -> str:
    lines = prompt.split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if lines[at].lstrip().startswith(">>>"):
            at = max(take(lines, at)[1], at + 1)
        else:
            if not lines[at].startswith("assert "):
                kept.append(lines[at])
            at += 1
    return "\n".join(kept).rstrip()


def _kept(results: Path) -> dict[str, Row]:
    rows = [Row(**json.loads(line)) for line in results.read_text(encoding="utf-8").splitlines()]
    return {row.task: row for row in rows}


if __name__ == "__main__":
    main()
