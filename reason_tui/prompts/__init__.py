"""What the model is told: the few templates, and the verdict in words."""

from reason_tui.prompts.feedback import feedback, first_failure
from reason_tui.prompts.math import ANSWER, math_reply, revise_math, solve_math, wrong_answer, wrong_step
from reason_tui.prompts.templates import (
    OPEN,
    STOP,
    Prompt,
    added_examples,
    critique,
    draft,
    prefix,
    reason,
    reflect,
    repair,
    reply,
    write_tests,
)

__all__ = [
    "ANSWER",
    "OPEN",
    "STOP",
    "Prompt",
    "added_examples",
    "critique",
    "draft",
    "feedback",
    "first_failure",
    "math_reply",
    "prefix",
    "reason",
    "reflect",
    "repair",
    "reply",
    "revise_math",
    "solve_math",
    "write_tests",
    "wrong_answer",
    "wrong_step",
]
