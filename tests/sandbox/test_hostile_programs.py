"""Programs that try to harm the host or the next program. After each, an honest one passes on the same worker."""

from __future__ import annotations

import pytest

from reason_tui.sandbox import Job
from reason_tui.sandbox.attacks import hostile, try_one
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("attack", hostile(), ids=lambda attack: attack.name)
async def test_an_attack_is_contained_and_the_worker_is_as_it_was(sandbox, around, attack):
    assert await try_one(sandbox, attack, around) == ""


async def test_what_reaches_a_terminal_is_clean(sandbox):
    program = (
        "import os\nESC = '\\x1b]0;owned\\x07\\x9b31m\\u202e\\u200b\\x00'\n"
        "class Bad(Exception): pass\nBad.__name__ = 'Bad\\x1b[2J'\n"
        "def f(x):\n    os.write(1, ESC.encode() + b'\\xff\\xfe\\r')\n    os.write(2, ESC.encode())\n"
        "    if x: return ESC, {ESC: 1}\n    raise Bad(ESC)  # \x1b[31m\n"
    )
    job = Job(program=program, kind="cases", entry_point="f", cases=(CallCase(args=("1",)), CallCase(args=("0",))))
    verdict = await sandbox.run(job)
    failure = verdict.failure
    assert failure is not None
    shown = [
        verdict.stdout,
        verdict.stderr,
        failure.type,
        failure.message,
        failure.source,
        verdict.records[0].got or "",
    ]
    assert "owned" in verdict.stdout
    assert "owned" in failure.message
    for text in shown:
        assert all(character.isprintable() or character in "\n\t" for character in text.replace("\ufffd", "")), text


async def test_memory_of_one_program_is_not_found_by_the_next(sandbox):
    first = "x = 'needle-' + 'in-the-hay'\ndef f(): return x\n"
    verdict = await sandbox.run(Job(program=first, kind="cases", entry_point="f", cases=(CallCase(),)))
    assert verdict.records[0].got == "'needle-in-the-hay'"
    second = """
import gc
def f():
    mark = 'yah-eht-ni-eldeen'[::-1]
    known = [referent for thing in gc.get_objects() for referent in gc.get_referents(thing)]
    texts = [text.decode('latin-1') if type(text) is bytes else text for text in known if type(text) in (str, bytes)]
    found = 0
    for text in texts:
        found += mark in text
    return found, len(texts) > 1000
"""
    job = Job(program=second, kind="cases", entry_point="f", cases=(CallCase(expected="(0, True)"),))
    verdict = await sandbox.run(job)
    assert verdict.status == "pass", verdict.records
