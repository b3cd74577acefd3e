"""The shipped tasks of the harder families: gradable, and new in behaviour."""

from __future__ import annotations

import json

import pytest
from embedded_model.curriculum import execution
from embedded_model.curriculum.harder import HARDER, KINDS
from embedded_model.evaluation import all_cases
from embedded_model.novelty import shown

from reason_tui.assets import asset
from reason_tui.tasks.own import read_own
from reason_tui.tasks.types import GradedTask


@pytest.fixture(scope="module")
def shipped() -> list[GradedTask]:
    return [task for task in read_own(asset("embedded/reserved.jsonl")) if task.group.split("/")[0] in HARDER]


def test_the_shipped_references_pass_and_a_stub_fails(shipped: list[GradedTask]):
    for task in shipped:
        assert execution.run(task.reference, task.task.entry_point, all_cases(task)).status == "pass", task.task.id
        stub = f"def {task.task.entry_point}(*args):\n    return None"
        assert execution.run(stub, task.task.entry_point, task.hidden.cases).status == "fail", task.task.id


def test_the_shipped_tasks_behave_unlike_each_other_and_every_other_task_that_ships(shipped: list[GradedTask]):
    prints = shown((task.reference for task in shipped), [KINDS])
    assert len(prints) == len(shipped)
    files = ("heldout", "tuning", "reserved")
    others = {task.reference for name in files for task in read_own(asset(f"embedded/{name}.jsonl"))}
    others -= {task.reference for task in shipped}
    assert not prints & shown(iter(sorted(others)), [KINDS])


def test_the_card_and_the_figures_have_the_harder_families():
    figures = json.loads(asset("embedded/figures.json").read_text(encoding="utf-8"))["families"]
    card = asset("embedded/README.md").read_text(encoding="utf-8")
    for family in HARDER:
        found = figures[family]
        assert f"| {family} | none | {found['tasks']} | {found['pass@1']:.3f} | {found['pass@64']:.3f} |" in card
