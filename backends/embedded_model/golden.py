"""Fixed prompts, one for each shape the app sends, and one hash over them.

The embedded model was trained on exactly these shapes. `tests/prompts/golden` holds them as files, the model's card
holds `prompts_hash()`, and tests compare all three: whoever changes a template must train the model again.
"""

from __future__ import annotations

import hashlib

from reason_tui.prompts import (
    Prompt,
    critique,
    draft,
    math_reply,
    reason,
    reflect,
    repair,
    reply,
    revise_math,
    solve_math,
    write_tests,
    wrong_answer,
    wrong_step,
)
from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.tasks.types import AssertCase, CallCase, Task

_SIGNATURE = "def total(numbers: list[int]) -> int:"
_CASES = (CallCase(args=("[1, 2]",), expected="3"), CallCase(args=("[]",), expected="0"))
_WRONG = "def total(numbers: list[int]) -> int:\n    return max(numbers)"
_RIGHT = "def total(numbers: list[int]) -> int:\n    return sum(numbers)"

WITH_SIGNATURE = Task(
    id="golden/signature",
    prompt=f'{_SIGNATURE}\n    """Return the sum of numbers.\n\n    >>> total([1, 2])\n    3\n    """',
    entry_point="total",
    signature=_SIGNATURE,
    visible=_CASES,
)
WITH_EXAMPLES = Task(
    id="golden/examples",
    prompt="Return the sum of a list of numbers.\n>>> total([1, 2])\n3\n>>> total([])\n0",
    entry_point="total",
    visible=_CASES,
)
WITH_ASSERTS = Task(
    id="golden/asserts",
    prompt="Return the sum of a list of numbers.",
    entry_point="total",
    visible=(CallCase(args=("[]",), raises="ValueError"), AssertCase(source="assert total([1]) > 0")),
)
WITH_PREAMBLE = Task(
    id="golden/preamble",
    prompt=f'import math\n\n{_SIGNATURE}\n    """Return the sum of numbers."""',
    entry_point="total",
    signature=_SIGNATURE,
    preamble="import math",
)
BARE = Task(id="golden/bare", prompt="Return the sum of a list of numbers.")


def golden_texts() -> dict[str, str]:
    """File name → text, in order of name."""
    texts = {
        "draft_signature": _text(draft(WITH_SIGNATURE)),
        "draft_examples": _text(draft(WITH_EXAMPLES)),
        "draft_asserts": _text(draft(WITH_ASSERTS)),
        "draft_preamble": _text(draft(WITH_PREAMBLE)),
        "draft_bare": _text(draft(BARE)),
        "reply_signature": reply(WITH_SIGNATURE, _RIGHT),
        "reply_examples": reply(WITH_EXAMPLES, _RIGHT),
        "reply_bare": reply(BARE, _RIGHT),
    }
    for name, verdict in _verdicts().items():
        texts[f"repair_{name}"] = _text(repair(WITH_EXAMPLES, _WRONG, verdict))
    texts["repair_signature"] = _text(repair(WITH_SIGNATURE, _WRONG, _verdicts()["wrong_value"]))
    texts |= _around() | _math()
    return {f"{name}.txt": texts[name] for name in sorted(texts)}


def _around() -> dict[str, str]:
    """What a search asks beside drafts and plain repairs."""
    wrong = _verdicts()["wrong_value"]
    hints, memory = ("mind the empty list",), ("total([1, 2]) returned 1, expected 3",)
    return {
        "draft_hint": _text(draft(WITH_EXAMPLES, hints)),
        "reason": _text(reason(WITH_EXAMPLES)),
        "repair_memory": _text(repair(WITH_EXAMPLES, _WRONG, wrong, hints, memory)),
        "reflect": _text(reflect(WITH_EXAMPLES, _WRONG, wrong)),
        "critique": _text(critique(WITH_EXAMPLES, (_WRONG, _RIGHT))),
        "write_tests": _text(write_tests(WITH_EXAMPLES, 3)),
    }


def _math() -> dict[str, str]:
    problem = "Tom has 3 boxes with 4 pens each and 5 more pens. How many pens has he?"
    steps = ("3 * 4 = 11", "11 + 5 = 16")
    reply = math_reply(steps, "16")
    return {
        "math": _text(solve_math(problem)),
        "math_reply": reply,
        "math_wrong_step": _text(revise_math(problem, reply, wrong_step(steps[0], "12"))),
        "math_wrong_answer": _text(revise_math(problem, reply, wrong_answer())),
    }


def prompts_hash() -> str:
    """SHA-256 over every golden text: file name, a NUL, the text in UTF-8, a NUL; in order of name."""
    digest = hashlib.sha256()
    for name, text in golden_texts().items():
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
    return digest.hexdigest()


def _text(prompt: Prompt) -> str:
    """Every part of a prompt, each under a heading."""
    parts = [f"<{message.role}>\n{message.content}" for message in prompt.messages]
    parts += [f"<prefix>\n{prompt.prefix}", f"<stop>\n{prompt.stop!r}"]
    return "\n".join(parts) + "\n"


def _verdicts() -> dict[str, Verdict]:
    passed = TestRecord(test="total([1]) == 1", ok=True, call="total([1])", expected="1", got="1")
    wrong = TestRecord(test="total([1, 2]) == 3", ok=False, call="total([1, 2])", expected="3", got="2")
    failure = Failure(type="ValueError", message="max() arg is an empty sequence", line=2, source="return max(numbers)")
    raised = TestRecord(test="total([]) == 0", ok=False, call="total([])", expected="0", failure=failure)
    slow = TestRecord(test="total([]) == 0", ok=False, call="total([])", expected="0", timed_out=True)
    false = TestRecord(test="total([1]) > 0", ok=False, failure=Failure(type="AssertionError", message="", line=None))
    syntax = Failure(type="SyntaxError", message="expected ':'", line=1, source="def total(numbers)")
    return {
        "wrong_value": Verdict(status="fail", records=(passed, wrong), loaded=True, has_entry_point=True),
        "exception": Verdict(status="error", records=(wrong, raised), loaded=True, has_entry_point=True),
        "test_timeout": Verdict(status="timeout", records=(passed, slow), loaded=True, has_entry_point=True),
        "false_assert": Verdict(status="fail", records=(passed, false), loaded=True, has_entry_point=True),
        "load_error": Verdict(status="error", failure=syntax),
        "missing": Verdict(status="fail", loaded=True, has_entry_point=False),
        "timeout": Verdict(status="timeout", loaded=False),
    }
