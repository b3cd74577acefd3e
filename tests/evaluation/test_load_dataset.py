"""Datasets by name and path, and what is said of damaged ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from reason_tui.errors import DatasetError
from reason_tui.evaluation import load_dataset
from reason_tui.tasks import own
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs shared-data: the shared data are not beside this checkout"
)


def graded(name: str, group: str = "") -> GradedTask:
    return GradedTask(
        task=Task(id=name, prompt="double it", entry_point="f", visible=(CallCase(args=("1",), expected="2"),)),
        hidden=HiddenTests(cases=(CallCase(args=("2",), expected="4"),)),
        reference="def f(x):\n    return 2 * x",
        group=group,
    )


def write(path: Path, *tasks: GradedTask) -> Path:
    path.write_text("".join(f"{task.model_dump_json()}\n" for task in tasks), encoding="utf-8")
    return path


@needs_shared
def test_humaneval_is_read_with_the_examples_of_the_prompt_and_nothing_of_the_hidden_test():
    tasks = load_dataset(str(SHARED / "humaneval"))
    assert len(tasks) == 164
    first = tasks[0]
    assert first.task.id == "HumanEval/0"
    assert [case.expected for case in first.task.visible if isinstance(case, CallCase)] == ["False", "True"]
    assert "def check(candidate)" in first.hidden.check
    assert not any("check(candidate)" in item.task.model_dump_json() for item in tasks)


@needs_shared
def test_humaneval_helpers_are_there_for_the_hidden_tests():
    tasks = {item.task.id: item for item in load_dataset(str(SHARED / "humaneval" / "HumanEval.jsonl.gz"))}
    for number, helper in ((32, "poly"), (38, "encode_cyclic"), (50, "encode_shift")):
        assert f"def {helper}(" in tasks[f"HumanEval/{number}"].hidden.setup


@needs_shared
def test_mbpp_shows_its_first_test_and_hides_the_others():
    tasks = load_dataset(str(SHARED / "mbpp_sanitized"))
    assert len(tasks) == 427
    assert sum(bool(item.task.visible) for item in tasks) >= 426
    for item in tasks:
        assert item.task.entry_point is not None
        assert f"def {item.task.entry_point}" in item.reference.replace("def  ", "def ")
        for line in item.hidden.check.split("\n"):
            assert line.strip() == "" or line not in item.task.prompt


def test_our_own_format_is_read_back(tmp_path):
    tasks = (graded("a"), graded("b"))
    assert load_dataset(str(write(tmp_path / "own.jsonl", *tasks))) == tasks
    packed = tmp_path / "own.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "own.jsonl").read_bytes()))
    assert load_dataset(str(packed)) == tasks


def test_the_example_in_the_documentation_of_our_format_is_read(tmp_path):
    assert own.__doc__ is not None
    example = own.__doc__.partition("\n\n")[2].partition("\n\n")[0]
    path = tmp_path / "own.jsonl"
    path.write_text(example.replace("\n", " "), encoding="utf-8")
    (task,) = load_dataset(str(path))
    assert task.task.visible == (CallCase(args=("1",), expected="2"),)
    assert task.reference == "def f(x):\n    return 2 * x"


def test_a_folder_with_one_file_is_that_file(tmp_path):
    write(tmp_path / "tasks.jsonl", graded("a"))
    assert len(load_dataset(str(tmp_path))) == 1
    write(tmp_path / "more.jsonl", graded("b"))
    with pytest.raises(DatasetError, match="no dataset that we can tell"):
        load_dataset(str(tmp_path))


def test_a_limit_takes_from_every_group_in_turn_and_keeps_the_order(tmp_path):
    tasks = [graded(f"L{level}/{number}", f"L{level}") for level in (1, 2, 3) for number in range(5)]
    found = load_dataset(str(write(tmp_path / "own.jsonl", *tasks)), limit=6)
    assert [item.task.id for item in found] == ["L1/0", "L1/1", "L2/0", "L2/1", "L3/0", "L3/1"]
    assert len(load_dataset(str(tmp_path), limit=99)) == 15


def test_a_published_dataset_is_found_by_its_name_where_the_user_put_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError) as missing:
        load_dataset("mbpp")
    folder = Path(missing.value.hint.removeprefix("Put it into ").partition(", or")[0])
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    write(folder / "sanitized-mbpp.jsonl", graded("mine"))
    assert [item.task.id for item in load_dataset("mbpp")] == ["mine"]


def test_a_name_that_does_not_come_with_the_app_asks_for_its_path(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match="HumanEval") as caught:
        load_dataset("humaneval")
    assert "HumanEval.jsonl.gz" in caught.value.hint
    with pytest.raises(DatasetError, match="no dataset nonsense"):
        load_dataset("nonsense")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{not json", "not JSON"),
        ('{"task": 3}', "task"),
        ("[]", "the line"),
        (graded("x").model_copy(update={"hidden": HiddenTests()}).model_dump_json(), "no hidden tests"),
    ],
)
def test_a_damaged_line_is_named_with_its_file(tmp_path, line, why):
    path = write(tmp_path / "own.jsonl", graded("a"))
    path.write_text(path.read_text(encoding="utf-8") + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        load_dataset(str(path))
    assert caught.value.what == f"Line 3 of {path} cannot be used."
    assert why in caught.value.why


def test_two_tasks_of_one_id_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="2 tasks of the id a"):
        load_dataset(str(write(tmp_path / "own.jsonl", graded("a"), graded("b"), graded("a"))))


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00damaged", b"\xff\xfe\x00", b"\n\n"])
def test_a_file_that_holds_nothing_readable_is_refused(tmp_path, content):
    path = tmp_path / "own.jsonl"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"own\.jsonl"):
        load_dataset(str(path))
