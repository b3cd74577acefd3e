"""A worked solution -> verdict, reward and status (SEARCH.md): partial marks for steps that compute.

Nothing is executed: arithmetic is checked exactly on the host, in `programs.arithmetic`.
"""

from __future__ import annotations

from collections.abc import Mapping

from reason_tui.programs.arithmetic import answer, number, same_answer, steps, written
from reason_tui.rewards.status import Status
from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.tasks.types import Task

FINAL = "the answer"
"""What the record of the final answer is called."""


def check_solution(text: str, task: Task) -> Verdict:
    """A record for each step, and one for the answer where the task says what it should be."""
    records = [
        TestRecord(
            test=step.text,
            ok=step.ok,
            call=step.left,
            expected=None if step.value is None else written(step.value),
            got=step.claimed,
        )
        for step in steps(text)
    ]
    final = answer(text)
    if task.answer is not None:
        ok = final is not None and same_answer(final, task.answer)
        records.append(TestRecord(test=f"{FINAL} is {task.answer}", ok=ok, call=FINAL, expected=task.answer, got=final))
    failure = None if final is not None else Failure(type="NoAnswer", message="no line says the answer after ####")
    passes = final is not None and bool(records) and all(record.ok for record in records)
    return Verdict(
        status="pass" if passes else "fail",
        records=tuple(records),
        loaded=True,
        has_entry_point=final is not None,
        failure=failure,
    )


def judge_solution(verdict: Verdict, task: Task, reference_steps: int = 0) -> tuple[float, Status]:
    """½ · steps that compute / max(steps, reference steps) + ½ · [the answer is right].

    Where nobody says what the answer is, the second half is not given, and a solution without a wrong step is
    `unverified`: agreement decides among those.
    """
    made = [record for record in verdict.records if record.call != FINAL]
    share = sum(record.ok for record in made) / max(len(made), reference_steps, 1)
    final = next((record.ok for record in verdict.records if record.call == FINAL), False)
    reward = share / 2 + final / 2
    if not verdict.has_entry_point:
        return reward, "failed"
    computes = all(record.ok for record in made)
    if task.answer is None:
        return reward, "unverified" if computes else "partial"
    if final and computes:
        return max(reward, 1.0), "passed"
    return min(reward, 0.99), "partial" if final or any(record.ok for record in made) else "failed"


def what_is_wrong(verdict: Verdict) -> tuple[str, str] | None:
    """The first step that does not compute and its true value; None where the steps compute."""
    for record in verdict.records:
        if not record.ok and record.call != FINAL and record.expected is not None:
            return record.test, record.expected
    return None


def answer_groups(solutions: Mapping[int, str]) -> list[tuple[int, ...]]:
    """Node ids grouped by their final answer, the largest group first; one without an answer agrees with nobody."""
    found: dict[object, list[int]] = {}
    for node, text in solutions.items():
        final = answer(text)
        if final is not None:
            value = number(final)
            found.setdefault(final.lower() if value is None else value, []).append(node)
    return sorted((tuple(nodes) for nodes in found.values()), key=lambda nodes: (-len(nodes), nodes[0]))
