"""Functions of one number or one string. Tables: a row stands on one line, however long."""
# ruff: noqa: E501 - rows of a table

from __future__ import annotations

import random
from collections.abc import Callable

from embedded_model.curriculum.conditions import VOWELS, divisible
from embedded_model.curriculum.operations import Cond, Elem


def _times(rng: random.Random) -> Elem:
    return Elem(
        "times",
        "int",
        "{v} * {k}",
        lambda v, k: v * k,
        ("{x} times {k}", "{x} multiplied by {k}"),
        ("the numbers of {x} multiplied by {k}", "each number in {x} times {k}"),
        ("multiply {o} by {k}",),
        k=rng.choice((3, 4, 5, 10)),
    )


def _plus(rng: random.Random) -> Elem:
    return Elem(
        "plus",
        "int",
        "{v} + {k}",
        lambda v, k: v + k,
        ("{x} plus {k}", "{x} increased by {k}"),
        ("the numbers of {x} increased by {k}", "each number in {x} plus {k}"),
        ("add {k} to {o}", "increase {o} by {k}"),
        k=rng.choice((1, 2, 3, 5, 7, 10)),
    )


def _minus(rng: random.Random) -> Elem:
    return Elem(
        "minus",
        "int",
        "{v} - {k}",
        lambda v, k: v - k,
        ("{x} minus {k}", "{x} decreased by {k}"),
        ("the numbers of {x} decreased by {k}", "each number in {x} minus {k}"),
        ("subtract {k} from {o}", "decrease {o} by {k}"),
        k=rng.choice((1, 2, 3, 5, 10)),
    )


def _mod(rng: random.Random) -> Elem:
    return Elem(
        "mod",
        "int",
        "{v} % {k}",
        lambda v, k: v % k,
        ("the remainder of {x} divided by {k}", "{x} modulo {k}"),
        ("the remainders of {x} divided by {k}", "the numbers of {x} modulo {k}"),
        ("take {o} modulo {k}",),
        k=rng.choice((2, 3, 4, 5, 7, 10)),
    )


def _floor(rng: random.Random) -> Elem:
    return Elem(
        "floor",
        "int",
        "{v} // {k}",
        lambda v, k: v // k,
        ("{x} divided by {k} rounded down", "the integer quotient of {x} and {k}"),
        ("the numbers of {x} divided by {k} rounded down", "the integer quotients of {x} by {k}"),
        ("divide {o} by {k} rounding down",),
        k=rng.choice((2, 3, 4, 5, 10)),
    )


def _at_most(rng: random.Random) -> Elem:
    return Elem(
        "cap",
        "int",
        "min({v}, {k})",
        lambda v, k: min(v, k),
        ("the smaller of {x} and {k}", "{x} but at most {k}"),
        ("the numbers of {x} capped at {k}",),
        ("cap {o} at {k}", "limit {o} to at most {k}"),
        k=rng.choice((3, 5, 8, 10)),
    )


def _parity(rng: random.Random) -> Elem:
    then, other = rng.choice(
        (
            ("{v} // 2", "{v} * 3"),
            ("{v} // 2", "{v} + 1"),
            ("{v} * 2", "{v}"),
            ("0", "{v}"),
            ("{v}", "-{v}"),
            ("{v} * {v}", "{v} + 1"),
        )
    )
    says = {
        "{v} // 2": "halved",
        "{v} * 3": "tripled",
        "{v} + 1": "increased by one",
        "{v} * 2": "doubled",
        "{v}": "unchanged",
        "0": "replaced by zero",
        "-{v}": "negated",
        "{v} * {v}": "squared",
    }
    calc: dict[str, Callable[[int], int]] = {
        "{v} // 2": lambda v: v // 2,
        "{v} * 3": lambda v: v * 3,
        "{v} + 1": lambda v: v + 1,
        "{v} * 2": lambda v: v * 2,
        "{v}": lambda v: v,
        "0": lambda v: 0,
        "-{v}": lambda v: -v,
        "{v} * {v}": lambda v: v * v,
    }
    first, second = calc[then], calc[other]
    return Elem(
        f"parity-{then}-{other}",
        "int",
        f"({then} if {{v}} % 2 == 0 else {other})",
        lambda v, k: first(v) if v % 2 == 0 else second(v),
        (f"{{x}} {says[then]} if it is even, else {says[other]}",),
        (
            f"the numbers of {{x}}, {says[then]} if even, else {says[other]}",
            f"each number of {{x}}, even ones {says[then]} and odd ones {says[other]}",
        ),
    )


def _label(rng: random.Random) -> Elem:
    yes, no = rng.choice(
        (("even", "odd"), ("yes", "no"), ("E", "O"), ("low", "high"), ("small", "big"), ("neg", "pos"))
    )
    cond = {
        "even": Cond("even", "{v} % 2 == 0", lambda v, k: v % 2 == 0, ("is even",), ("are even",)),
        "low": Cond(
            "lt", "{v} < {k}", lambda v, k: v < k, ("is less than {k}",), ("are less than {k}",), k=rng.randint(2, 10)
        ),
        "neg": Cond("negative", "{v} < 0", lambda v, k: v < 0, ("is negative",), ("are negative",)),
    }
    cond["E"] = cond["even"]
    cond["small"] = cond["low"]
    cond["yes"] = divisible(rng)
    chosen = cond[yes]
    fn = chosen.fn
    text = f"'{yes}' if {{x}} {chosen.sing[0]}, otherwise '{no}'"
    plur = f"for each number of {{x}}, '{yes}' if it {chosen.sing[0]}, otherwise '{no}'"
    return Elem(
        f"label-{yes}-{chosen.key}",
        "str",
        f"('{yes}' if {chosen.code} else '{no}')",
        lambda v, k: yes if fn(v, k) else no,
        (text, text.replace("otherwise", "else")),
        (plur, plur.replace("otherwise", "else")),
        k=chosen.k,
    )


INT_ELEMS: tuple[Callable[[random.Random], Elem], ...] = (
    lambda _: Elem("square", "int", "{v} * {v}", lambda v, k: v * v, ("the square of {x}", "{x} squared"), ("the squares of {x}", "the squares of the numbers in {x}"), ("square {o}",)),
    lambda _: Elem("square", "int", "{v} ** 2", lambda v, k: v * v, ("the square of {x}", "{x} squared"), ("the squares of {x}", "the squared numbers of {x}"), ("square {o}",)),
    lambda _: Elem("double", "int", "{v} * 2", lambda v, k: v * 2, ("twice {x}", "{x} doubled", "the double of {x}"), ("the doubles of {x}", "the numbers of {x} doubled"), ("double {o}", "multiply {o} by 2")),
    lambda _: Elem("cube", "int", "{v} ** 3", lambda v, k: v**3, ("the cube of {x}", "{x} cubed"), ("the cubes of {x}",), ("cube {o}",)),
    lambda _: Elem("abs", "int", "abs({v})", lambda v, k: abs(v), ("the absolute value of {x}", "the magnitude of {x}"), ("the absolute values of {x}",), ("take the absolute value of {o}",)),
    lambda _: Elem("negate", "int", "-{v}", lambda v, k: -v, ("the negative of {x}", "{x} with its sign flipped"), ("the numbers of {x} negated", "the numbers of {x} with opposite sign"), ("negate {o}", "flip the sign of {o}")),
    lambda _: Elem("str", "str", "str({v})", lambda v, k: str(v), ("{x} as a string",), ("the numbers of {x} as strings",), ("convert {o} to a string", "turn {o} into a string")),
    lambda _: Elem("digits", "int", "len(str(abs({v})))", lambda v, k: len(str(abs(v))), ("the number of digits of {x}",), ("the number of digits of each number in {x}",), ("count the digits of {o}",)),
    lambda _: Elem("digitsum", "int", "sum(int(d) for d in str(abs({v})))", lambda v, k: sum(int(d) for d in str(abs(v))), ("the sum of the digits of {x}", "the digit sum of {x}"), ("the digit sums of {x}", "the sum of digits of each number in {x}"), ("sum the digits of {o}",)),
    lambda _: Elem("last-digit", "int", "abs({v}) % 10", lambda v, k: abs(v) % 10, ("the last digit of {x}",), ("the last digits of {x}",), ("take the last digit of {o}",)),
    _times, _plus, _plus, _minus, _mod, _floor, _at_most, _parity, _parity, _label,
)  # fmt: skip


def _first_chars(rng: random.Random) -> Elem:
    return Elem(
        "first-k",
        "str",
        "{v}[:{k}]",
        lambda v, k: v[:k],
        ("the first {k} characters of {x}",),
        ("the first {k} characters of each string in {x}",),
        ("cut {o} to its first {k} characters",),
        k=rng.choice((2, 3, 4)),
    )


def _last_chars(rng: random.Random) -> Elem:
    return Elem(
        "last-k",
        "str",
        "{v}[-{k}:]",
        lambda v, k: v[-k:],
        ("the last {k} characters of {x}",),
        ("the last {k} characters of each string in {x}",),
        ("keep the last {k} characters of {o}",),
        k=rng.choice((2, 3)),
    )


def _suffix(rng: random.Random) -> Elem:
    return Elem(
        "suffix",
        "str",
        "{v} + {k}",
        lambda v, k: v + k,
        ("{x} with {k} added at the end", "{x} followed by {k}"),
        ("the strings of {x} with {k} added at the end",),
        ("append {k} to {o}", "add {k} to the end of {o}"),
        k=rng.choice(("!", "?", "s", "-", "ing", "x")),
    )


def _prefix(rng: random.Random) -> Elem:
    return Elem(
        "prefix",
        "str",
        "{k} + {v}",
        lambda v, k: k + v,
        ("{x} with {k} added at the front", "{x} preceded by {k}"),
        ("the strings of {x} with {k} added at the front",),
        ("prepend {k} to {o}", "add {k} to the front of {o}"),
        k=rng.choice(("#", "@", "un", "-", "x", "re")),
    )


def _repeat(rng: random.Random) -> Elem:
    return Elem(
        "repeat",
        "str",
        "{v} * {k}",
        lambda v, k: v * k,
        ("{x} repeated {k} times",),
        ("the strings of {x} each repeated {k} times",),
        ("repeat {o} {k} times",),
        k=rng.choice((2, 3, 4)),
    )


def _count_char(rng: random.Random) -> Elem:
    return Elem(
        "count-char",
        "int",
        "{v}.count({k})",
        lambda v, k: v.count(k),
        ("the number of {k} in {x}", "how many times {k} occurs in {x}", "how often {k} appears in {x}"),
        ("how often {k} occurs in each string of {x}",),
        ("count the occurrences of {k} in {o}",),
        k=rng.choice("aeiotlb"),
    )


def _drop_char(rng: random.Random) -> Elem:
    return Elem(
        "drop-char",
        "str",
        "{v}.replace({k}, '')",
        lambda v, k: v.replace(k, ""),
        ("{x} without {k}", "{x} with every {k} removed"),
        ("the strings of {x} with every {k} removed",),
        ("remove every {k} from {o}", "delete {k} from {o}"),
        k=rng.choice("aeiotl "),
    )


def _swap_char(rng: random.Random) -> Elem:
    new = rng.choice("xyz*_-")
    return Elem(
        f"swap-{new}",
        "str",
        f"{{v}}.replace({{k}}, '{new}')",
        lambda v, k: v.replace(k, new),
        (f"{{x}} with every {{k}} replaced by '{new}'",),
        (f"the strings of {{x}} with every {{k}} replaced by '{new}'",),
        (f"replace every {{k}} in {{o}} by '{new}'", f"replace {{k}} with '{new}' in {{o}}"),
        k=rng.choice("aeiotl "),
    )


STR_ELEMS: tuple[Callable[[random.Random], Elem], ...] = (
    lambda _: Elem("len", "int", "len({v})", lambda v, k: len(v), ("the length of {x}", "the number of characters in {x}"), ("the lengths of {x}", "the lengths of the strings in {x}"), ("take the length of {o}", "replace {o} by its length")),
    lambda _: Elem("upper", "str", "{v}.upper()", lambda v, k: v.upper(), ("{x} in upper case", "{x} converted to uppercase"), ("the strings of {x} in upper case", "{x} with all strings uppercased"), ("convert {o} to upper case", "uppercase {o}")),
    lambda _: Elem("lower", "str", "{v}.lower()", lambda v, k: v.lower(), ("{x} in lower case", "{x} converted to lowercase"), ("the strings of {x} in lower case",), ("convert {o} to lower case", "lowercase {o}")),
    lambda _: Elem("reverse", "str", "{v}[::-1]", lambda v, k: v[::-1], ("{x} reversed", "the reverse of {x}", "{x} backwards"), ("the strings of {x} each reversed", "the reverse of each string in {x}"), ("reverse {o}",)),
    lambda _: Elem("first-char", "str", "{v}[:1]", lambda v, k: v[:1], ("the first character of {x} or '' if it is empty",), ("the first characters of {x}", "the first letters of the strings in {x}"), ("take the first character of {o}",)),
    lambda _: Elem("capitalize", "str", "{v}.capitalize()", lambda v, k: v.capitalize(), ("{x} capitalized", "{x} with its first letter in upper case"), ("the strings of {x} capitalized",), ("capitalize {o}",)),
    lambda _: Elem("strip", "str", "{v}.strip()", lambda v, k: v.strip(), ("{x} without leading and trailing spaces",), ("the strings of {x} without leading and trailing spaces",), ("strip {o}",)),
    lambda _: Elem("swapcase", "str", "{v}.swapcase()", lambda v, k: v.swapcase(), ("{x} with the case of each letter swapped",), ("the strings of {x} with swapped case",), ("swap the case of {o}",)),
    lambda _: Elem("vowels", "int", "sum(1 for c in {v} if c in 'aeiou')", lambda v, k: sum(1 for c in v if c in VOWELS), ("the number of vowels in {x}", "how many vowels {x} has"), ("the number of vowels of each string in {x}",), ("count the vowels of {o}",)),
    _first_chars, _last_chars, _suffix, _prefix, _repeat, _count_char, _drop_char, _swap_char,
)  # fmt: skip
