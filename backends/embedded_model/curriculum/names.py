"""Names of functions and arguments: usual ones, and ones no model can have seen, so that copying is learned."""

from __future__ import annotations

import keyword
import random

ARGUMENTS = {
    "ints": "xs nums numbers lst values arr items data l seq a integers array list1 number_list scores prices my_list",
    "nints": "xs nums numbers lst values arr items data l seq a",
    "nints2": "xs nums numbers lst values arr items",
    "nat6": "n x num number k",
    "pos2": "n x num number",
    "year": "year y",
    "fizz": "n x num number i k",
    "strs": "words strings strs items lst names xs tokens ws labels lines my_list",
    "str": "s text string word st txt phrase name",
    "text": "s text string sentence txt line message phrase word input_string st paragraph title msg",
    "int": "n x num number value k i",
    "nat": "n x num number k",
    "pos": "n x num number k",
    "bool": "flag b",
    "dict": "d counts scores mapping table dictionary data",
    "pairs": "pairs items entries records rows",
    "lists": "lists rows matrix xss groups nested",
    "char": "c ch char letter",
}
EXTRA = {"int": "k n limit m t amount", "nat": "k n size m count", "str": "c ch letter sub", "char": "c ch letter char"}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_VERBS = _words("get find compute make do run calc process handle check solve build apply pick show use take my the")
_NOUNS = _words(
    "result value answer numbers items thing total stuff data words list output word score list part case "
    "task item text sum count key length order pair first best group step level point line row name "
    "number string"
)
_ONSETS = _words("b c d f g h j k l m n p r s t v w z br st tr pl ch sh gr")
_VOWELS = _words("a e i o u ai ou ee")


def plain_argument(rng: random.Random, kind: str) -> str:
    """The first names of the pool are far more likely: what a model should write when nothing is asked for."""
    pool = ARGUMENTS[kind].split()
    return pool[0] if rng.random() < 0.7 else rng.choice(pool)


def argument(rng: random.Random, kind: str, taken: set[str]) -> str:
    """Any name for an argument, now and then a made-up one; never one of `taken`."""
    while True:
        pool = ARGUMENTS[kind].split()
        name = rng.choice(pool) if rng.random() < 0.72 else invented(rng)
        if taken and rng.random() < 0.5 and kind in EXTRA:
            name = rng.choice(EXTRA[kind].split())
        if name not in taken:
            return name


def function(rng: random.Random, usual: tuple[str, ...]) -> str:
    """A function's name: a usual one for this function in about half of the cases."""
    draw = rng.random()
    if usual and draw < 0.42:
        return rng.choice(usual)
    if draw < 0.55:
        return rng.choice(("f", "g", "solve", "solution", "func", "foo", "answer", "compute", "fn", "process"))
    if draw < 0.75:
        parts = [rng.choice(_VERBS), rng.choice(_NOUNS)]
        if rng.random() < 0.35:
            parts.append(rng.choice(_NOUNS))
        return camel(parts) if rng.random() < 0.12 else "_".join(parts)
    name = invented(rng)
    return f"{name}_{rng.choice(_NOUNS)}" if rng.random() < 0.4 else name


def camel(parts: list[str]) -> str:
    """`["get", "sum"]` → `getSum`."""
    return parts[0] + "".join(part.title() for part in parts[1:])


def invented(rng: random.Random) -> str:
    """A word of one to three syllables, sometimes with a digit; never a keyword."""
    word = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.randint(1, 3)))
    word += rng.choice(("", "", "n", "r", "x", "s", "t", "1", "2"))
    return f"{word}_" if keyword.iskeyword(word) or word in ("int", "str", "sum", "min", "max", "list") else word
