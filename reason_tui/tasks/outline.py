"""Where the Python stands in a prompt, and where the prose."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from reason_tui.tasks.literals import balanced_end, parse_module, try_module

_FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_STARTS = re.compile(
    r"def\s+\w+\s*\(|async\s+def\s+\w+\s*\(|class\s+\w+\s*[:(]|import\s+\w|from\s+[\w.]+\s+import\s|@\w|[A-Za-z_]\w*\s*(?::[^=\n]+)?=[^=>]"
)
_HEADER = re.compile(r"(?:async\s+)?def\s+(\w+)\s*(?=\()")
_RETURNS = re.compile(r"\s*->\s*[\w.\"' |]+(?=(\[)?)")
_MAX_TRIES = 100
_MAX_FAILURES = 20
"""Lines that look like the beginning of a statement and are none: after so many the rest is taken for prose."""


@dataclass(frozen=True)
class Chunk:
    """One top-level statement of the prompt as it is written; `node` is None where it does not parse.

    `docstrings` are readings of one text (escapes understood, or as written): the one with more examples is meant.
    """

    source: str
    node: ast.stmt | None
    name: str | None = None
    header: str = ""
    docstrings: tuple[str, ...] = ()
    finished: bool = True


@dataclass
class Outline:
    """The statements of a prompt, and all text that is none of them."""

    chunks: list[Chunk] = field(default_factory=list)
    prose: str = ""
    program: str = ""

    @property
    def functions(self) -> list[Chunk]:
        """The statements that define a function."""
        return [chunk for chunk in self.chunks if chunk.header]


def outline(text: str) -> Outline:
    """Tell code from prose. Fenced blocks that define something are code; so are statements at the margin."""
    result = Outline()
    rest: list[str] = []
    at = 0
    for fence in _FENCE.finditer(text):
        block = textwrap.dedent(fence.group(2))
        rest.append(text[at : fence.start()])
        at = fence.end()
        if fence.group(1).lower() in ("", "py", "python", "python3") and re.search(
            r"^[ \t]*(?:def|class)\s", block, re.M
        ):
            result.program = _program(block)
            rest.append(_take(block, result.chunks))
        else:
            rest.append(block)
    rest.append(text[at:])
    prose = "\n".join(rest)
    result.prose = prose
    if not result.program:
        result.prose = _take(textwrap.dedent(prose), result.chunks)
        result.program = "\n\n".join(chunk.source for chunk in result.chunks)
    return result


def _program(block: str) -> str:
    """A block without what only tries the program out: a test that fails must not keep the program from loading."""
    body = parse_module(block)
    if body is None:
        return block.strip("\n")
    lines = block.encode().split(b"\n")
    for node in reversed(body):
        main_guard = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if isinstance(node, ast.Assert | ast.Expr) or main_guard:
            lines[node.lineno - 1 : node.end_lineno] = []
    return b"\n".join(lines).decode().strip("\n")


def _take(text: str, chunks: list[Chunk]) -> str:
    """Move the statements of `text` to `chunks`; what is left of it."""
    lines = text.split("\n")
    prose: list[str] = []
    at = failures = 0
    while at < len(lines):
        begins = failures < _MAX_FAILURES and _STARTS.match(lines[at]) is not None
        found = _statement(lines, at) if begins else None
        failures += begins and found is None
        if found is None:
            prose.append(lines[at])
            at += 1
            continue
        chunk, at, left_over = found
        chunks.append(chunk)
        prose.append(left_over)
    return "\n".join(prose)


def _statement(lines: list[str], start: int) -> tuple[Chunk, int, str] | None:
    """The statement at `start`, the line after it, and what of its line is prose."""
    tried = 0
    for end in islice(_ends(lines, start), _MAX_TRIES):
        source = "\n".join(lines[start:end]).rstrip()
        body = try_module(source)
        if isinstance(body, list) and len(body) == 1:
            return _chunk(source, body[0]), end, ""
        if isinstance(body, list) or not _more_may_help(body, tried):
            break
        tried = end - start
    return _header_only(lines, start)


def _more_may_help(error: SyntaxError, tried: int) -> bool:
    """Whether text that fails in this way may parse with more lines: `tried` were there before the last were added."""
    message = error.msg or ""
    return "unterminated" in message or "never closed" in message or (error.lineno or 0) > tried


def _ends(lines: list[str], start: int) -> Iterator[int]:
    """Where the statement may end: before every line at the margin, the nearest first."""
    for at in range(start + 1, len(lines) + 1):
        if at == len(lines) or (lines[at].strip() and not lines[at][0].isspace()):
            yield at


def _header_only(lines: list[str], start: int) -> tuple[Chunk, int, str] | None:
    """A `def` whose body is missing, prose, or broken Python."""
    text = "\n".join(lines[start:])
    named = _HEADER.match(text)
    close = balanced_end(text, named.end()) if named else None
    if named is None or close is None:
        return None
    end = close
    returns = _RETURNS.match(text, close)
    if returns:
        end = returns.end() if not returns.group(1) else balanced_end(text, returns.end()) or close
    header = text[:end].rstrip()
    if parse_module(f"{header}: pass") is None:
        return None
    after = re.compile(r"[ \t]*:?").match(text, end)
    rest = text[after.end() if after else end :]
    left_over, _, below = rest.partition("\n")
    size = text[: len(text) - len(rest)].count("\n") + 1
    body = _indented(below.split("\n")) if not left_over.strip() else []
    if body and _looks_like_code(body):
        source = "\n".join([header + ":", *body]).rstrip()
        return Chunk(source, None, named.group(1), header + ":", (source,)), start + size + len(body), ""
    return Chunk(f"{header}:", None, named.group(1), f"{header}:", finished=False), start + size, left_over


def _indented(lines: list[str]) -> list[str]:
    end = next((at for at, line in enumerate(lines) if line.strip() and not line[0].isspace()), len(lines))
    return lines[:end]


def _looks_like_code(body: list[str]) -> bool:
    return any(re.match(r"\s+(?:(?:return|for|while|if|yield)\b|\w+\s*[-+*/]?=[^=])", line) for line in body)


def _chunk(source: str, node: ast.stmt) -> Chunk:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return Chunk(source, node)
    first = node.body[0]
    header = _header(source, first)
    docstrings = _docstrings(source, node)
    return Chunk(source, node, node.name, header, docstrings, not all(map(_is_filler, node.body)))


def _header(source: str, first: ast.stmt) -> str:
    """The `def` line(s): everything before the first statement of the body, comments left out."""
    lines = source.encode().split(b"\n")
    head = b"\n".join([*lines[: first.lineno - 1], lines[first.lineno - 1][: first.col_offset]]).decode()
    named = _HEADER.search(head)
    close = balanced_end(head, named.end()) if named else None
    if close is None:
        return head.rstrip()
    return head[: head.index(":", _skip_annotation(head, close)) + 1]


def _skip_annotation(head: str, at: int) -> int:
    while (bracket := re.compile(r"[^:\[\n]*\[").match(head, at)) is not None:
        at = balanced_end(head, bracket.end() - 1) or len(head)
    return at


def _is_filler(node: ast.stmt) -> bool:
    """Whether a statement says that the body is still to be written."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and (node.value.value is ... or isinstance(node.value.value, str))
    if isinstance(node, ast.Raise):
        return "NotImplemented" in ast.unparse(node)
    return isinstance(node, ast.Pass | ast.Import | ast.ImportFrom)


def _docstrings(source: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """The strings that stand as statements in the body: as Python reads them, and as they are written."""
    nodes = [item.value for item in node.body if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)]
    read = "\n".join(item.value for item in nodes if isinstance(item.value, str))
    written = "\n".join(ast.get_source_segment(source, item) or "" for item in nodes if isinstance(item.value, str))
    return (read, re.sub(r"^[rRuU]?(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$", "", written)) if read else ()
