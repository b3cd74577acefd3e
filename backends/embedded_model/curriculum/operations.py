"""What an operation is: how to compute it, how to say it, how to write it.

Placeholders: `{x}` the input, `{v}` one element of it, `{k}` a constant (written as a literal, or as the name of an
argument when the task lifts it), `{e}` the plural of the elements (`numbers`, `strings`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fn = Callable[[Any, Any], Any]
"""(input, constant) → output. The second is None where the operation has no constant."""


@dataclass(frozen=True)
class Cond:
    """A condition on one element. `adj` goes before the noun; `sing` and `plur` after `is`-like places."""

    key: str
    code: str
    fn: Fn
    sing: tuple[str, ...]
    plur: tuple[str, ...]
    adj: str = ""
    k: Any = None
    inverse: str = ""


@dataclass(frozen=True)
class Elem:
    """A function of one element. `sing`/`plur` are nouns with `{x}`; `verb` an imperative with `{o}` as object."""

    key: str
    dst: str
    code: str
    fn: Fn
    sing: tuple[str, ...]
    plur: tuple[str, ...]
    verb: tuple[str, ...] = ()
    k: Any = None


@dataclass(frozen=True)
class Op:
    """One stage of a chain.

    `codes` are expressions in `{x}`; a filter has `cond`, a map `elem` instead, so that the renderer can fuse them.
    `fold` is (start, update) of the same operation as a loop over `{v}` with accumulator `{acc}`; `genexp` says that
    the first code accepts a generator expression.
    """

    key: str
    src: str
    dst: str
    fn: Fn
    nouns: tuple[str, ...]
    verbs: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    cond: str = ""
    elem: str = ""
    fold: tuple[str, str] | None = None
    genexp: bool = False
    k: Any = None

    def text(self, template: str, constant: str) -> str:
        """`template` with the constant written in."""
        return template.replace("{k}", constant)


Factory = Callable[[random.Random], Op]
PLURAL = {"ints": "numbers", "strs": "strings", "text": "characters"}


def filter_op(cond: Cond, src: str, plural: str) -> Op:
    """Keep the elements that satisfy `cond`."""
    nouns = [f"the {plural} of {{x}} that {plur}" for plur in cond.plur]
    nouns += [f"the {plural} in {{x}} that {plur}" for plur in cond.plur]
    verbs = [f"keep the {plural} that {plur}" for plur in cond.plur]
    verbs += [f"keep only the {plural} of {{x}} that {plur}" for plur in cond.plur]
    if cond.inverse:
        verbs += [f"remove the {plural} that {cond.inverse}", f"drop the {plural} that {cond.inverse}"]
    if cond.adj:
        nouns += [
            f"the {cond.adj} {plural} in {{x}}",
            f"the {cond.adj} {plural} of {{x}}",
            f"all {cond.adj} {plural} in {{x}}",
        ]
        verbs += [f"keep the {cond.adj} {plural}", f"keep only the {cond.adj} {plural} of {{x}}"]
    fn = cond.fn
    return Op(
        key=f"filter-{cond.key}", src=src, dst=src, fn=lambda x, k: [v for v in x if fn(v, k)],
        nouns=tuple(nouns), verbs=tuple(verbs), cond=cond.code, k=cond.k,
    )  # fmt: skip


def map_op(elem: Elem, src: str, dst: str, each: str) -> Op:
    """Apply `elem` to every element."""
    fn = elem.fn
    verbs = tuple(verb.replace("{o}", f"each {each}") for verb in elem.verb)
    return Op(
        key=f"map-{elem.key}", src=src, dst=dst, fn=lambda x, k: [fn(v, k) for v in x],
        nouns=elem.plur, verbs=verbs, elem=elem.code, k=elem.k,
    )  # fmt: skip


def scalar_op(elem: Elem, src: str) -> Op:
    """The same function of a single value."""
    verbs = tuple(verb.replace("{o}", "{x}") for verb in elem.verb)
    code = elem.code.replace("{v}", "{x}")
    return Op(
        key=f"one-{elem.key}", src=src, dst=elem.dst, fn=elem.fn, nouns=elem.sing, verbs=verbs, codes=(code,), k=elem.k
    )


def predicate_op(cond: Cond, src: str) -> Op:
    """Whether a single value satisfies `cond`."""
    nouns = [f"whether {{x}} {sing}" for sing in cond.sing] + [
        f"True if {{x}} {sing}, else False" for sing in cond.sing
    ]
    verbs = [f"check whether {{x}} {sing}" for sing in cond.sing] + [f"check if {{x}} {sing}" for sing in cond.sing]
    code = cond.code.replace("{v}", "{x}")
    return Op(
        key=f"is-{cond.key}",
        src=src,
        dst="bool",
        fn=cond.fn,
        nouns=tuple(nouns),
        verbs=tuple(verbs),
        codes=(code,),
        k=cond.k,
    )


def count_op(cond: Cond, src: str, plural: str) -> Op:
    """How many elements satisfy `cond`."""
    fn = cond.fn
    whats = [f"{plural} of {{x}} that {plur}" for plur in cond.plur] + [
        f"{plural} in {{x}} that {plur}" for plur in cond.plur
    ]
    if cond.adj:
        whats += [f"{cond.adj} {plural} in {{x}}", f"{cond.adj} {plural} of {{x}}"]
    nouns = [form + what for what in whats for form in ("the number of ", "how many ", "the count of ")]
    return Op(
        key=f"count-{cond.key}", src=src, dst="int", fn=lambda x, k: sum(1 for v in x if fn(v, k)),
        nouns=tuple(nouns), verbs=tuple(f"count the {what}" for what in whats),
        codes=(f"sum(1 for {{v}} in {{x}} if {cond.code})", f"len([{{v}} for {{v}} in {{x}} if {cond.code}])"),
        fold=("0", f"if {cond.code}:\n    {{acc}} += 1"), k=cond.k,
    )  # fmt: skip


def quantifier_op(cond: Cond, src: str, plural: str, every: bool) -> Op:
    """Whether all, or any, elements satisfy `cond`."""
    fn = cond.fn
    word, name = (all, "all") if every else (any, "any")
    nouns = [f"whether {name} {plural} in {{x}} {plur}" for plur in cond.plur]
    if every:
        nouns += [f"True if every one of the {plural} in {{x}} {sing}, else False" for sing in cond.sing]
    else:
        nouns += [f"True if at least one of the {plural} in {{x}} {sing}, else False" for sing in cond.sing]
    return Op(
        key=f"{name}-{cond.key}", src=src, dst="bool", fn=lambda x, k: word(fn(v, k) for v in x),
        nouns=tuple(nouns), verbs=tuple(noun.replace("whether", "check whether") for noun in nouns if noun[0] == "w"),
        codes=(f"{name}({cond.code} for {{v}} in {{x}})",), k=cond.k,
    )  # fmt: skip
