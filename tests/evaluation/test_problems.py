"""Intervals where several tasks are about one problem, and where each is about its own."""

from __future__ import annotations

import pytest

from reason_tui.evaluation import EvaluationSettings, Header, TaskResult, render_table, summarise
from reason_tui.evaluation.statistics import bootstrap
from reason_tui.evaluation.summary import Report
from reason_tui.policy import PolicyInfo
from reason_tui.tasks.types import GradedTask, HiddenTests, Task

STRATEGIES = ("greedy", "mcts")
PROBLEMS, BUGS = 5, 8
HEADER = Header(
    dataset="d",
    dataset_sha256="0" * 64,
    tasks=PROBLEMS * BUGS,
    settings=EvaluationSettings(strategies=STRATEGIES, budgets=(4,)),
    policy=PolicyInfo(model="m", backend="b", context_length=512),
    app_version="0",
)


def graded(name: str, prompt: str) -> GradedTask:
    return GradedTask(task=Task(id=name, prompt=prompt, given="x = 1"), hidden=HiddenTests(), reference="")


def result(task: str, strategy: str, passed: bool) -> TaskResult:
    return TaskResult(
        task=task, strategy=strategy, seed=0, budget=4, outcome="solved", passed=passed, completions=2,
        prompt_tokens=1, completion_tokens=1, programs=1,
    )  # fmt: skip


BUGS_OF_ONE = [
    graded(f"{problem}/{bug}", f"Problem\n{problem} " + " " * bug) for problem in range(PROBLEMS) for bug in range(BUGS)
]
OF_THEIR_OWN = [graded(one.task.id, f"About {one.task.id}") for one in BUGS_OF_ONE]
MCTS_PASSES = {one.task.id: one.task.id < "2" for one in BUGS_OF_ONE}
"""All bugs of the first two problems, none of the others."""
FOUND = [
    result(one.task.id, strategy, strategy == "mcts" and MCTS_PASSES[one.task.id])
    for one in BUGS_OF_ONE
    for strategy in STRATEGIES
]


def report(tasks: list[GradedTask]) -> Report:
    return summarise(HEADER, FOUND, tasks=tasks)


def test_the_bugs_of_one_problem_are_drawn_together():
    apart, together = report(OF_THEIR_OWN), report(BUGS_OF_ONE)
    assert [(row.tasks, row.problems) for row in (apart.rows[1], together.rows[1])] == [(40, 40), (40, 5)]
    for one, other in ((apart.rows[1], together.rows[1]), (apart.comparisons[0], together.comparisons[0])):
        assert other.high - other.low > 2 * (one.high - one.low)
    assert apart.rows[1].passed == together.rows[1].passed == pytest.approx(0.4)
    assert apart.comparisons[0].difference == together.comparisons[0].difference == pytest.approx(0.4)


def test_pairs_of_one_problem_have_no_p():
    apart, together = report(OF_THEIR_OWN).comparisons[0], report(BUGS_OF_ONE).comparisons[0]
    assert (apart.only_first, apart.p) == (16, pytest.approx(2 / 2**16))
    assert (together.only_first, together.p) == (16, None)


def test_figures_of_tasks_that_are_each_a_problem_of_their_own_stay_what_they_were():
    shares = [float(MCTS_PASSES[one.task.id]) for one in OF_THEIR_OWN]
    before = bootstrap(shares)
    assert before == (0.25, 0.55), "the resampling itself is the one of the committed tables"
    for known in ([], OF_THEIR_OWN):
        row, pair = report(known).rows[1], report(known).comparisons[0]
        assert (row.low, row.high) == (pair.low, pair.high) == before


def test_the_table_says_what_its_intervals_are_over():
    apart, together = render_table(report(OF_THEIR_OWN)), render_table(report(BUGS_OF_ONE))
    assert "interval over tasks. Claimed" in apart and "comparisons.\n" in apart
    assert "interval over problems: the 40 tasks are about 5, and those about one are drawn together. " in together
    assert "none is given, because tasks of one problem are not independent." in together
