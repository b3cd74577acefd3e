"""A math problem out of what a person types."""

from __future__ import annotations

from reason_tui.errors import TaskError
from reason_tui.tasks.prompt import clean_prompt, slug
from reason_tui.tasks.types import Task


def read_problem(text: str, answer: str | None = None, id: str | None = None) -> Task:  # noqa: A002
    """The task of a problem in words; `answer` where the person knows it. Raises TaskError where the text is empty."""
    text = clean_prompt(text).strip()
    if not text:
        raise TaskError("The problem is empty.", hint="Say it in words, with its numbers.")
    if answer is not None and not answer.strip():
        raise TaskError("The answer is empty.", hint="Give the number, or leave it out.")
    return Task(
        id=id or f"math-{slug(text, None)}", kind="math", prompt=text, answer=answer.strip() if answer else None
    )
