"""What GRPO's sampled replies earn: the rewards of `reason_tui.rewards`, for code and for solutions in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.executing import InProcess

from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import DatasetError
from reason_tui.learning.problems import problems_of
from reason_tui.learning.training import rewarding
from reason_tui.learning.training.rewarding import Rewarding
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import CallCase, Task

SUM = Task(id="sum", prompt="Tom has 3 apples, buys 4 and halves them.", kind="math", answer="3.5")
UNTESTED = Task(id="u", prompt="Double x.", entry_point="f", signature="def f(x: int) -> int:")


def program(body: str) -> str:
    return f"```python\ndef f(x: int) -> int:\n    return {body}\n```"


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rewarding]:
    async def opened(_: object) -> InProcess:
        return InProcess()

    monkeypatch.setattr(rewarding, "proved_sandbox", opened)
    opened_ = Rewarding(EngineSettings(state_dir=str(tmp_path)))
    yield opened_
    opened_.close()


def test_each_step_of_a_solution_earns_its_part_and_the_answer_the_other_half(judge: Rewarding):
    replies = [
        "3 + 4 = 7\n7 / 2 = 3.5\n#### 3.5",
        "3 + 4 = 8\n7 / 2 = 3.5\n#### 3.5",
        "3 + 4 = 7\n7 / 2 = 3.5\n#### 4",
        "I do not know.",
    ]
    assert judge.rewards([SUM] * 4, replies) == [1.0, 0.75, 0.5, 0.0]


def test_where_nobody_says_what_is_right_the_replies_that_agree_earn_more(judge: Rewarding):
    replies = [program("x * 2"), program("x + x"), program("2 * x"), program("x + 3"), "no program"]
    found = judge.rewards([UNTESTED] * 5, replies)
    assert found[0] == found[1] == found[2] > found[3] >= 0.2
    assert found[4] == 0.0
    alone = judge.rewards([UNTESTED], replies[:1])
    assert alone == [pytest.approx(0.2)], "a reply agrees with others, not with itself"
    unanswered = SUM.model_copy(update={"answer": None})
    assert judge.rewards([unanswered] * 3, ["3 + 4 = 7\n#### 7", "4 + 3 = 7\n#### 7", "3 + 3 = 6\n#### 6"]) == [
        *(0.75, 0.75, 0.5),
    ]


def test_agreement_says_nothing_where_there_are_tests(judge: Rewarding):
    tested = UNTESTED.model_copy(update={"visible": (CallCase(args=("1",), expected="5"),)})
    found = judge.rewards([tested] * 3, [program("x * 2"), program("x + x"), program("x + 4")])
    assert found == [pytest.approx(0.2), pytest.approx(0.2), 1.0]


def test_tasks_without_tests_are_problems_and_held_out_ones_and_repairs_are_not():
    broken = UNTESTED.model_copy(update={"id": "r", "prompt": "Halve x.", "given": "def f(x):\n    return x"})
    assert [one.task_id for one in problems_of([UNTESTED, SUM, broken], {task_key(SUM)})] == ["u"]
    with pytest.raises(DatasetError, match="None of these"):
        problems_of([SUM, broken], {task_key(SUM)})
