"""Results of single tasks as figures with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from pydantic import Field

from reason_tui.evaluation.outcome import Header, TaskResult
from reason_tui.evaluation.statistics import bootstrap, mcnemar, mean
from reason_tui.tasks.problem import problem_keys
from reason_tui.tasks.types import Frozen, GradedTask

Key = tuple[str, int]


class Row(Frozen):
    """A strategy at a budget: shares in [0, 1], costs as means over its searches.

    `problems` is how many distinct ones the tasks are about: several bugs of one problem are no independent tasks, so
    `low` and `high` are of problems drawn anew.
    """

    strategy: str
    budget: int
    tasks: int
    problems: int
    seeds: int
    passed: float
    low: float
    high: float
    claimed: float
    """Share whose answer passes the visible tests: what a user would have been told is solved."""
    completions: float
    tokens: float
    programs: float
    refused: int
    """Searches that could not be made, e.g. because the prompt is too long."""
    groups: dict[str, float] = Field(default_factory=dict)


class Comparison(Frozen):
    """Two strategies on the same tasks, seeds and budget: the difference `first` - `second` with its interval.

    `p` is of the exact McNemar test; None where pairs are not independent: with more than one seed, or where several
    tasks are about one problem.
    """

    first: str
    second: str
    budget: int
    difference: float
    low: float
    high: float
    only_first: int
    only_second: int
    p: float | None


class Report(Frozen):
    """All figures of an evaluation."""

    header: Header
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]


def summarise(
    header: Header,
    results: Sequence[TaskResult],
    compared: Sequence[tuple[str, str]] | None = None,
    tasks: Sequence[GradedTask] = (),
) -> Report:
    """The figures. A strategy that spends one completion whatever the budget (greedy) has one row.

    `compared` are the pairs of strategies whose difference is of interest, first - second; all, if not given. `tasks`
    says which of them are about one problem; one that is not among them is a problem of its own.
    """
    cells: dict[Key, list[TaskResult]] = {}
    for result in results:
        cells.setdefault((result.strategy, result.budget), []).append(result)
    order = [(name, budget) for name in header.settings.strategies for budget in sorted(header.settings.budgets)]
    shown = [key for key in order if key in cells and not _repeats(cells, key, min(header.settings.budgets))]
    names = [(second, first) for first, second in combinations(header.settings.strategies, 2)]
    pairs = [
        ((first, budget), (second, budget))
        for budget in sorted(header.settings.budgets)
        for first, second in (names if compared is None else compared)
        if (first, budget) in cells and (second, budget) in cells
    ]
    return Report(
        header=header,
        rows=tuple(_row(key, cells[key], tasks) for key in shown),
        comparisons=tuple(_compare(first, second, cells, tasks) for first, second in pairs),
    )


def _repeats(cells: dict[Key, list[TaskResult]], key: Key, smallest: int) -> bool:
    """Whether this strategy did not use what the smallest budget does not give."""
    strategy, budget = key
    return (
        budget != smallest and all(result.completions <= 1 for result in cells[key]) and (strategy, smallest) in cells
    )


def _row(key: Key, results: list[TaskResult], tasks: Sequence[GradedTask]) -> Row:
    shares = _by_task(results)
    problems = problem_keys(shares, tasks)
    low, high = bootstrap(list(shares.values()), of=problems)
    groups: dict[str, list[TaskResult]] = {}
    for result in results:
        groups.setdefault(result.group, []).append(result)
    return Row(
        strategy=key[0],
        budget=key[1],
        tasks=len(shares),
        problems=len(set(problems)),
        seeds=len({result.seed for result in results}),
        passed=mean(list(shares.values())),
        low=low,
        high=high,
        claimed=mean([float(result.outcome == "solved") for result in results]),
        completions=mean([result.completions for result in results]),
        tokens=mean([result.tokens for result in results]),
        programs=mean([result.programs for result in results]),
        refused=sum(bool(result.error) for result in results),
        groups={
            name: mean([float(result.passed) for result in found]) for name, found in sorted(groups.items()) if name
        },
    )


def _by_task(results: Iterable[TaskResult]) -> dict[str, float]:
    """The share of seeds with which each task was passed: searches are not resampled."""
    passed: dict[str, list[float]] = {}
    for result in results:
        passed.setdefault(result.task, []).append(float(result.passed))
    return {task: mean(values) for task, values in passed.items()}


def _compare(first: Key, second: Key, cells: dict[Key, list[TaskResult]], tasks: Sequence[GradedTask]) -> Comparison:
    of_first = {(result.task, result.seed): result.passed for result in cells[first]}
    of_second = {(result.task, result.seed): result.passed for result in cells[second]}
    both = sorted(of_first.keys() & of_second.keys())
    differences: dict[str, list[float]] = {}
    for task, seed in both:
        differences.setdefault(task, []).append(of_first[task, seed] - of_second[task, seed])
    values = [mean(found) for found in differences.values()]
    problems = problem_keys(differences, tasks)
    low, high = bootstrap(values, of=problems)
    independent = len({seed for _, seed in both}) == 1 and len(set(problems)) == len(problems)
    only_first = sum(of_first[key] and not of_second[key] for key in both)
    only_second = sum(of_second[key] and not of_first[key] for key in both)
    return Comparison(
        first=first[0],
        second=second[0],
        budget=first[1],
        difference=mean(values),
        low=low,
        high=high,
        only_first=only_first,
        only_second=only_second,
        p=mcnemar(only_first, only_second) if independent else None,
    )
