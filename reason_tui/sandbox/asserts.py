"""Rewrites the asserts of a test, so that each gives its own record with both of its sides.

`assert L == R` becomes a `with` block that hands `L`, `R` and the comparison to the tester and goes on whether or not
it held. Done on the host, once per test, however many programs meet it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from reason_tui.sandbox.inside.protocol import INPLACE, SITE
from reason_tui.text import shorten

_BLOCK = "_reason_tui_assert"
_PROXY = "candidate"
_MAX_TEXT = 600


@dataclass(frozen=True)
class AssertSite:
    """One assert as a reader would write it. `call_on_right`: `assert 3 == f(1)`; `compares`: it is `L == R`."""

    test: str
    call: str
    expected: str | None
    compares: bool
    call_on_right: bool


@dataclass(frozen=True)
class RewrittenCheck:
    """`source` runs in the tester; a pass needs `required` executed asserts. `in_function`: they are in `check`."""

    source: str
    sites: tuple[AssertSite, ...]
    required: int
    in_function: bool


@lru_cache(maxsize=1024)
def rewrite(check: str, entry_point: str) -> RewrittenCheck:
    """Raises SyntaxError (or ValueError, RecursionError) where the test is not Python."""
    tree = ast.parse(check)
    rewriter = _Rewriter(entry_point)
    tree = ast.fix_missing_locations(rewriter.visit(tree))
    in_function = any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in tree.body)
    return RewrittenCheck(ast.unparse(tree), tuple(rewriter.sites), max(rewriter.required, 1), in_function)


@dataclass(frozen=True)
class RewrittenTests:
    """A module of test functions. `lines` leads from a line of `source` to the one it came from.

    `raising`: what stands in the `with pytest.raises(...)` block that begins in this line of the original.
    """

    source: str
    sites: tuple[AssertSite, ...]
    lines: Mapping[int, int]
    raising: Mapping[int, str]


@lru_cache(maxsize=1024)
def rewrite_tests(source: str, entry_point: str) -> RewrittenTests:
    """Raises SyntaxError (or ValueError, RecursionError) where the test is not Python."""
    tree = ast.parse(source)
    raising = {
        node.lineno: shorten(ast.unparse(node.body[0]), _MAX_TEXT)
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and "raises" in ast.unparse(node.items[0].context_expr)
    }
    rewriter = _TestRewriter(entry_point)
    tree = ast.fix_missing_locations(rewriter.visit(tree))
    text = ast.unparse(tree)
    pairs = zip(ast.walk(ast.parse(text)), ast.walk(tree), strict=True)
    lines = {new.lineno: old.lineno for new, old in pairs if isinstance(new, ast.stmt) and isinstance(old, ast.stmt)}
    return RewrittenTests(text, tuple(rewriter.sites), lines, raising)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, entry_point: str) -> None:
        self.entry_point = entry_point
        self.sites: list[AssertSite] = []
        self.required = 0

    def visit_Assert(self, node: ast.Assert) -> ast.With:
        number = len(self.sites)
        self.sites.append(_describe(node.test, self.entry_point))
        # `assert False` says "this line is not reached"; it is no assert that a pass would execute
        self.required += not (isinstance(node.test, ast.Constant) and not node.test.value)
        opening = _block(f"{SITE}({number}) as {_BLOCK}", _body(node.test))
        return ast.copy_location(opening, node)


class _TestRewriter(_Rewriter):
    """Asserts with their message, and calls whose result nobody looks at."""

    def visit_Assert(self, node: ast.Assert) -> ast.With:
        opening = super().visit_Assert(node)
        if node.msg is not None:
            nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
            opening.body.insert(0, _set("message", ast.Lambda(nothing, node.msg)))
        for part in ast.walk(opening):
            if isinstance(part, ast.stmt):
                ast.copy_location(part, node)
        return opening

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if not isinstance(node.value, ast.Call):
            return node
        return ast.copy_location(_block(f"{INPLACE}()", [node]), node)


def _block(context: str, body: list[ast.stmt]) -> ast.With:
    opening = ast.parse(f"with {context}:\n pass").body[0]
    assert isinstance(opening, ast.With)
    opening.body = body
    return opening


def _body(test: ast.expr) -> list[ast.stmt]:
    if not _is_plain_comparison(test):
        return [_set("verdict", test)]
    assert isinstance(test, ast.Compare)
    compare = ast.Compare(_get("left"), test.ops, [_get("right")])
    return [_set("left", test.left), _set("right", test.comparators[0]), _set("verdict", compare)]


def _is_plain_comparison(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and len(test.ops) == 1


def _set(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Attribute(ast.Name(_BLOCK, ast.Load()), name, ast.Store())], value)


def _get(name: str) -> ast.expr:
    return ast.Attribute(ast.Name(_BLOCK, ast.Load()), name, ast.Load())


def _describe(test: ast.expr, entry_point: str) -> AssertSite:
    shown = _Renamed(entry_point).visit(ast.parse(ast.unparse(test), mode="eval").body)
    calls = [node for node in ast.walk(shown) if isinstance(node, ast.Call) and _is_name(node.func, entry_point)]
    call = _text(calls[0]) if len(calls) == 1 else ""
    site = AssertSite(_text(shown), call, None, compares=False, call_on_right=False)
    if not (isinstance(shown, ast.Compare) and len(shown.ops) == 1 and isinstance(shown.ops[0], (ast.Eq, ast.Is))):
        return site
    left, right = shown.left, shown.comparators[0]
    on_right = _mentions(right, entry_point) and not _mentions(left, entry_point)
    asked, other = (right, left) if on_right else (left, right)
    expected = _text(other) if _is_literal(other) else None
    return AssertSite(_text(shown), _text(asked), expected, compares=True, call_on_right=on_right)


class _Renamed(ast.NodeTransformer):
    """The proxy's name in the test is the entry point's for a reader."""

    def __init__(self, entry_point: str) -> None:
        self.entry_point = entry_point

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.entry_point, node.ctx) if node.id == _PROXY else node


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _mentions(node: ast.expr, name: str) -> bool:
    return any(_is_name(inner, name) for inner in ast.walk(node))


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _text(node: ast.expr) -> str:
    return shorten(ast.unparse(node), _MAX_TEXT)
