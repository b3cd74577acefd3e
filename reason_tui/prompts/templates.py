"""The prompts the app sends. The embedded model is trained on exactly these: changing one means retraining."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reason_tui.policy import Message
from reason_tui.prompts.feedback import feedback
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, Frozen, Task, TestCase

FENCE = "```"
OPEN = f"{FENCE}python\n"
STOP = (f"\n{FENCE}",)

_DRAFT = "{prompt}\n\nWrite the whole program in one Python code block."
_REASON = "{prompt}\n\nFirst write the steps as a numbered list, then the whole program in one Python code block."
_WRONG = "{prompt}\n\nThis program is wrong:\n```python\n{program}\n```\n{feedback}"
_REPAIR = f"{_WRONG}{{memory}}\n\nWrite the corrected program in one Python code block."
_REFLECT = f"{_WRONG}\n\nSay in one sentence what is wrong with it."
_CRITIQUE = "{prompt}\n\n{programs}\n\nRank these programs, the best first. Answer with their numbers only."
_TESTS = "{prompt}\n\nWrite {count} assert statements that test {name}, in one Python code block."


class Prompt(Frozen):
    """Chat messages and the beginning of the reply. A reply is `prefix` + completion."""

    messages: tuple[Message, ...]
    prefix: str = ""
    stop: tuple[str, ...] = STOP


def draft(task: Task, hints: Sequence[str] = ()) -> Prompt:
    """Ask for a program from nothing. `hints` are the person's, in their own words."""
    return _prompt(_DRAFT.format(prompt=_problem(task, hints)), prefix(task))


def reason(task: Task, hints: Sequence[str] = ()) -> Prompt:
    """Ask for the steps in words, then the program.

    The reply begins with words, so it ends at a closing fence that ends its line, not at any fence.
    """
    text = _REASON.format(prompt=_problem(task, hints))
    return _prompt(text, "", stop=(f"\n{FENCE}\n",))


def repair(
    task: Task,
    program: str,
    verdict: Verdict,
    hints: Sequence[str] = (),
    memory: Sequence[str] = (),
    *,
    brief: bool = False,
) -> Prompt:
    """Ask for a corrected program, given what the sandbox found; `brief`: only the first of that, and shortened.

    `memory` has a line for each earlier attempt on the way to this program, the oldest first.
    """
    text = _REPAIR.format(**_wrong(task, program, verdict, hints, brief=brief), memory=_memory(memory))
    return _prompt(text, prefix(task))


def reflect(task: Task, program: str, verdict: Verdict) -> Prompt:
    """Ask in one sentence for what is wrong with a program."""
    return _prompt(_REFLECT.format(**_wrong(task, program, verdict, ())), "", stop=("\n",))


def critique(task: Task, programs: Sequence[str]) -> Prompt:
    """Ask for a ranking of programs, e.g. `2 1 3`."""
    listed = (f"Program {number}:\n{OPEN}{_bare(program)}\n{FENCE}" for number, program in enumerate(programs, 1))
    text = _CRITIQUE.format(prompt=_problem(task), programs="\n\n".join(listed))
    return _prompt(text, "", stop=("\n",))


def write_tests(task: Task, count: int) -> Prompt:
    """Ask for assert statements. Raises ValueError for a task without an entry point."""
    if task.entry_point is None:
        raise ValueError("the task does not say what its function is called")
    text = _TESTS.format(prompt=_problem(task), count=count, name=task.entry_point)
    return _prompt(text, f"{OPEN}assert {task.entry_point}(")


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
        is_class = _has_class(task.given or "", task.entry_point)
        return f"{OPEN}class {task.entry_point}" if is_class else f"{OPEN}def {task.entry_point}("
    return OPEN


def _has_class(program: str, name: str) -> bool:
    """Whether a program, which may not even parse, has a class of this name."""
    return re.search(rf"^class\s+{re.escape(name)}\b", program, re.MULTILINE) is not None


def added_examples(task: Task) -> list[int]:
    """Which visible tests a prompt states because the text of the problem does not."""
    dense = _dense(task.prompt.strip())
    examples = (_example(task.entry_point or "", case) for case in task.visible)
    return [at for at, (key, _) in enumerate(examples) if _dense(key) not in dense]


def _wrong(task: Task, program: str, verdict: Verdict, hints: Sequence[str], *, brief: bool = False) -> dict[str, str]:
    said = feedback(verdict, task.entry_point, brief=brief)
    return {"prompt": _problem(task, hints), "program": _bare(program), "feedback": said}


def _memory(lines: Sequence[str]) -> str:
    return "".join(("\n\nEarlier attempts:", *(f"\n- {line}" for line in lines))) if lines else ""


def _bare(program: str) -> str:
    return program.strip("\n")


def _problem(task: Task, hints: Sequence[str] = ()) -> str:
    """The prompt as typed; visible tests that do not stand in it are added as examples, hints in the end."""
    examples = (_example(task.entry_point or "", task.visible[at])[1] for at in added_examples(task))
    return "\n".join((task.prompt.strip(), *examples)) + "".join(f"\n\nHint: {hint.strip()}" for hint in hints)


def _dense(text: str) -> str:
    """Without white space: `f(0,1)` in a prompt is the call `f(0, 1)` of a test."""
    return "".join(text.split())


def _example(entry_point: str, case: TestCase) -> tuple[str, str]:
    """What to look for in the prompt, and how to write the test there if it is missing."""
    if not isinstance(case, CallCase):
        return case.source.strip(), case.source.strip()
    call = case.call(entry_point)
    outcome = case.expected if case.raises is None else f"raises {case.raises}"
    return call, f">>> {call}\n{outcome}"


def _prompt(text: str, begin: str, stop: tuple[str, ...] = STOP) -> Prompt:
    return Prompt(messages=(Message(role="user", content=text),), prefix=begin, stop=stop)
