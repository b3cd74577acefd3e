"""The answer to a question, as the visible test that it makes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reason_tui.errors import RefusedError
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree
from reason_tui.tasks.literals import is_literal
from reason_tui.tasks.types import AssertCase, CallCase, TestCase

_RAISES = re.compile(r"raises\s+([A-Za-z_][\w.]*)")


def answered(tree: Tree, act: acts.Answer) -> ev.QuestionAnswered:
    """The event of an answer. Raises RefusedError."""
    question = tree.question
    if question is None or tree.task is None:
        raise RefusedError("There is no question to answer.")
    if question.question != act.question:
        raise RefusedError(f"Question {act.question} does not wait for an answer.")
    return ev.QuestionAnswered(
        question=act.question,
        says=act.says,
        group=act.group if act.says == "group" else None,
        test=_test(question, act, tree.task.entry_point or ""),
    )


def _test(question: ev.QuestionAsked, act: acts.Answer, entry_point: str) -> TestCase | None:
    match act.says:
        case "skip":
            return None
        case "neither":
            return unlike(question, entry_point)
        case "own":
            return _own(question.case, act.text.strip())
        case "group":
            return _like(question, act.group)


def _like(question: ev.QuestionAsked, group: int | None) -> CallCase:
    if group is None or not 0 <= group < len(question.opinions):
        raise RefusedError(f"The question has the groups 0 to {len(question.opinions) - 1}.")
    said = question.opinions[group]
    if said.returned is not None:
        return question.case.model_copy(update={"expected": said.returned})
    if said.raised is not None:
        return question.case.model_copy(update={"raises": said.raised})
    raise RefusedError("No test can ask for a program that does not end.", hint="Say what it should return instead.")


def _own(case: CallCase, text: str) -> CallCase:
    raises = _RAISES.fullmatch(text)
    if raises:
        return case.model_copy(update={"raises": raises[1]})
    if not is_literal(text):
        raise RefusedError(
            f"{text[:80] or 'Nothing'} is no value.",
            hint="Write a Python literal, e.g. `[1, 2]`, or `raises ValueError`.",
        )
    return case.model_copy(update={"expected": text})


def unlike(question: ev.QuestionAsked, entry_point: str) -> AssertCase:
    """The test that nobody of the groups passes: the call returns, and none of what they return."""
    wrong = _tuple([said.returned for said in question.opinions if said.returned is not None])
    return AssertCase(source=f"assert {question.case.call(entry_point)} not in {wrong}")


def _tuple(sources: Sequence[str]) -> str:
    return f"({', '.join(sources)}{',' if len(sources) == 1 else ''})"
