"""The prompts the app sends. The embedded model is trained on exactly these: changing one means retraining."""

from __future__ import annotations

from reason_tui.policy import Message
from reason_tui.prompts.feedback import feedback
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import AssertCase, Frozen, Task, TestCase

FENCE = "```"
OPEN = f"{FENCE}python\n"
STOP = (f"\n{FENCE}",)

_DRAFT = "{prompt}\n\nWrite the whole program in one Python code block."
_REPAIR = (
    "{prompt}\n\nThis program is wrong:\n```python\n{program}\n```\n{feedback}\n\n"
    "Write the corrected program in one Python code block."
)


class Prompt(Frozen):
    """Chat messages and the beginning of the reply. A program is read from `prefix` + completion."""

    messages: tuple[Message, ...]
    prefix: str = ""
    stop: tuple[str, ...] = STOP


def draft(task: Task) -> Prompt:
    """Ask for a program from nothing."""
    return _prompt(_DRAFT.format(prompt=_problem(task)), task)


def repair(task: Task, program: str, verdict: Verdict) -> Prompt:
    """Ask for a corrected program, given what the sandbox found."""
    text = _REPAIR.format(
        prompt=_problem(task),
        program=program.strip("\n"),
        feedback=feedback(verdict, task.entry_point),
    )
    return _prompt(text, task)


def reply(task: Task, program: str) -> str:
    """What a model should answer after `draft(task).prefix`, fence and stop string included (for training).

    Raises ValueError if the program does not begin as the prefix does.
    """
    whole = f"{OPEN}{program.strip()}\n{FENCE}"
    begin = prefix(task)
    if not whole.startswith(begin):
        raise ValueError("the program does not begin with the signature of its task")
    return whole[len(begin) :]


def prefix(task: Task) -> str:
    """The reply's beginning: the fence, and the signature as far as the task gives one."""
    if task.signature is not None:
        lead = f"{task.preamble.strip()}\n\n" if task.preamble.strip() else ""
        return f"{OPEN}{lead}{task.signature.strip()}\n"
    if task.entry_point is not None:
        return f"{OPEN}def {task.entry_point}("
    return OPEN


def _problem(task: Task) -> str:
    """The prompt as typed; visible tests that do not stand in it are added as examples."""
    text = task.prompt.strip()
    examples = (_example(task.entry_point or "", case) for case in task.visible)
    return "\n".join([text, *(example for key, example in examples if key not in text)])


def _example(entry_point: str, case: TestCase) -> tuple[str, str]:
    """What to look for in the prompt, and how to write the test there if it is missing."""
    if isinstance(case, AssertCase):
        return case.source, case.source
    call = case.call(entry_point)
    outcome = case.expected if case.raises is None else f"raises {case.raises}"
    return call, f">>> {call}\n{outcome}"


def _prompt(text: str, task: Task) -> Prompt:
    return Prompt(messages=(Message(role="user", content=text),), prefix=prefix(task))
