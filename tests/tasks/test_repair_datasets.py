"""QuixBugs and DebugBench: the wrong program is the root, and a row that cannot be used is named with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reason_tui.errors import DatasetError
from reason_tui.evaluation.datasets import load_dataset
from reason_tui.evaluation.grade import hidden_jobs
from reason_tui.rewards import visible_jobs
from reason_tui.sandbox.types import Limits

DATA = Path(__file__).parents[3] / "shared" / "data"
QUIX = {
    "name": "twice",
    "entry_point": "twice",
    "buggy_code": 'def twice(xs):\n    for x in xs:\n        yield x\n\n\n"""\nTwice\n\nInput: xs\n"""\n',
    "correct_code": "def twice(xs):\n    for x in xs:\n        yield 2 * x\n",
    "cases": [[[[]], []], [[[1]], [2]], [[[1, 2]], [2, 4]]],
}
DEBUG = {
    "id": "a/0",
    "description": "Add.",
    "level": "easy",
    "method": "add",
    "cases": [[{"a": 1, "b": 2}, 3], [{"a": 0, "b": 0}, 0], [{"a": 0, "b": 1}, 1]],
    "buggy_code": "class Solution:\n    def add(self, a: int, b: int) -> List[int]:\n        return a - b\n",
    "oracle_code": "class Solution:\n    def add(self, a, b):\n        return a + b\n",
    "buggy_result": [[False, "-1"], [True, "0"], [False, "-1"]],
}


def written(tmp_path: Path, *rows: object) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_row_of_quixbugs_is_a_repair_task(tmp_path):
    (graded,) = load_dataset(written(tmp_path, QUIX))
    task = graded.task
    assert (task.id, task.entry_point, task.prompt) == ("QuixBugs/twice", "twice", "Twice\n\nInput: xs")
    assert task.given is not None
    assert task.given.startswith("def twice(xs):")
    assert "Input" not in task.given
    assert [case.describe("twice") for case in task.visible] == ["twice([1]) == [2]", "twice([1, 2]) == [2, 4]"]
    assert len(graded.hidden.cases) == 3


def test_a_float_is_right_within_the_tolerance_of_its_call(tmp_path):
    row = QUIX | {"name": "root", "cases": [[[2, 0.5], 1.4], [[2, 0.1], 1.41], [[3], 2]]}
    (graded,) = load_dataset(written(tmp_path, row))
    assert graded.hidden.check.splitlines() == [
        "assert abs(twice(2, 0.5) - 1.4) <= 0.5",
        "assert abs(twice(2, 0.1) - 1.41) <= 0.1",
    ]
    assert len(graded.hidden.cases) == 1


def test_a_row_of_debugbench_is_a_repair_task(tmp_path):
    (graded,) = load_dataset(written(tmp_path, DEBUG))
    task = graded.task
    assert (task.id, task.entry_point, graded.group) == ("DebugBench/a/0", "Solution", "easy")
    assert [case.describe("Solution") for case in task.visible] == [
        "Solution().add(a=1, b=2) == 3",
        "Solution().add(a=0, b=0) == 0",
    ]
    assert graded.hidden.check.count("assert") == 3
    assert task.given is not None
    compile(task.given, "given", "exec")
    compile(graded.reference, "reference", "exec")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (QUIX | {"entry_point": "other"}, "does not define other"),
        (QUIX | {"cases": [[[1], 2]]}, "cases"),
        (QUIX | {"cases": [[1, 2], [[1], 2]]}, "cases.0.0"),
        (QUIX | {"buggy_code": ""}, "empty"),
        (QUIX | {"cases": [[[float("inf")], 2], [[1], 2]]}, "literal"),
        (DEBUG | {"method": "no name"}, "no name"),
        (DEBUG | {"oracle_code": "def f(:"}, "not Python"),
        (DEBUG | {"cases": [[{"a b": 1}, 2]]}, "literal"),
        (DEBUG | {"cases": [[{"a": float("nan"), "b": 1}, 2]]}, "literal"),
        (DEBUG | {"cases": []}, "cases"),
        ({key: value for key, value in DEBUG.items() if key != "description"}, "description"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path, row, why):
    good = QUIX if "name" in row else DEBUG
    with pytest.raises(DatasetError, match="Line 2 ") as caught:
        load_dataset(written(tmp_path, good, row))
    assert why in caught.value.why


def test_debugbench_as_published_is_told_apart(tmp_path):
    row = {key: value for key, value in DEBUG.items() if key != "cases"} | {"examples": ["Input: a = 1"]}
    with pytest.raises(DatasetError, match="cannot be used") as caught:
        load_dataset(written(tmp_path, row))
    assert "prose" in caught.value.why


@pytest.mark.parametrize(("name", "count"), [("quixbugs", 31), ("debugbench_py3", 1049)])
def test_the_whole_dataset_is_read(name, count):
    if not (DATA / name).exists():
        pytest.skip(f"needs shared-data: ../shared/data/{name}")
    tasks = load_dataset(str(DATA / name))
    assert len(tasks) == count
    for graded in tasks:
        assert graded.task.visible
        assert graded.task.given
        assert hidden_jobs(graded, graded.reference)
        assert visible_jobs(graded.task, graded.task.given, Limits())
