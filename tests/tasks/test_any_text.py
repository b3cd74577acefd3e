"""Whatever is typed is read, or refused by a TaskError."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reason_tui.errors import TaskError
from reason_tui.programs import extract, fingerprint, inputs
from reason_tui.prompts import draft
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import Task

FRAGMENTS = st.sampled_from(
    [
        "def f(x):", "def f(", "f(1)", "f(x=[1])", "f(", ") == ", " -> ", "2", "[1, 2]", '"a', "'''", '"""', ">>> ",
        "... ", "\n", "\n    ", "```", "```python\n", "assert ", "return x", "import math", "class A:", "@d",
        "x = ", "# note", "Input: ", "\nOutput: ", "For x = ", " the output should be ",
        "Traceback (most recent call last):", "ValueError: no", "raises ValueError", "{", "}", "\\", "λ", "\0", "\r\n",
        "lambda: 0", "f(*a)", "async def f(x): ...", "1e999", "set()", "{[]: 1}", "f\"{x}\"", "-" * 50, "not ",
        "é\u0301",
    ]
)  # fmt: skip
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=80)


@given(text=TEXTS, tests=st.none() | TEXTS)
@settings(max_examples=300, deadline=None)
def test_a_prompt_is_read_or_refused(text, tests):
    try:
        task = read_prompt(text, tests)
    except TaskError as error:
        assert error.what and error.hint
        return
    assert Task.model_validate_json(task.model_dump_json()) == task
    assert draft(task).messages
    assert all(case.expected is None for case in inputs(task))


@given(reply=TEXTS)
@settings(max_examples=300, deadline=None)
def test_a_reply_gives_a_program_that_parses_or_a_reason(reply):
    found = extract(reply, Task(id="t", prompt="p", entry_point="f"))
    assert (found.program is None) == bool(found.reason)
    if found.program is not None:
        compile(found.program, "program", "exec", flags=0x400)  # ast only
        assert fingerprint(found.program)
