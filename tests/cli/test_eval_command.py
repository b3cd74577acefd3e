"""`eval` with a small random model and the real sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.gguf_files import tiny_model

from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


def graded(name: str, reference: str) -> GradedTask:
    visible = (CallCase(args=("1",), expected="2"),)
    return GradedTask(
        task=Task(
            id=name, prompt=f"def {name}(n): ...", entry_point=name, signature=f"def {name}(n):", visible=visible
        ),
        hidden=HiddenTests(cases=(CallCase(args=("2",), expected="3"),)),
        reference=f"def {name}(n):\n    return {reference}\n",
    )


@pytest.fixture
def dataset(home):
    def write(*tasks):
        path = home / "tasks.jsonl"
        path.write_text("".join(task.model_dump_json() + "\n" for task in tasks))
        return path

    return write


def test_a_sound_dataset_is_exit_code_0(command, dataset):
    done = command("eval", "--dataset", dataset(graded("up", "n + 1"), graded("next_one", "1 + n")), "--check-dataset")
    assert (done.code, done.out) == (0, "2/2 references pass\n2/2 stubs fail\n")


def test_a_dataset_with_a_wrong_reference_is_exit_code_1_and_names_it(command, dataset):
    done = command("eval", "--dataset", dataset(graded("up", "n + 1"), graded("wrong", "n - 1")), "--check-dataset")
    assert done.code == 1
    assert "1/2 references pass" in done.out and "wrong: reference fails" in done.out


def test_strategies_and_budgets_are_set_side_by_side(command, dataset, tiny):
    path = dataset(graded("up", "n + 1"))
    done = command(
        "eval", "--dataset", path, "--model", tiny, "--strategy", "mcts,greedy", "--budget", "2,1", "--seed", "3,4",
        "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert report["header"]["settings"]["seeds"] == [3, 4]
    assert [(row["strategy"], row["budget"]) for row in report["rows"]] == [("mcts", 1), ("mcts", 2), ("greedy", 1)]
    assert report["rows"][1]["completions"] == 2


def test_bugs_of_one_problem_count_as_one(command, dataset, tiny):
    bug = graded("up", "n + 1")
    other = bug.model_copy(update={"task": bug.task.model_copy(update={"id": "up-2"})})
    done = command("eval", "--dataset", dataset(bug, other), "--model", tiny, "--budget", "1", "--json")
    assert [(row["tasks"], row["problems"]) for row in json.loads(done.out)["rows"]] == [(2, 1)]


def test_results_are_kept_in_a_file(command, dataset, tiny):
    path = dataset(graded("up", "n + 1"))
    arguments = ("eval", "--dataset", path, "--model", tiny, "--budget", "1", "--out", "results.jsonl")
    first = command(*arguments)
    written = Path("results.jsonl").read_text()
    assert first.code == 0 and len(written.splitlines()) == 2
    assert command(*arguments).out == first.out
    assert Path("results.jsonl").read_text() == written


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--strategy", "luck"), "mcts"),
        (("--budget", "1,two"), "--budget"),
        (("--budget", "0"), "least is 1"),
        (("--seed", "-1"), "least is 0"),
        (("--limit", "0"), "--limit"),
        (("--dataset", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_used_is_exit_code_2(command, dataset, arguments, told):
    done = command("eval", "--dataset", dataset(graded("up", "n + 1")), *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_a_missing_model_is_exit_code_3(command, dataset):
    done = command("eval", "--dataset", dataset(graded("up", "n + 1")), "--model", "missing.gguf")
    assert (done.code, done.out) == (3, "")
