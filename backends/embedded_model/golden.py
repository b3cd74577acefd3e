"""Fixed prompts, one for each shape the app sends, and one hash over them.

The embedded model was trained on exactly these shapes. `tests/prompts/golden` holds them as files, the model's card
holds `prompts_hash()`, and tests compare all three: whoever changes a template must train the model again.
"""

from __future__ import annotations

import hashlib

from reason_tui.prompts import Prompt, draft, repair, reply
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
    return {f"{name}.txt": texts[name] for name in sorted(texts)}


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
