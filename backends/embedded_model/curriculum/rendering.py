"""A chain as a Python program: as one expression, step by step, or as a loop."""

from __future__ import annotations

import ast
import random
import re
from dataclasses import dataclass

from embedded_model.curriculum.chains import Chain, Unsuitable
from embedded_model.curriculum.operations import Op

_LOOSE = (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.UnaryOp)
_STEP_NAMES = {
    "filter": "kept",
    "map": "mapped",
    "sorted": "ordered",
    "words": "words",
    "values": "values",
    "keys": "keys",
}


@dataclass(frozen=True)
class _Elements:
    """A comprehension that is not written yet: `elem` for `var` in `source` if `conds`."""

    elem: str
    var: str
    source: str
    conds: tuple[str, ...] = ()

    def inner(self) -> str:
        conds = "".join(f" if {cond}" for cond in self.conds)
        return f"{self.elem} for {self.var} in {self.source}{conds}"

    def written(self) -> str:
        plain = self.elem == self.var and not self.conds
        return self.source if plain else f"[{self.inner()}]"


class Renderer:
    """Writes one chain with the given argument names; `rng` chooses among equal ways."""

    def __init__(self, rng: random.Random, chain: Chain, names: tuple[str, ...]) -> None:
        self._rng = rng
        self._chain = chain
        self._names = names
        free = [name for name in ("x", "n", "v", "item") if name not in names]
        letters = [name for name in ("s", "w", "t", "word") if name not in names]
        self._int_var = free[0] if rng.random() < 0.7 else rng.choice(free)
        self._str_var = letters[0] if rng.random() < 0.7 else rng.choice(letters)
        self._char_var = "c" if "c" not in names else "ch"

    def body(self, style: str) -> str:
        """The statements of the function, not indented. Raises Unsuitable where the style does not fit."""
        text = {"expression": self._expression, "steps": self._steps, "loop": self._loop}[style]()
        for name in self._names:
            if re.search(rf"\bfor [\w, ]*\b{name}\b[\w, ]* in\b|lambda {name}\b", text):
                raise Unsuitable("an argument is bound again")
        return tidy(ast.unparse(ast.parse(text)))

    def _constant(self, index: int) -> str:
        op = self._chain.ops[index]
        return self._names[1] if index == self._chain.lifted else repr(op.k)

    def _var(self, kind: str) -> str:
        return {"ints": self._int_var, "strs": self._str_var, "text": self._char_var}.get(kind, "v")

    def _expression(self) -> str:
        value: str | _Elements = self._names[0]
        before = ""
        for index, op in enumerate(self._chain.ops):
            value, bound = self._apply(op, value, self._constant(index))
            before += bound
        return f"{before}return {_written(value)}"

    def _steps(self) -> str:
        if len(self._chain.ops) < 2:
            raise Unsuitable("one step only")
        lines, current, used = [], self._names[0], set(self._names)
        for index, op in enumerate(self._chain.ops):
            value, bound = self._apply(op, current, self._constant(index))
            if bound:
                raise Unsuitable("needs no further name")
            if index == len(self._chain.ops) - 1:
                lines.append(f"return {_written(value)}")
                break
            base = _STEP_NAMES.get(op.key.split("-")[0], "result")
            current = base
            while current in used:
                current = f"{base}{len(used)}"
            used.add(current)
            lines.append(f"{current} = {_written(value)}")
        return "\n".join(lines)

    def _apply(self, op: Op, value: str | _Elements, constant: str) -> tuple[str | _Elements, str]:
        """The expression after `op`, and statements that must come before it."""
        var = self._var(op.src)
        if op.cond or op.elem:
            elements = (
                value
                if isinstance(value, _Elements) and value.elem == value.var
                else _Elements(var, var, _written(value))
            )
            code = op.text(op.cond or op.elem, constant).replace("{v}", elements.var)
            if op.cond:
                return _Elements(elements.elem, elements.var, elements.source, (*elements.conds, code)), ""
            return _Elements(code, elements.var, elements.source, elements.conds), ""
        if isinstance(value, _Elements) and op.genexp and value.written() != value.source:
            return op.text(op.codes[0], constant).replace("{x}", value.inner()).replace("{v}", var), ""
        code = op.text(self._rng.choice(op.codes), constant).replace("{v}", var)
        text = _written(value)
        if code.count("{x}") > 1 and not text.isidentifier():
            return code.replace("{x}", "items"), f"items = {text}\n"
        return _insert(code, text), ""

    def _loop(self) -> str:
        ops = self._chain.ops
        run = 0
        while run < len(ops) and (ops[run].cond or ops[run].elem):
            run += 1
        fold = ops[run].fold if run < len(ops) else None
        if run == 0 and fold is None:
            raise Unsuitable("nothing to loop over")
        kind = ops[0].src
        var, acc = self._var(kind), "total" if fold and fold[0] == "0" else "result"
        if acc in self._names:
            raise Unsuitable("the accumulator's name is taken")
        lines, depth, current = [f"{acc} = {fold[0] if fold else '[]'}", f"for {var} in {self._names[0]}:"], 1, var
        for index in range(run):
            code = ops[index].text(ops[index].cond or ops[index].elem, self._constant(index)).replace("{v}", current)
            if ops[index].cond:
                lines.append(f"{'    ' * depth}if {code}:")
                depth += 1
            elif index == run - 1:
                current = code
            else:
                lines.append(f"{'    ' * depth}{var} = {code}")
        update = (
            ops[run].text(fold[1], self._constant(run)).replace("{v}", current) if fold else f"{acc}.append({current})"
        )
        lines += ["    " * depth + line for line in update.replace("{acc}", acc).split("\n")]
        value: str | _Elements = acc
        for index in range(run + (fold is not None), len(ops)):
            value, bound = self._apply(ops[index], value, self._constant(index))
            if bound:
                raise Unsuitable("needs no further name")
        return "\n".join([*lines, f"return {_written(value)}"])


def tidy(code: str) -> str:
    """`sum((x for x in xs))` → `sum(x for x in xs)`: the parentheses that `ast.unparse` doubles."""
    start = 0
    while (at := code.find("((", start)) >= 0:
        start = at + 1
        inner = _closing(code, at + 1)
        alone = code[inner + 1 : inner + 2] == ")"
        if at and (code[at - 1].isalnum() or code[at - 1] == "_") and alone and " for " in code[at + 2 : inner]:
            code = code[:at] + code[at + 1 : inner] + code[inner + 1 :]
    return code


def _closing(code: str, at: int) -> int:
    """Where the parenthesis at `at` closes (string literals of the curriculum hold no parentheses)."""
    depth = 0
    for index in range(at, len(code)):
        depth += (code[index] == "(") - (code[index] == ")")
        if depth == 0:
            return index
    return len(code)


def _written(value: str | _Elements) -> str:
    return value.written() if isinstance(value, _Elements) else value


def _insert(code: str, text: str) -> str:
    """`text` for `{x}`, in parentheses where precedence asks for them."""
    loose = isinstance(ast.parse(text, mode="eval").body, _LOOSE)
    return code.replace("{x}", f"({text})" if loose else text)


def bodies(rng: random.Random, chain: Chain, names: tuple[str, ...]) -> str:
    """A body in a random style: half of them one expression."""
    styles = ["expression"] * 4 + ["steps"] * 2 + ["loop"] * 2
    rng.shuffle(styles)
    for style in styles:
        try:
            return Renderer(rng, chain, names).body(style)
        except Unsuitable:
            continue
    raise Unsuitable("no style fits")
