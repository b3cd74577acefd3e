"""Normal form: two programs with the same one do the same, whatever they call their variables."""

from __future__ import annotations

import ast
import builtins
import hashlib
from functools import lru_cache

from reason_tui.programs.syntax import SHORT, defined, parse_anew

_INTROSPECTION = frozenset({"locals", "vars", "globals", "eval", "exec", "dir"})
_BUILTINS = frozenset(dir(builtins))
_REMEMBERED = 1024
"""Programs whose digest is kept: a search asks for each one several times."""


def fingerprint(program: str) -> str:
    """The digest of the normal form: equal for exact duplicates."""
    return _remembered(program) if len(program) <= SHORT else _digest(program)


def _digest(program: str) -> str:
    return hashlib.sha256(normal_form(program).encode("utf-8", "surrogatepass")).hexdigest()[:24]


_remembered = lru_cache(_REMEMBERED)(_digest)


def normal_form(program: str) -> str:
    """Without comments, docstrings and annotations, local names in order of appearance.

    Names of functions and of their parameters stay: a caller can see them. A program that does not parse is its own
    normal form.
    """
    module = parse_anew(program)
    if module is None:
        return program.strip()
    names = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    kept = defined(module) | _BUILTINS
    try:
        stripped = _Stripper().visit(module)
        if not names & _INTROSPECTION:
            for node in stripped.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    _Renamer(node, kept).visit(node)
        return ast.dump(stripped)
    except RecursionError:
        return program.strip()


class _Stripper(ast.NodeTransformer):
    """Drops what does not change what a program does."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._body(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self._body(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node  # annotations of a class may be data (dataclasses)

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._body(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return None if node.value is None else ast.Assign(targets=[node.target], value=node.value)

    def _body(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module) -> ast.AST:
        self.generic_visit(node)
        node.body = [item for item in node.body if not _is_string(item)] or [ast.Pass()]
        return node


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _Renamer(ast.NodeTransformer):
    """Renames, all through one function, every name it assigns; `kept` and parameters of functions stay."""

    def __init__(self, function: ast.AST, kept: set[str] | frozenset[str]) -> None:
        nodes = list(ast.walk(function))
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        fixed = set(kept)
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                fixed.add(node.name)
                fixed |= {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
            elif isinstance(node, ast.Lambda):
                stored |= {arg.arg for arg in node.args.args}
                fixed |= {arg.arg for arg in (*node.args.kwonlyargs, *node.args.posonlyargs)}
            elif isinstance(node, ast.Global | ast.Nonlocal):
                fixed |= set(node.names)
            elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                fixed.add(node.name)
        self._local = stored - fixed
        self._names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new(node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._new(node.arg)
        return node

    def _new(self, name: str) -> str:
        return self._names.setdefault(name, f"${len(self._names)}") if name in self._local else name
