"""Two editors and a task: examples are listed by themselves, and the list is what is tested."""

from __future__ import annotations

import os

import pytest

from reason_tui.errors import TaskError
from reason_tui.tui.composing import EXAMPLE, compose_task, found, synced

PROMPT = "Double a number.\n\n>>> f(1)\n2\n>>> f(2)\n4\n"


def listed_tests(prompt: str, listed: str) -> list[str]:
    task = compose_task(prompt, listed)
    return [case.describe(task.entry_point or "") for case in task.visible]


def test_the_example_is_a_task_with_two_tests():
    task = compose_task(EXAMPLE, "\n".join(found(EXAMPLE)))
    assert (task.entry_point, len(task.visible)) == ("sum_even", 2)


def test_examples_are_listed_as_lines():
    assert found(PROMPT) == ("f(1) == 2", "f(2) == 4")
    assert found("") == ()


@pytest.mark.parametrize(
    "statement", ["assert f(1) in (2, 3)", "assert f(1) == 2 and f(2) == 4", "f(-1) raises ValueError"]
)
def test_every_kind_of_test_is_listed_as_it_can_be_read_again(statement):
    prompt = f"Write f(x).\n\n{statement}\n"
    listed = "\n".join(found(prompt))
    assert compose_task(prompt, listed).visible == compose_task(f"Write f(x).\n\n{statement}", listed).visible != ()


def test_new_examples_are_added_and_lost_ones_go():
    assert synced("f(1) == 2", ("f(1) == 2",), ("f(1) == 2", "f(2) == 4")) == "f(1) == 2\nf(2) == 4"
    assert synced("f(1) == 2\nf(2) == 4", ("f(1) == 2", "f(2) == 4"), ("f(2) == 4",)) == "f(2) == 4"


def test_a_changed_example_changes_in_its_place():
    before, after = ("f(1) == 2", "f(2) == 4"), ("f(1) == 3", "f(2) == 4")
    assert synced("f(1) == 2\nf(2) == 4", before, after) == "f(1) == 3\nf(2) == 4"


def test_lines_of_the_user_stay_and_deleted_ones_stay_away():
    before, after = ("f(1) == 2", "f(2) == 4"), ("f(1) == 2", "f(2) == 4", "f(3) == 6")
    assert synced("f(9) == 18\nf(1) == 2", before, after) == "f(9) == 18\nf(1) == 2\nf(3) == 6"


def test_a_line_taken_out_of_the_list_is_no_test_though_the_problem_shows_it():
    assert listed_tests(PROMPT, "f(2) == 4") == ["f(2) == 4"]
    assert listed_tests(PROMPT, "") == []
    assert listed_tests(PROMPT, "f(1) == 99") == ["f(1) == 99"]


def test_a_listed_test_may_use_what_the_problem_defines():
    prompt = "LIMIT = 3\n\ndef f(x):\n    '''Double, at most LIMIT.'''\n"
    assert len(compose_task(prompt, "assert f(9) == LIMIT").visible) == 1


def test_tests_that_do_not_parse_are_an_error_that_names_the_line():
    with pytest.raises(TaskError, match="Test line 2"):
        compose_task(PROMPT, "f(1) == 2\nf(2 = 4")


@pytest.mark.parametrize("name", ["~nobody-of-this-name/f.py", "a" * 5000 + ".py", "f\0.py", "pipe.py", "folder.py"])
def test_a_file_that_cannot_be_opened_is_an_error_and_keeps_nobody_waiting(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.py")
    (tmp_path / "folder.py").mkdir()
    assert found(f"Mend it.\n@{name}") == ()
    with pytest.raises(TaskError) as refused:
        compose_task(f"Mend it.\n@{name}", "")
    assert name in refused.value.what
