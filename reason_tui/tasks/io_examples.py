"""Examples that name arguments and result apart, as problem sites write them: `Input: xs = [1], k = 2` and `Output: 3`
below it, or `For xs = [1] the output should be 3`. They need a signature: it says where each value goes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from reason_tui.tasks.examples import expected_value
from reason_tui.tasks.literals import literal_prefix, parse_expression, parse_module
from reason_tui.tasks.types import CallCase

_INPUT = re.compile(r"^[ \t*>-]{0,20}Input\b[ \t*]{0,20}:[ \t*]{0,20}", re.MULTILINE | re.IGNORECASE)
_OUTPUT = re.compile(r"^[ \t*>-]{0,20}Output\b[ \t*]{0,20}:\s{0,20}\*{0,2}[ \t]{0,20}`?", re.MULTILINE | re.IGNORECASE)
_FOR = re.compile(r"\bFor[ \t]{1,8}(?=\w+[ \t]{0,8}=)", re.IGNORECASE)
_RESULT = re.compile(
    r"[^\n]{0,200}?\b(?:output|result|answer)[ \t]{1,8}(?:should[ \t]{1,8}be|will[ \t]{1,8}be|is)\b:?[ \t]*"
)
_NAME = re.compile(r"[\s,;`*]{0,200}(?:and[ \t]{1,8})?(?:([A-Za-z_]\w*)[ \t]{0,8}[=:](?!=)\s{0,8})?")
_MAX_EXAMPLES = 50
_MAX_INPUT = 10_000

Value = tuple[str | None, str]
"""The name that stands before a literal, if one does, and the literal."""


def find(text: str, signature: str) -> tuple[CallCase, ...]:
    """The tests that `text` states in these two forms; what cannot be understood is left out."""
    names = _parameters(signature)
    found = [*_input_output(text), *_for(text)] if names else []
    cases = (_case(values, expected, names) for values, expected in found)
    return tuple(case for case in cases if case is not None)


def _parameters(signature: str) -> list[str]:
    body = parse_module(f"{signature.rstrip()} pass")
    if not body or not isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    return [arg.arg for arg in (*body[0].args.posonlyargs, *body[0].args.args)]


def _input_output(text: str) -> Iterator[tuple[list[Value], str]]:
    starts = list(_INPUT.finditer(text))[:_MAX_EXAMPLES]
    for at, start in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(text)
        output = _OUTPUT.search(text, start.end(), min(end, start.end() + _MAX_INPUT))
        if output is None:
            continue
        values, rest = _values(text[start.end() : output.start()])
        expected = expected_value(text[output.end() : end])
        if values and not rest.strip(" \t\n`*,;.") and expected is not None:
            yield values, expected


def _for(text: str) -> Iterator[tuple[list[Value], str]]:
    for start in list(_FOR.finditer(text))[:_MAX_EXAMPLES]:
        values, rest = _values(text[start.end() : start.end() + _MAX_INPUT])
        result = _RESULT.match(rest)
        expected = expected_value(rest[result.end() :]) if result else None
        if expected is not None and all(name for name, _ in values):
            yield values, expected


def _values(text: str) -> tuple[list[Value], str]:
    """The literals that `text` begins with, named or not, and what follows them."""
    values: list[Value] = []
    while True:
        named = _NAME.match(text)
        after = text[named.end() :] if named else text
        found = literal_prefix(after)
        if found is None:
            return values, text
        source, text = found
        node = parse_expression(source)
        values.append((named.group(1) if named else None, ast.unparse(node) if "\n" in source and node else source))


def _case(values: list[Value], expected: str, parameters: list[str]) -> CallCase | None:
    """The call, its values where the signature has their names, else in their order if there is one for each."""
    by_name = {name: source for name, source in values if name is not None}
    if len(by_name) == len(values) and by_name.keys() <= set(parameters):
        first = parameters[: len(by_name)]
        if by_name.keys() == set(first):
            return CallCase(args=tuple(by_name[name] for name in first), expected=expected)
        return CallCase(kwargs=by_name, expected=expected)
    if len(values) == len(parameters):
        return CallCase(args=tuple(source for _, source in values), expected=expected)
    return None
