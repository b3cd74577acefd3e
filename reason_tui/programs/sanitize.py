"""A program out of a model's reply (SEARCH.md): the last fenced block that parses and holds the entry point, else the
longest region that does, with the task's imports and helpers in front where it uses them and lacks them.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from reason_tui.programs.arithmetic import ANSWER
from reason_tui.programs.syntax import binds, defined, longest_prefix, parse, used
from reason_tui.tasks.types import Task

_FENCE = re.compile(r"^[ \t]*```[^\n`]*$", re.MULTILINE)
_START = re.compile(r"^\s*(?:(?:def|async def|class|import|from)\s+|@|\w+\s*=(?!=))")
_THOUGHT = "</think>"
_MAX_STARTS = 60
_LINE = "\n"


@dataclass(frozen=True)
class Extraction:
    """The program of a reply, or the reason why there is none (in the words of a status line)."""

    program: str | None
    reason: str = ""


def extract_solution(reply: str) -> Extraction:
    """The worked solution in the reply to a math problem: up to the line of its answer, thoughts left out."""
    text = reply.rpartition(_THOUGHT)[2] if _THOUGHT in reply else reply
    before, mark, after = text.partition(ANSWER)
    final = f"{mark} {after.strip().partition(_LINE)[0]}" if mark else ""
    solution = f"{before}{final}".strip()
    return Extraction(solution) if solution else Extraction(None, "the reply is empty")


def extract(reply: str, task: Task) -> Extraction:
    """The program in `reply` (the prompt's prefix and the completion together).

    A fence that is never closed is normal: the stop string is cut off. Garbage after a complete function is dropped.
    """
    answer = reply.rpartition(_THOUGHT)[2] if _THOUGHT in reply else reply
    blocks = list(_blocks(answer))
    whole = [block for block in blocks if parse(block) is not None]
    found = next((block for block in reversed(whole) if _holds(block, task.entry_point)), None)
    if found is None:
        regions = [region for text in (*blocks, answer) for region in _regions(text)]
        holding = [region for region in regions if _holds(region, task.entry_point)]
        found = max(holding, key=len, default=None)
    if found is None:
        return Extraction(None, _why_not(answer, blocks, task.entry_point))
    return Extraction(complete(found.strip("\n").rstrip(), task))


def complete(program: str, task: Task) -> str:
    """`program` with those imports and helpers of the task in front that it uses and does not define."""
    module = parse(program)
    source = task.given if task.given is not None and parse(task.given) is not None else task.preamble
    around = parse(source)
    if module is None or around is None:
        return program
    has, needs = defined(module), used(module)
    missing: list[ast.stmt] = []
    for node in reversed(around.body):
        if binds(node) & (needs - has):
            missing.insert(0, node)
            needs |= used(node)
    lead = "\n".join(ast.get_source_segment(source, node) or "" for node in missing)
    return f"{lead}\n\n{program}" if lead else program


def _blocks(text: str) -> Iterator[str]:
    """What stands between fences; the last may stay open."""
    fences = list(_FENCE.finditer(text))
    at = 0
    while at < len(fences):
        end = fences[at + 1].start() if at + 1 < len(fences) else len(text)
        yield textwrap.dedent(text[fences[at].end() : end]).strip("\n")
        at += 2


def _regions(text: str) -> Iterator[str]:
    """The longest parsable text from every line that could begin a program and is not part of a text found before."""
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if _START.match(line)][:_MAX_STARTS]
    covered = 0
    for start in starts:
        if start < covered:
            continue
        indent = len(lines[start]) - len(lines[start].lstrip())
        region = [line[indent:] if not line[:indent].strip() else line for line in lines[start:]]
        found = longest_prefix(region)
        covered = start + len(found.split("\n")) if found else covered
        yield found


def _holds(source: str, entry_point: str | None) -> bool:
    module = parse(source)
    if module is None:
        return False
    if entry_point is None:
        return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in module.body)
    return entry_point in defined(module)


def _why_not(answer: str, blocks: list[str], entry_point: str | None) -> str:
    if not answer.strip():
        return "the reply is empty"
    if not any(parse(block) is not None and block.strip() for block in blocks):
        return "no code that parses"
    return f"no function {entry_point}" if entry_point else "no function"
