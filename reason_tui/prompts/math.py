"""Math problems: steps that can be checked, and one revision. The embedded model is trained on these words too."""

from __future__ import annotations

from collections.abc import Sequence

from reason_tui.policy import Message
from reason_tui.prompts.templates import Prompt

ANSWER = "####"
"""What the line of the answer begins with, as in GSM8K."""

_SOLVE = (
    "{problem}\n\nSolve the problem step by step. Write each step as `a + b = c`, "
    "and the answer in a last line after ####."
)
_REVISE = (
    "{problem}\n\nThis solution is wrong:\n{solution}\n{feedback}\n\n"
    "Write the corrected solution: each step as `a + b = c`, and the answer in a last line after ####."
)


def solve_math(problem: str, hints: Sequence[str] = ()) -> Prompt:
    """Ask for the steps and the answer of a problem in words."""
    return _prompt(_SOLVE.format(problem=_with_hints(problem, hints)))


def revise_math(problem: str, solution: str, feedback: str, hints: Sequence[str] = ()) -> Prompt:
    """Ask for a corrected solution; `feedback` as `wrong_step` or `wrong_answer` say it."""
    text = _REVISE.format(problem=_with_hints(problem, hints), solution=solution.strip(), feedback=feedback)
    return _prompt(text)


def wrong_step(step: str, value: str) -> str:
    """A step whose arithmetic is wrong, and what it should be: `7 * 8 = 54 is wrong: 7 * 8 = 56.`"""
    return f"{step} is wrong: {step.rpartition('=')[0].strip()} = {value}."


def wrong_answer() -> str:
    """The steps compute, and do not lead to the answer."""
    return "The steps do not lead to the answer."


def math_reply(steps: Sequence[str], answer: str) -> str:
    """What a model should write (for training): a step a line, then the answer."""
    return "\n".join((*steps, f"{ANSWER} {answer}"))


def _with_hints(problem: str, hints: Sequence[str]) -> str:
    return problem.strip() + "".join(f"\n\nHint: {hint.strip()}" for hint in hints)


def _prompt(text: str) -> Prompt:
    return Prompt(messages=(Message(role="user", content=text),), stop=())
