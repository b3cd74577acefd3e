"""The table of `strategies.py`: what was covered, figures with intervals, levels, and what follows for the default."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reason_tui.evaluation import EvaluationSettings, render_table, summarise
from reason_tui.evaluation.outcome import Header, TaskResult
from reason_tui.evaluation.summary import Comparison, Report
from reason_tui.search.record import Record
from reason_tui.tasks.types import GradedTask

MARGIN = -0.03
"""So much worse than another strategy the default may be, in the lower end of the interval."""
CANDIDATES = ("auto", "mcts", "ab-mcts", "best-of-n")
"""Who could be the default."""
BASELINES = ("best-of-n", "linear")
DRAFTS = ((0, 0), (1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 63))
"""The buckets of the record."""
REPAIRS = {
    "passes half of its tests": "repair:near",
    "passes fewer": "repair:part",
    "passes none": "repair:wrong",
    "raises": "repair:raised",
}

TEXT = """\
# Strategies at equal budgets

Made by `python benchmarks/strategies.py{options}`. {covered}

A budget counts tokens: of prompts, as far as no earlier prompt of the search begins with them, and of completions. A
search ends when {confirm}; the smaller budgets are the beginnings of the
same searches. All strategies see the same samples of the same prompts. Intervals are over tasks: a task counts once,
with the mean of its seeds. Settings were fixed on {tuning} tuning tasks, which are not in the table. No figure here
depends on the machine.

{table}

## Which could be the default

Least: the lowest end of the intervals of its difference to any other strategy at any budget, in points; a default
should stay above {margin:.0f}. The others are its differences to the baselines at the largest budget, {largest} tokens.

{verdicts}

## Single levels

Differences to best-of-n at {largest} tokens in points, by level.

{levels}

## What is left

Searches at {largest} tokens that do not pass, in percent of all: no program passes the visible tests, or the one that
does fails the hidden ones, which no choice of where to draft or repair can mend.

{left}

## What a draft and a repair are worth

On the tuning tasks, of completions up to the first pass: how many there were, how many of them were the first program
to pass, and how many a thousand tokens that makes. Drafts by how many came before; repairs by what they were asked to
repair. The strategies that go by the record know these figures.

{worth}

## Settings

On the tuning tasks, share passed at each budget, the settings that were taken marked:

{tuned}
"""


@dataclass(frozen=True)
class Coverage:
    """What else the table says of how it came about."""

    dataset: str
    tuning: int
    tuned: str
    options: str


def report(
    found: Sequence[tuple[Header, list[TaskResult]]],
    settings: EvaluationSettings,
    tasks: Sequence[GradedTask],
    about: Coverage,
) -> str:
    """The whole text, of the searches that every strategy has made."""
    results = _complete([result for _, part in found for result in part], settings)
    digest = hashlib.sha256("".join(task.model_dump_json() for task in tasks).encode("utf-8", "surrogatepass"))
    header = found[0][0].model_copy(
        update={
            "settings": settings,
            "tasks": len({each.task for each in results}),
            "dataset_sha256": digest.hexdigest(),
        }
    )
    others = [(first, second) for first in CANDIDATES for second in settings.strategies if first != second]
    whole = summarise(header, results, others, tasks)
    shown = [each for each in whole.comparisons if each.first == "auto" or each.second in BASELINES]
    confirm, largest = settings.search.confirm, max(settings.budgets)
    ends = "a program passes the visible tests" if confirm == 1 else f"{confirm} samples that pass behave alike"
    return TEXT.format(
        options=about.options,
        covered=_covered(results, settings, len(tasks)),
        confirm=ends,
        tuning=about.tuning,
        table=render_table(whole.model_copy(update={"comparisons": tuple(shown)}), "markdown"),
        margin=100 * MARGIN,
        largest=largest,
        verdicts=_verdicts(whole, largest),
        levels=_levels(header, results, largest, tasks),
        left=_left(results, settings, largest),
        worth=_worth(settings.search.record or Record()),
        tuned=about.tuned,
    )


def _complete(results: Sequence[TaskResult], settings: EvaluationSettings) -> list[TaskResult]:
    """Without the tasks and seeds that were stopped before every strategy had searched them."""
    made = Counter((each.task, each.seed) for each in results)
    wanted = len(settings.strategies) * len(settings.budgets)
    return [each for each in results if made[each.task, each.seed] == wanted]


def _covered(results: Sequence[TaskResult], settings: EvaluationSettings, tasks: int) -> str:
    by_seed: dict[int, set[str]] = defaultdict(set)
    for each in results:
        by_seed[each.seed].add(each.task)
    counts = [len(by_seed[seed]) for seed in settings.seeds]
    if all(count == tasks for count in counts):
        return f"All {tasks} tasks under {len(counts)} seed{'s' if len(counts) > 1 else ''}."
    told = ", ".join(f"{count} under seed {seed}" for seed, count in zip(settings.seeds, counts, strict=True))
    return f"**Not all of it was done when it was stopped**: of {tasks} tasks, {told}. The same command goes on."


def _verdicts(whole: Report, largest: int) -> str:
    lines = [
        f"| strategy | least | {' | '.join(f'- {name}' for name in BASELINES)} | could be |",
        f"| --- | ---: | {' | '.join('---:' for _ in BASELINES)} | --- |",
    ]
    for name in CANDIDATES:
        mine = [each for each in whole.comparisons if each.first == name]
        if not mine:
            continue
        least = min(mine, key=lambda each: each.low)
        above = [each for base in BASELINES for each in mine if (each.second, each.budget) == (base, largest)]
        fits = least.low >= MARGIN and all(each.low > 0 for each in above)
        cells = {each.second: _points(each) for each in above}
        lines.append(
            f"| {name} | {100 * least.low:+.1f} (- {least.second}, {least.budget}) | "
            f"{' | '.join(cells.get(base, '') for base in BASELINES)} | {'yes' if fits else 'no'} |"
        )
    return "\n".join(lines)


def _levels(header: Header, results: Sequence[TaskResult], largest: int, tasks: Sequence[GradedTask]) -> str:
    names = [name for name in header.settings.strategies if name != "best-of-n"]
    levels = sorted({each.group for each in results})
    lines = [f"| level | tasks | {' | '.join(names)} |", f"| --- | ---: | {' | '.join('---:' for _ in names)} |"]
    for level in levels:
        some = [each for each in results if each.group == level and each.budget == largest]
        found = {each.first: each for each in _against_drafts(header, some, names, tasks)}
        cells = (_points(found[name]) if name in found else "" for name in names)
        lines.append(f"| {level or 'all'} | {len({each.task for each in some})} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _left(results: Sequence[TaskResult], settings: EvaluationSettings, largest: int) -> str:
    lines = ["| strategy | nothing passes | what passes is wrong |", "| --- | ---: | ---: |"]
    last = [each for each in results if each.budget == largest]
    for name in settings.strategies:
        mine = [each for each in last if each.strategy == name]
        failed = [each for each in mine if not each.passed]
        wrong = sum(each.outcome == "solved" for each in failed)
        shares = (100 * count / max(len(mine), 1) for count in (len(failed) - wrong, wrong))
        lines.append(f"| {name} | {' | '.join(f'{share:.1f}' for share in shares)} |")
    never = {each.task for each in last} - {each.task for each in last if each.passed}
    lines += ["", f"Tasks that no strategy passes under any seed: {len(never)} of {len({each.task for each in last})}."]
    return "\n".join(lines)


def _worth(record: Record) -> str:
    kinds = {f"draft, {first} to {last} before": f"draft/{at}" for at, (first, last) in enumerate(DRAFTS)}
    kinds |= {f"repair of a program that {what}": kind for what, kind in REPAIRS.items()}
    lines = ["| kind | completions | passed | passes per 1,000 tokens |", "| --- | ---: | ---: | ---: |"]
    for name, kind in kinds.items():
        cell = record.of(kind)
        lines.append(f"| {name} | {cell.tried} | {cell.passed} | {1000 * cell.passed / max(cell.tokens, 1):.2f} |")
    return "\n".join(lines)


def _against_drafts(
    header: Header, results: Sequence[TaskResult], names: Sequence[str], tasks: Sequence[GradedTask]
) -> Iterator[Comparison]:
    yield from summarise(header, results, [(name, "best-of-n") for name in names], tasks).comparisons


def _points(found: Comparison) -> str:
    return f"{100 * found.difference:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
