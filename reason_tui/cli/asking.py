"""The question about an input on which candidates differ, in words, and the answer that was typed."""

from __future__ import annotations

from collections.abc import Iterator

from reason_tui.cli.words import plural
from reason_tui.runs.fold import RunView
from reason_tui.search.acts import Answer
from reason_tui.search.events import QuestionAsked
from reason_tui.text import one_line

_LETTERS = "abcdefghijklmopqrtuvwxyz"
"""Without n and s, which mean `neither` and `skip`."""
HOW = "Type a letter, the right value (`[1, 2]`, `'x'`, `raises ValueError`), n for neither, or s to skip."


def question(view: RunView, asked: QuestionAsked) -> Iterator[str]:
    """The lines of a question."""
    task = view.task
    call = asked.case.call((task.entry_point if task is not None else None) or "?")
    count = plural(sum(len(said.nodes) for said in asked.opinions), "program")
    passing = "that pass the examples" if task is not None and task.visible else "that run"
    yield one_line(f"Question {asked.question + 1}: {count} {passing} differ on {call}")
    for letter, said in zip(_LETTERS, asked.opinions, strict=False):
        yield f"  {letter}  {one_line(said.words())} ({plural(len(said.nodes), 'program')})"
    yield HOW


def answer(asked: QuestionAsked, typed: str | None) -> Answer | None:
    """What was typed, as an act; the end of the input is `skip`. None for an empty line."""
    if typed is None or typed.lower() in ("s", "skip"):
        return Answer(question=asked.question, says="skip")
    if not typed:
        return None
    if typed.lower() in ("n", "neither"):
        return Answer(question=asked.question, says="neither")
    group = _LETTERS.find(typed.lower()) if len(typed) == 1 and typed.isalpha() else -1
    if 0 <= group < len(asked.opinions):
        return Answer(question=asked.question, says="group", group=group)
    return Answer(question=asked.question, says="own", text=typed)
