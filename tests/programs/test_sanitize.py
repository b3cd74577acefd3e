"""A program out of a reply."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reason_tui.programs import extract
from reason_tui.prompts import prefix
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import Task

DOUBLE = Task(id="t", prompt="double", entry_point="double", signature="def double(x):")
HUMANEVAL = Path(__file__).parents[3] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"


def program(reply: str, task: Task = DOUBLE) -> str | None:
    return extract(reply, task).program


def test_an_unclosed_fence_is_read_to_the_end():
    assert program("```python\ndef double(x):\n    return 2 * x") == "def double(x):\n    return 2 * x"


def test_the_last_block_that_holds_the_entry_point_wins():
    reply = (
        "```python\ndef double(x):\n    return x\n```\nBetter:\n```python\ndef double(x):\n    return 2 * x\n```\n"
        "Try it:\n```python\nprint(double(2))\n```"
    )
    assert program(reply) == "def double(x):\n    return 2 * x"


def test_a_partial_line_after_a_complete_function_is_dropped():
    reply = "```python\ndef double(x):\n    return 2 * x\n\ndef helper(y, z"
    assert program(reply) == "def double(x):\n    return 2 * x"


def test_prose_after_the_code_is_dropped():
    reply = "```python\ndef double(x):\n    return 2 * x\n<|im_end|> I hope this helps"
    assert program(reply) == "def double(x):\n    return 2 * x"


def test_code_without_fences_is_found_between_prose():
    reply = "Sure, here it is:\n\nimport math\n\ndef double(x):\n    return math.prod([2, x])\n\nThat is all, isn't it?"
    assert program(reply) == "import math\n\ndef double(x):\n    return math.prod([2, x])"


def test_an_indented_block_is_brought_to_the_margin():
    assert program("1. Use this:\n   ```\n   def double(x):\n       return 2 * x\n   ```") == (
        "def double(x):\n    return 2 * x"
    )


def test_code_thought_aloud_is_not_the_answer():
    reply = (
        "<think>```python\ndef double(x):\n    return 0\n```</think>\n```python\ndef double(x):\n    return 2*x\n```"
    )
    assert program(reply) == "def double(x):\n    return 2*x"


def test_a_function_of_another_name_is_no_program():
    found = extract("```python\ndef triple(x):\n    return 3 * x\n```", DOUBLE)
    assert (found.program, found.reason) == (None, "no function double")


def test_an_assigned_lambda_is_an_entry_point():
    assert program("```python\ndouble = lambda x: 2 * x\n```") == "double = lambda x: 2 * x"


def test_words_alone_are_no_program():
    assert extract("I cannot do that.", DOUBLE).reason == "no code that parses"
    assert extract("", DOUBLE).reason == "the reply is empty"


def test_any_function_will_do_where_no_entry_point_is_known():
    task = Task(id="t", prompt="double a number")
    assert program("```python\ndef twice(x):\n    return 2 * x\n```", task) == "def twice(x):\n    return 2 * x"


def test_helpers_of_the_task_are_put_in_front_where_used_and_missing():
    preamble = "import math\n\ndef area(r):\n    return math.pi * r ** 2\n\ndef unused():\n    pass"
    task = DOUBLE.model_copy(update={"preamble": preamble})
    assert program("```python\ndef double(x):\n    return 2 * area(x)\n```", task) == (
        "import math\ndef area(r):\n    return math.pi * r ** 2\n\ndef double(x):\n    return 2 * area(x)"
    )


def test_a_helper_that_the_reply_repeats_is_not_doubled():
    task = DOUBLE.model_copy(update={"preamble": "import math"})
    text = "import math\n\ndef double(x):\n    return math.prod([2, x])"
    assert program(f"```python\n{text}\n```", task) == text


def test_helpers_of_a_given_program_are_kept_when_only_the_entry_point_is_rewritten():
    given = "def two():\n    return 2\n\ndef double(x):\n    return two() + x"
    task = DOUBLE.model_copy(update={"given": given})
    assert program("```python\ndef double(x):\n    return two() * x\n```", task) == (
        "def two():\n    return 2\n\ndef double(x):\n    return two() * x"
    )


@pytest.mark.skipif(
    not HUMANEVAL.exists(), reason="needs shared-data: the shared HumanEval data are not beside this checkout"
)
def test_every_humaneval_reference_survives_the_way_through_a_reply():
    rows = [json.loads(line) for line in gzip.decompress(HUMANEVAL.read_bytes()).splitlines()]
    lost = []
    for row in rows:
        task = read_prompt(row["prompt"])
        found = program(prefix(task) + row["canonical_solution"], task) or ""
        if row["canonical_solution"].strip().splitlines()[-1] not in found:
            lost.append(row["task_id"])
    assert lost == []
