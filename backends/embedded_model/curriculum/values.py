"""Types of the curriculum, random values of them, and the caps that keep every intermediate value small."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

MAX_INT = 10**9
MAX_LENGTH = 60

ANNOTATION = {
    "int": "int",
    "nat": "int",
    "pos": "int",
    "str": "str",
    "bool": "bool",
    "ints": "list[int]",
    "strs": "list[str]",
    "dict": "dict[str, int]",
    "pairs": "list[tuple[str, int]]",
    "lists": "list[list[int]]",
    "char": "str",
    "text": "str",
    "nat6": "int",
    "pos2": "int",
    "year": "int",
    "fizz": "int",
    "nints": "list[int]",
    "nints2": "list[int]",
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WORDS = _words(
    "apple banana cat dog egg fig red blue hello world python code kiwi level noon tree sun moon sky a b "
    "abc xyz data test word list Anna Bob radar civic ab ba one two six ten big map net Hi Go Ok zoo bee "
    "tea"
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def value(rng: random.Random, kind: str) -> Any:
    """A random value of `kind`, small enough to stand in a prompt."""
    return _MAKERS[kind](rng)


def small_enough(item: Any) -> bool:
    """Whether an intermediate value stays within the caps."""
    if isinstance(item, bool) or item is None:
        return True
    if isinstance(item, int):
        return abs(item) <= MAX_INT
    if isinstance(item, float):
        return True
    if isinstance(item, str):
        return len(item) <= MAX_LENGTH * 2
    if isinstance(item, dict):
        return len(item) <= MAX_LENGTH and all(small_enough(v) for pair in item.items() for v in pair)
    return len(item) <= MAX_LENGTH and all(small_enough(v) for v in item)


def _int(rng: random.Random) -> int:
    return rng.choice((rng.randint(-9, 9), rng.randint(0, 12), rng.randint(-20, 60), rng.randint(10, 150)))


def _word(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.6:
        return rng.choice(WORDS)
    if draw < 0.66:
        return ""
    letters = _LETTERS if draw < 0.9 else "ABCabcXYZ19"
    return "".join(rng.choice(letters) for _ in range(rng.randint(1, 6)))


def _text(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.45:
        return _word(rng)
    joiner = " " if draw < 0.9 else rng.choice((", ", "-", "  "))
    text = joiner.join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))
    return text.title() if rng.random() < 0.15 else text


def _size(rng: random.Random) -> int:
    return rng.choice((0, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6))


def _ints(rng: random.Random) -> list[int]:
    size = _size(rng)
    if rng.random() < 0.35:
        return [rng.randint(0, 5) for _ in range(size)]
    return [rng.randint(-9, 12) if rng.random() < 0.8 else rng.randint(10, 60) for _ in range(size)]


def _strs(rng: random.Random) -> list[str]:
    items = [_word(rng) for _ in range(_size(rng))]
    return [items[0] if items and rng.random() < 0.2 else item for item in items]


def _dict(rng: random.Random) -> dict[str, int]:
    return {rng.choice(WORDS): rng.randint(-5, 15) for _ in range(_size(rng))}


def _pairs(rng: random.Random) -> list[tuple[str, int]]:
    return [(rng.choice(WORDS), rng.randint(-5, 15)) for _ in range(_size(rng))]


def _lists(rng: random.Random) -> list[list[int]]:
    return [[rng.randint(-5, 9) for _ in range(rng.randint(0, 3))] for _ in range(rng.randint(0, 4))]


_MAKERS: dict[str, Callable[[random.Random], Any]] = {
    "int": _int,
    "nat": lambda rng: rng.choice((rng.randint(0, 6), rng.randint(0, 20), rng.randint(0, 40))),
    "pos": lambda rng: rng.choice((rng.randint(1, 5), rng.randint(1, 12), rng.randint(1, 30))),
    "str": lambda rng: _word(rng) if rng.random() < 0.6 else _text(rng),
    "text": _text,
    "bool": lambda rng: rng.random() < 0.5,
    "ints": _ints,
    "strs": _strs,
    "dict": _dict,
    "pairs": _pairs,
    "lists": _lists,
    "char": lambda rng: rng.choice("aeiobtnl"),
    "nat6": lambda rng: rng.randint(0, 7),
    "pos2": lambda rng: rng.randint(2, 40),
    "year": lambda rng: rng.choice((rng.randint(1890, 2030), 4 * rng.randint(470, 510), 100 * rng.randint(15, 24))),
    "fizz": lambda rng: rng.choice((rng.randint(1, 16), rng.choice((3, 5, 6, 7, 9, 10, 15, 30)), rng.randint(1, 40))),
    "nints": lambda rng: _ints(rng) or [rng.randint(-5, 9)],
    "nints2": lambda rng: [rng.randint(-5, 9), rng.randint(10, 15), *_ints(rng)],
}
