"""Wrong programs that look like a small model's: another operation, a stage left out, a slip of the pen."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from dataclasses import replace

from embedded_model.curriculum import execution
from embedded_model.curriculum.chains import Chain, Unsuitable
from embedded_model.curriculum.collections_ops import draw
from embedded_model.curriculum.problems import Problem
from embedded_model.curriculum.rendering import bodies, tidy
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import Task

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip


def wrong_program(
    rng: random.Random, problem: Problem, task: Task, program: str, chain: Chain | None
) -> tuple[str, Verdict]:
    """A program that fails a visible test, with its verdict. Raises Unsuitable where the draw has no luck."""
    entry, visible = task.entry_point, task.visible
    if entry is None or not visible:
        raise Unsuitable("nothing to fail")
    tests = tuple(case for case in visible if case.kind == "call")
    kind = rng.random()
    if kind < 0.03:
        return _endless(program), execution.timed_out(entry, tests)
    if chain is not None and kind < 0.6:
        wrong = _other_chain(rng, problem, program, chain)
    elif kind < 0.86:
        wrong = _slip(rng, program)
    elif kind < 0.92:
        wrong = _broken_text(rng, program)
    elif kind < 0.95:
        wrong = re.sub(
            rf"\bdef {re.escape(entry)}\b", f"def {rng.choice(('solve', 'f', entry[:-1] or 'g', entry + 's'))}", program
        )
    else:
        wrong = _rename(rng, problem, program)
    if wrong == program or "while" in program:
        raise Unsuitable("nothing went wrong")
    verdict = execution.run(wrong, entry, tests)
    if verdict.status == "pass":
        raise Unsuitable("the mutation does no harm")
    return wrong, verdict


def _other_chain(rng: random.Random, problem: Problem, program: str, chain: Chain) -> str:
    """The same header around a chain with one stage replaced or left out."""
    ops = list(chain.ops)
    at = rng.randrange(len(ops))
    if len(ops) > 1 and ops[at].src == ops[at].dst and rng.random() < 0.4 and at != chain.lifted:
        del ops[at]
        lifted = chain.lifted if chain.lifted is None or chain.lifted < at else chain.lifted - 1
    else:
        lifted = chain.lifted
        for _ in range(20):
            other = draw(rng, ops[at].src)
            fits = other is not None and other.dst == ops[at].dst and (other.key != ops[at].key or other.k != ops[at].k)
            if fits and other is not None and (at != lifted or isinstance(other.k, int)):
                ops[at] = other
                break
        else:
            raise Unsuitable("no other operation fits")
    body = bodies(rng, replace(chain, ops=tuple(ops), lifted=lifted), problem.names)
    return _header(program) + problem.program(body, "\n").lstrip("\n")


def _header(program: str) -> str:
    """Everything up to and including the `def` line."""
    return program[: program.index("\n", program.index("def ")) + 1]


def _slip(rng: random.Random, program: str) -> str:
    """One small change in the tree of the function's body."""
    tree = ast.parse(program)
    sites: list[Callable[[], None]] = []
    for node in ast.walk(tree):
        sites += _changes(rng, node)
    if not sites:
        raise Unsuitable("nothing to change")
    rng.choice(sites)()
    text = tidy(ast.unparse(ast.fix_missing_locations(tree)))
    return _header(program) + text[text.index("\n", text.index("def ")) + 1 :]


def _changes(rng: random.Random, node: ast.AST) -> list[Callable[[], None]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
        swap = rng.choice(_COMPARE[type(node.ops[0])])
        return [lambda: node.ops.__setitem__(0, swap())]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [lambda: setattr(node, "value", node.value + rng.choice((1, -1, 2)))]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        return [lambda: setattr(node, "value", node.value[:-1]), lambda: setattr(node, "value", node.value.lower())]
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
        swap_op = rng.choice((ast.Add, ast.Sub, ast.Mult))
        return [lambda: setattr(node, "op", swap_op())]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        other = rng.choice(("sum", "max", "len", "sorted", "min", "list"))
        return [lambda: setattr(node.func, "id", other)]
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        return [lambda: setattr(node, "value", _part(rng, node))]
    return []


def _part(rng: random.Random, node: ast.Return) -> ast.expr:
    """A part of what is returned: its argument, or the thing it is a slice of."""
    value = node.value
    if isinstance(value, ast.Subscript):
        return value.value
    if isinstance(value, ast.Call) and value.args and isinstance(value.args[0], (ast.Name, ast.Call, ast.ListComp)):
        return value.args[0]
    return ast.Name("None") if value is None or rng.random() < 0.2 else value


def _broken_text(rng: random.Random, program: str) -> str:
    lines = program.split("\n")
    bodies_ = [i for i, line in enumerate(lines) if i and (line.endswith((":", ")", "]")) or "(" in line)]
    if not bodies_:
        raise Unsuitable("nothing to break")
    at = rng.choice(bodies_)
    lines[at] = lines[at][:-1] if lines[at].endswith((":", ")", "]")) else lines[at].replace("(", "", 1)
    return "\n".join(lines)


def _rename(rng: random.Random, problem: Problem, program: str) -> str:
    """An unknown name where the argument should stand, once, in the body."""
    head = _header(program)
    name = problem.names[0]
    other = rng.choice(("xs", "s", "n", "lst", "nums", name + "s", "x"))
    return head + re.sub(rf"\b{name}\b", other, program[len(head) :], count=1)


def _endless(program: str) -> str:
    head = _header(program)
    return f"{head}    i = 0\n    while i >= 0:\n        i += 1\n    return i"
