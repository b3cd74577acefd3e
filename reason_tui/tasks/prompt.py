"""A task out of what a developer types: words, a signature, examples, a program to repair.

Nothing of it is executed; Python is told from prose by parsing.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
from collections.abc import Collection

from reason_tui.errors import TaskError
from reason_tui.tasks import examples, io_examples
from reason_tui.tasks.cases import called_names
from reason_tui.tasks.literals import parse_module
from reason_tui.tasks.outline import Chunk, Outline, outline
from reason_tui.tasks.testfile import read_tests
from reason_tui.tasks.testmodule import tested
from reason_tui.tasks.types import Task, TestCase

_NAMED = re.compile(r"\b(?:function|method|program)\s{1,4}(?:(?:named|called)\s{1,4})?[`\"']?([A-Za-z_]\w*)(?=[`\"'(])")
_CALLED = re.compile(r"\b(?:named|called)\s{1,4}[`\"']?([A-Za-z_]\w*)")
_NOT_NAMES = frozenset(("a", "an", "the", "that", "which", "it", "is", "in", "and", "or", "not", "if", *dir(builtins)))
_MENTION = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\((?!e?s\))")


def read_prompt(
    text: str,
    tests: str | None = None,
    id: str | None = None,  # noqa: A002
    entry_point: str | None = None,
    module: str | None = None,
) -> Task:
    """The task that `text` states, with the visible tests of `tests` beside those in the text.

    `entry_point` is needed only where the text leaves it open (it names no function, or one of Python's own);
    `module` is the name by which tests import the program, where the text is a file that has one. Where the text and
    `tests` contradict each other, `tests` is right.

    Raises TaskError where the text is empty or `tests` cannot be read.
    """
    text = clean_prompt(text)
    if not text.strip():
        raise TaskError(
            "The prompt is empty.",
            hint="Say what the function should do, e.g. `reverse a string`, with a `>>>` example or two.",
        )
    parts = outline(text)
    prose = "\n".join([*(text for chunk in parts.functions for text in chunk.docstrings[-1:]), parts.prose])
    target = _target(parts, prose, tested(tests or ""))
    entry_point = _name(target) if target else entry_point or _entry_point(prose, tests)
    preamble, given = _surroundings(parts, target)
    known = defined(preamble)
    visible = _visible(parts, target, entry_point, known)
    if tests is not None and tests.strip():
        typed, entry_point = read_tests(tests, entry_point, known, module)
        visible = _merge(visible, typed, entry_point or "")
    return Task(
        id=id or slug(text, entry_point),
        prompt=text,
        entry_point=entry_point,
        signature=target.header or None if target else None,
        preamble=preamble,
        visible=visible,
        given=given,
    )


def clean_prompt(text: str) -> str:
    """`text` with `\\n` line ends, without byte-order mark, NULs and lone surrogates (no encoder takes those)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def slug(text: str, entry_point: str | None) -> str:
    """An id that a reader recognises and that is the same for the same text, e.g. `reverse-3f2a9c`."""
    words = re.findall(r"[A-Za-z0-9]+", entry_point or text)
    name = "-".join(words[:4]).lower()[:32] or "task"
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _target(parts: Outline, prose: str, imported: Collection[str]) -> Chunk | None:
    """The function to write (the last unfinished one), else what is to be repaired: what the tests import, first."""
    functions = parts.functions
    unfinished = [chunk for chunk in functions if not chunk.finished]
    if unfinished:
        return unfinished[-1]
    by_tests = (chunk for name in imported for chunk in parts.chunks if _name(chunk) == name)
    if (found := next(by_tests, None)) is not None:
        return found
    if not functions:
        return None
    named = examples.called(prose)
    by_name = {chunk.name: chunk for chunk in functions}
    if named in by_name:
        return by_name[named]
    used = {name for chunk in functions if chunk.node for name in called_names(chunk.node) if name != chunk.name}
    return next((chunk for chunk in reversed(functions) if chunk.name not in used), functions[-1])


def _name(chunk: Chunk) -> str | None:
    return chunk.node.name if isinstance(chunk.node, ast.ClassDef) else chunk.name


def _entry_point(prose: str, tests: str | None) -> str | None:
    """The name that the examples call, else the tests, else one that the words mention."""
    named = examples.called(prose) or next(iter(tested(tests or "")), None)
    named = named or (examples.called(clean_prompt(tests)) if tests else None)
    if named:
        return named
    for pattern in (_NAMED, _CALLED, _MENTION):
        for match in pattern.finditer(prose):
            if match.group(1) not in _NOT_NAMES:
                return match.group(1)
    return None


def _surroundings(parts: Outline, target: Chunk | None) -> tuple[str, str | None]:
    """The preamble, and the program to repair where there is one."""
    if target is None:
        return "\n\n".join(chunk.source for chunk in parts.chunks if _is_import(chunk.node)), None
    before = parts.chunks[: parts.chunks.index(target)]
    if target.finished:
        imports = [chunk.source for chunk in before if _is_import(chunk.node) or isinstance(chunk.node, ast.Assign)]
        return "\n".join(imports), parts.program
    sources = [chunk.source for chunk in before if chunk.node is not None and chunk.finished]
    body = target.node.body if isinstance(target.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    sources += [ast.unparse(node) for node in body if _is_import(node)]
    return "\n\n".join(sources), None


def _is_import(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def defined(preamble: str) -> frozenset[str]:
    """The names that the preamble defines: asserts run after it and may use them."""
    names: set[str] = set()
    for node in parse_module(preamble) or ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def _visible(
    parts: Outline, target: Chunk | None, entry_point: str | None, known: frozenset[str]
) -> tuple[TestCase, ...]:
    """The tests in the docstring of the target, then those in the prose."""
    if entry_point is None:
        return ()
    if target is None:
        return examples.find(parts.prose, entry_point, known)
    readings = [_stated(text, entry_point, target.header, known) for text in target.docstrings]
    in_docstring = max(readings, key=len, default=())
    return _merge(in_docstring, _stated(parts.prose, entry_point, target.header, known), entry_point)


def _stated(text: str, entry_point: str, signature: str, known: frozenset[str]) -> tuple[TestCase, ...]:
    """The tests in `text`: calls with their value, and inputs with their output."""
    return _merge(io_examples.find(text, signature), examples.find(text, entry_point, known), entry_point)


def _merge(first: tuple[TestCase, ...], second: tuple[TestCase, ...], entry_point: str) -> tuple[TestCase, ...]:
    """Both; where they state a test of the same call, the second is right."""
    return tuple(
        {case.call(entry_point) if case.kind == "call" else case.source: case for case in (*first, *second)}.values()
    )
