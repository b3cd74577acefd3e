"""The blind prompts: each states its examples, and its reference agrees with every value."""

from __future__ import annotations

from typing import Any

import pytest
from embedded_model.blind import blind_tasks

from reason_tui.tasks.types import CallCase, GradedTask


def _value(graded: GradedTask, case: CallCase) -> str:
    names: dict[str, Any] = {}
    exec(graded.reference, names)
    return repr(eval(case.call(graded.task.entry_point or ""), names))


def test_there_are_twenty_different_blind_prompts() -> None:
    assert len({graded.task.prompt for graded in blind_tasks()}) == 20


@pytest.mark.parametrize("graded", blind_tasks(), ids=lambda graded: graded.task.id)
def test_a_blind_prompt_is_read_as_written_and_its_reference_agrees(graded: GradedTask) -> None:
    assert graded.task.signature == graded.reference.split("\n", 1)[0]
    assert len(graded.task.visible) == graded.task.prompt.count(">>>") > 0
    assert len(graded.hidden.cases) >= 6
    for case in (*graded.task.visible, *graded.hidden.cases):
        assert isinstance(case, CallCase)
        assert _value(graded, case) == case.expected, case
