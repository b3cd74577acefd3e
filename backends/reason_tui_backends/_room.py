"""How long an answer may be."""

from __future__ import annotations

from reason_tui.errors import BackendError, PromptTooLongError

MIN_ANSWER = 16
"""Tokens of room below which a prompt counts as too long."""


def answer_room(prompt: int, context: int) -> int:
    """Tokens that the context leaves behind a prompt of so many.

    Raises PromptTooLongError where that is too few for an answer, BackendError for a prompt of none.
    """
    if prompt == 0:
        raise BackendError(
            "The prompt is empty.",
            why="The model's chat template makes no token of these messages.",
            hint="Ask something, or use another model.",
        )
    room = context - prompt
    if room < MIN_ANSWER:
        raise PromptTooLongError(
            f"The prompt has {prompt} tokens, and the model sees {context} at once.",
            why=f"An answer needs room for at least {MIN_ANSWER} tokens.",
            hint="Shorten the problem, or load the model with a longer context.",
        )
    return room
