"""A problem: one function with its sentence, one right program and tests."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded_model.curriculum import names as naming
from embedded_model.curriculum import phrasing
from embedded_model.curriculum.chains import Chain, Unsuitable, probes
from embedded_model.curriculum.classics import Classic
from embedded_model.curriculum.rendering import bodies
from embedded_model.curriculum.values import ANNOTATION, small_enough, value
from reason_tui.tasks.types import CallCase

MAX_LITERAL = 70
Shape = str
"""`signature` (with docstring), `examples` (sentence and `>>>` lines), `asserts`, or `bare` (sentence only)."""


@dataclass(frozen=True)
class Problem:
    """`sentence` fits `shape`; `compute` is the reference as a callable; `body` is a right body, not indented."""

    group: str
    key: str
    shape: Shape
    function: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    returns: str
    sentence: str
    body: str
    compute: Callable[..., Any]

    def program(self, body: str, header: str | None = None) -> str:
        """A whole program around `body`."""
        first = header or f"def {self.function}({', '.join(self.names)}):"
        text = f"import math\n{body}" if "math." in body else body
        return "\n".join([first, *(f"    {line}" for line in text.split("\n"))])


def problem_of_chain(rng: random.Random, chain: Chain, group: str, shape: Shape) -> Problem:
    """Dress a chain up: names, sentence, one rendering."""
    usual = tuple(
        dict.fromkeys(
            ("_".join([*op.key.split("-")[-1:], chain.source]) if op.key.isascii() else "solve") for op in chain.ops
        )
    )
    usual = tuple(name for name in (re.sub(r"\W+", "_", name).strip("_") for name in usual) if name.isidentifier())
    names = _arguments(rng, chain.kinds, shape)
    body = bodies(rng, chain, names)
    function = "solve" if shape == "bare" else naming.function(rng, usual)
    _check_names(function, names, body)
    doc, lifted = shape == "signature", names[1] if len(names) > 1 else ""
    draw = rng.random()
    shown = f"{', '.join(names)}"
    named = None if shape == "bare" and rng.random() < 0.6 else function
    spoken = 0.65 if doc or named else 0.15
    first = phrasing.mention(rng, chain.source, names[0], spoken)
    if draw < 0.15 and len(chain.ops) < 3:
        holder = phrasing.noun_of(rng, chain, "{x}", lifted)
        sentence = phrasing.given(rng, chain.source, names[0], holder, doc)
        named = None
    elif draw < 0.62:
        sentence = phrasing.frame(rng, phrasing.noun_of(rng, chain, first, lifted), "", named, shown, doc)
    else:
        sentence = phrasing.frame(rng, "", phrasing.steps_of(rng, chain, first, lifted), named, shown, doc)
    key = "+".join(op.key for op in chain.ops)
    returns = ANNOTATION.get(chain.result, "list")
    return Problem(group, key, shape, function, names, chain.kinds, returns, sentence, body, chain)


def problem_of_classic(rng: random.Random, classic: Classic, shape: Shape) -> Problem:
    """Dress a well-known function up."""
    template = rng.choice(classic.bodies)
    names = _arguments(rng, classic.kinds, shape)
    taken = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"\{[xyz]\}", "", template)))
    if taken & set(names):
        raise Unsuitable("an argument's name is used in the body")
    body = template.replace("{{x}}", "{x}") if "f'" in template else template
    for slot, name in zip("xyz", names, strict=False):
        body = body.replace(f"{{{slot}}}", f"{{{name}}}" if "f'" in template else name)
    doc = shape == "signature"
    function = classic.names[0] if shape == "bare" else naming.function(rng, classic.names)
    _check_names(function, names, body)
    named = None if shape == "bare" and rng.random() < 0.6 else function
    spoken = 1.0 if len(names) > 1 else (0.6 if doc else 0.12)
    mentions = [phrasing.mention(rng, kind, name, spoken) for kind, name in zip(classic.kinds, names, strict=True)]
    sentence = _classic_sentence(rng, classic, names, mentions, named, doc)
    for slot, said in zip("xyz", mentions, strict=False):
        sentence = sentence.replace(f"{{{slot}}}", said)
    return Problem(
        "classic",
        classic.key,
        shape,
        function,
        names,
        classic.kinds,
        classic.returns,
        sentence,
        body,
        classic.function(),
    )


def _classic_sentence(
    rng: random.Random, classic: Classic, names: tuple[str, ...], mentions: list[str], named: str | None, doc: bool
) -> str:
    del mentions
    if classic.sentences and (not classic.nouns or rng.random() < 0.12):
        return rng.choice(classic.sentences)
    pick_noun = not classic.verbs or rng.random() < len(classic.nouns) / (len(classic.nouns) + len(classic.verbs))
    noun, verb = (rng.choice(classic.nouns), "") if pick_noun else ("", rng.choice(classic.verbs))
    if noun and len(names) == 1 and rng.random() < 0.15:
        return phrasing.given(rng, classic.kinds[0], names[0], noun, doc)
    return phrasing.frame(rng, noun, verb, named, ", ".join(names), doc)


def _arguments(rng: random.Random, kinds: tuple[str, ...], shape: Shape) -> tuple[str, ...]:
    found: list[str] = []
    for kind in kinds:
        free = shape == "signature" or len(kinds) > 1
        name = naming.argument(rng, kind, set(found)) if free else naming.plain_argument(rng, kind)
        found.append(name)
    return tuple(found)


def _check_names(function: str, names: tuple[str, ...], body: str) -> None:
    if function in names or re.search(rf"(?<![.\w']){function}\b", body):
        raise Unsuitable("the function's name is used in the body")


def cases(
    rng: random.Random, problem: Problem, count: int, avoid: set[tuple[str, ...]] | None = None
) -> list[CallCase]:
    """`count` different tests whose literals are short. Raises Unsuitable where too few are found."""
    found: dict[tuple[str, ...], CallCase] = {}
    for _ in range(count * 12):
        args = tuple(value(rng, kind) for kind in problem.kinds)
        key = tuple(repr(arg) for arg in args)
        if key in found or (avoid and key in avoid) or sum(map(len, key)) > MAX_LITERAL:
            continue
        try:
            result = problem.compute(*_copies(args))
        except (ValueError, IndexError, ArithmeticError, Unsuitable, TypeError, KeyError):
            continue
        if not small_enough(result) or len(repr(result)) > MAX_LITERAL:
            continue
        found[key] = CallCase(args=key, expected=repr(result))
        if len(found) == count:
            return _not_all_alike(list(found.values()))
    raise Unsuitable("too few tests")


def _not_all_alike(tests: list[CallCase]) -> list[CallCase]:
    if len(tests) > 2 and len({test.expected for test in tests}) == 1:
        raise Unsuitable("every test expects the same")
    return tests


def _copies(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(arg.copy() if isinstance(arg, (list, dict)) else arg for arg in args)


def behaviour(kinds: tuple[str, ...], compute: Callable[..., Any]) -> str:
    """What a function does on the probe inputs of its types; equal for functions that behave alike."""
    probed = tuple(_PROBE_KIND.get(kind, kind) for kind in kinds)
    out = []
    for args in probes(probed):
        try:
            out.append(repr(compute(*_copies(args))))
        except (ValueError, IndexError, ArithmeticError, Unsuitable, TypeError, KeyError):
            out.append("raises")
    return repr((probed, out))


_PROBE_KIND = {
    "nat6": "pos",
    "nat": "pos",
    "pos2": "pos",
    "fizz": "pos",
    "nints": "ints",
    "nints2": "ints",
    "str": "text",
}
