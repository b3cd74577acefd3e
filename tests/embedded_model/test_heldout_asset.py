"""The held-out tasks that ship: enough of them, gradable, and none that a stub passes."""

from __future__ import annotations

from collections import Counter

import pytest
from embedded_model.curriculum import execution
from embedded_model.curriculum.families import SHARES
from embedded_model.curriculum.harder import HARDER

from reason_tui.assets import asset
from reason_tui.tasks.own import read_own
from reason_tui.tasks.types import CallCase, GradedTask


@pytest.fixture(scope="module")
def tasks() -> list[GradedTask]:
    return list(read_own(asset("embedded/heldout.jsonl")))


@pytest.fixture(scope="module")
def tuning() -> list[GradedTask]:
    return list(read_own(asset("embedded/tuning.jsonl")))


@pytest.fixture(scope="module")
def reserved() -> list[GradedTask]:
    return list(read_own(asset("embedded/reserved.jsonl")))


def test_there_are_enough_of_every_level(tasks: list[GradedTask], tuning: list[GradedTask]):
    for some, each in ((tasks, 334), (tuning, 100)):
        counts = Counter(task.group for task in some)
        assert set(counts) == {"L1", "L2", "L3"} and min(counts.values()) >= each


def test_reserved_families_have_tasks_to_learn_on_and_to_measure_with(reserved: list[GradedTask]):
    counts = Counter(task.group for task in reserved)
    assert {group.split("/")[0] for group in counts} == {*SHARES, *HARDER}
    for family in (*SHARES, *HARDER):
        assert counts[f"{family}/train"] >= 300 and counts[f"{family}/heldout"] >= 200


def test_no_task_stands_in_two_places(tasks: list[GradedTask], tuning: list[GradedTask], reserved: list[GradedTask]):
    everything = [task.task for task in (*tasks, *tuning, *reserved)]
    assert len({task.id for task in everything}) == len({task.prompt for task in everything}) == len(everything)


def test_each_has_visible_and_hidden_tests_that_differ(tasks: list[GradedTask]):
    for task in tasks:
        assert 2 <= len(task.task.visible) <= 4 and len(task.hidden.cases) >= 6
        visible = {case.args for case in task.task.visible if isinstance(case, CallCase)}
        assert not visible & {case.args for case in task.hidden.cases}


def test_references_pass_and_a_stub_fails(tasks: list[GradedTask]):
    for task in tasks:
        tests = tuple(case for case in task.task.visible if isinstance(case, CallCase)) + task.hidden.cases
        assert execution.run(task.reference, task.task.entry_point, tests).status == "pass", task.task.id
        stub = f"def {task.task.entry_point}(*args):\n    return None"
        assert execution.run(stub, task.task.entry_point, task.hidden.cases).status == "fail", task.task.id
