"""Would a value model pay? Heads over the policy's last hidden state, against its log-probabilities.

    python benchmarks/value_model.py         # writes benchmarks/value_model.md; Linux, needs the extra `train`

Two questions about the programs of one policy call, as a search would put them: which of them pass the visible tests
(what should run first), and of those that fail, which have a passing repair (what should be expanded next: what a prior
would steer). The heads are fitted on the embedded model's tuning tasks and measured on its held-out ones. A reply
without a program, or with that of a sibling, is no candidate: nothing is run for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shlex
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import click
import numpy as np
from agreement import in_turn
from value_head import (
    CAME,
    ORACLE,
    Array,
    Figure,
    Group,
    Head,
    fitted,
    interval,
    mean_tries,
    over_all,
    resampled,
    square,
    within_tasks,
)
from value_study import REPAIRED, REPAIRS, Candidate, Seen, Study, keep, kept

from reason_tui.assets import asset
from reason_tui.engine.process import quiet_threads
from reason_tui.evaluation import load_dataset
from reason_tui.models.catalogue import embedded_model
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import open_sandbox
from reason_tui.tasks.types import Task

HERE = Path(__file__).resolve().parent
BESIDE, HALF = ", beside its siblings", ", from half the tasks"
"""Ways that take from each feature the mean of the task's candidates, and that learn from every other task only."""
FEATURES: dict[str, Callable[[Candidate], Sequence[float]]] = {
    "nothing": lambda one: (),
    "log-probs": lambda one: one.logprobs,
    "head": lambda one: one.state,
    "head, log-probs": lambda one: (*one.state, *one.logprobs),
    "reward, log-probs": lambda one: (one.reward, *one.logprobs),
    "head at the repair's prompt": lambda one: one.at_repair,
    "head at the repair's prompt, reward, log-probs": lambda one: (*one.at_repair, one.reward, *one.logprobs),
}
TEXT = """\
# A value model: heads over the last hidden state, against the log-probs

Made by `{command}` on {cores} cores, with a load average of {load:.1f} at its end. Model embedded,
T 0.8, {samples} samples a task, seed {seed}; {fit} tuning tasks to learn from, {held} held-out tasks to measure on,
levels mixed evenly. Each way is a logistic regression (L2, chosen by five folds over tasks): `log-probs` has the mean
and the sum of a reply's, `head` the 192 numbers of the policy's last layer at the reply's last token, or at the last of
the prompt that asks for a repair; `beside its siblings`: less the mean of these; `nothing`: the share of the tasks to
learn from. In brackets the difference to the first row, the one to beat, with its 95% bootstrap interval over tasks.
Repairs are sampled of at most {repaired} failing programs of a task. A search runs siblings together:
an order could save most where they run one after another, as here.
{tables}
## What these take

| CPU-ms | |
|---|---:|
| sample {samples} drafts, one call | {drafts:.0f} |
| run a program by its visible tests (one that does not end counts with the time it is given) | {runs:.1f} |
| sample {repairs} repairs, one call | {repair:.0f} |
| compute a program's last hidden state (transformers, the prompt shared by siblings) | {states:.1f} |

The mean log-prob by transformers differs from the policy's own by {off:.1e} nats in the median, so both read the same
tokens.
"""


@dataclass(frozen=True)
class Question:
    """What is asked of candidates, of which, and the ways to guess it; the first is the one to beat."""

    name: str
    tried: str
    column: str
    belongs: Callable[[Candidate], bool]
    true: Callable[[Candidate], bool]
    ways: tuple[str, ...]


PASSES = Question(
    name="Which pass?",
    tried="Run one at a time until one passes",
    column="runs",
    belongs=lambda one: True,
    true=lambda one: one.passed,
    ways=(
        "log-probs",
        "nothing",
        f"log-probs{BESIDE}",
        "head",
        f"head{HALF}",
        f"head{BESIDE}",
        "head, log-probs",
        f"head, log-probs{BESIDE}",
    ),
)
REPAIRABLE = Question(
    name=f"Of those that fail, which have a passing repair among {REPAIRS}?",
    tried="Expanded one at a time until one has, where no sibling passed",
    column="expansions",
    belongs=lambda one: one.repaired is not None,
    true=lambda one: bool(one.repaired),
    ways=(
        "reward, log-probs",
        "nothing",
        "log-probs",
        "head",
        "head at the repair's prompt",
        "head at the repair's prompt, reward, log-probs",
    ),
)


def groups_of(question: Question, fit: Sequence[list[Candidate]], held: Sequence[list[Candidate]]) -> list[Group]:
    """The held-out candidates, with the chances that heads fitted on the others give them."""
    learnt = [own for task in fit if (own := [one for one in task if question.belongs(one)])]
    heads = {way: _head(question, way, learnt[::2] if way.endswith(HALF) else learnt) for way in question.ways}
    found = []
    for task in held:
        if own := [one for one in task if question.belongs(one)]:
            chances = {way: head(_matrix(way, own)).tolist() for way, head in heads.items()}
            counts = question is PASSES or not any(one.passed for one in task)
            found.append(Group([question.true(one) for one in own], chances, counts))
    return found


def _head(question: Question, way: str, learnt: Sequence[list[Candidate]]) -> Head:
    came = np.array([float(question.true(one)) for own in learnt for one in own])
    tasks = np.array([at for at, own in enumerate(learnt) for _ in own])
    return fitted(np.vstack([_matrix(way, own) for own in learnt]), came, tasks)


def _matrix(way: str, candidates: Sequence[Candidate]) -> Array:
    features = FEATURES[way.removesuffix(HALF).removesuffix(BESIDE)]
    rows = np.array([features(one) for one in candidates], dtype=float)
    return rows - rows.mean(0) if way.endswith(BESIDE) else rows


def table(question: Question, groups: Sequence[Group], learnt: int, each_ms: float, beside_ms: float) -> str:
    """What came out, as a section. One that is tried takes `each_ms`, the rest of the task's search `beside_ms`."""
    true = [one for group in groups for one in group.true]
    whole = beside_ms + mean_tries(groups, CAME) * each_ms
    counts, both = sum(group.counts for group in groups), sum(bool(group.within) for group in groups)
    said = (
        f"Learnt from {learnt} programs, measured on {len(true)} of {len(groups)} tasks; {np.mean(true):.0%} of these "
        f"are such, and {both} tasks have both kinds. {question.tried}, in {counts} tasks: as they came a task takes "
        f"{whole:.0f} CPU-ms.\n"
    )
    head = f"| by | AUC, all | AUC within a task | Brier | {question.column} | CPU time of a task saved |"
    lines = [f"\n## {question.name}\n", said, head, "|---|---|---|---|---|---|"]
    figures: tuple[Figure, ...] = (over_all, within_tasks, square, mean_tries)
    drawn = {figure: resampled(groups, figure, question.ways[0]) for figure in figures}
    for way in (*question.ways, CAME, ORACLE):
        cells = [_cell(groups, figure, way, question.ways[0], drawn[figure]) for figure in figures]
        saved = (mean_tries(groups, CAME) - mean_tries(groups, way)) * each_ms
        lines.append(f"| {way} | {' | '.join(cells)} | {saved:+.1f} ms ({saved / whole:+.1%}) |")
    return "\n".join([*lines, ""])


def _cell(groups: Sequence[Group], figure: Figure, way: str, beat: str, drawn: Array) -> str:
    if way in (CAME, ORACLE) and figure is not mean_tries:
        return "–"
    value = f"{figure(groups, way):.3f}"
    if way in (beat, CAME, ORACLE):
        return value
    low, high = interval(resampled(groups, figure, way) - drawn)
    return f"{value} ({figure(groups, way) - figure(groups, beat):+.3f} [{low:+.3f}, {high:+.3f}])"


async def measure(tasks: Sequence[Task], samples: int, seed: int, path: Path) -> dict[str, Seen]:
    """What is seen of each task, by its id; what is kept in the file at `path` is not measured again."""
    weights = hashlib.sha256(embedded_model("folder").joinpath("model.safetensors").read_bytes()).hexdigest()
    key = f"{samples}, {seed}, {REPAIRED}, {weights}"
    done = kept(path, key)
    if all(task.id in done for task in tasks):
        return done
    quiet_threads()
    policy = load_policy("embedded", "xllamacpp", parallel=samples, context_length=2048)
    try:
        async with await open_sandbox(slots=1) as sandbox:
            study = Study(policy, sandbox, samples, seed)
            for task in tasks:
                if task.id not in done:
                    done[task.id] = await study.see(task)
                    keep(path, key, done[task.id])
                    if len(done) % 25 == 0:
                        click.echo(f"{len(done)}/{len(tasks)}", err=True)
    finally:
        policy.close()
    return done


def report(learnt: Sequence[Seen], held: Sequence[Seen]) -> dict[str, object]:
    """What the text says."""
    every = [*learnt, *held]

    def ms(what: str) -> float:
        return (
            1000 * sum(one.cpu.get(what, 0.0) for one in every) / max(1, sum(one.times.get(what, 0) for one in every))
        )

    runs, drafts, repairs = ms("runs"), ms("drafts"), ms("repairs")
    all_runs = runs * statistics.mean(len(one.candidates) for one in held)
    tables = []
    for question, each, beside in (
        (PASSES, runs, drafts),
        (REPAIRABLE, repairs + REPAIRS * runs, drafts + all_runs),
    ):
        groups = groups_of(question, [one.candidates for one in learnt], [one.candidates for one in held])
        count = sum(question.belongs(one) for seen in learnt for one in seen.candidates)
        tables.append(table(question, groups, count, each, beside))
    off = statistics.median(each for one in every for each in one.off)
    costs = {"drafts": drafts, "runs": runs, "repair": repairs, "states": ms("states")}
    return {**costs, "off": off, "tables": "".join(tables)}


@click.command()
@click.option("--fit", default=120, show_default=True, help="Tuning tasks to learn from.")
@click.option("--held-out", default=120, show_default=True, help="Held-out tasks to measure on.")
@click.option("--samples", default=8, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "value_model.md", help="Where the tables go.")
@click.option(
    "--keep", "keep_in", type=click.Path(path_type=Path), help="Keep what is measured in this file, and go on from it."
)
def main(fit: int, held_out: int, samples: int, seed: int, out: Path, keep_in: Path | None) -> None:
    """Measure, print the tables and write them."""
    tuning, measured = (
        [graded.task for graded in in_turn(load_dataset(name, limit))]
        for name, limit in ((str(asset("embedded/tuning.jsonl")), fit), ("embedded", held_out))
    )
    order = [task for pair in zip_longest(tuning, measured) for task in pair if task is not None]
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(measure(order, samples, seed, keep_in or Path(folder) / "kept.jsonl"))
    made = report([seen[task.id] for task in tuning], [seen[task.id] for task in measured])
    options = {"fit": fit, "held": held_out, "samples": samples, "seed": seed, "repairs": REPAIRS, "repaired": REPAIRED}
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    places = ("--out", "--keep")
    shown = [word for at, word in enumerate(sys.argv) if at and word not in places and sys.argv[at - 1] not in places]
    command = shlex.join(["python", "benchmarks/value_model.py", *shown])
    text = TEXT.format(command=command, **options, **machine, **made)
    click.echo(text)
    out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
