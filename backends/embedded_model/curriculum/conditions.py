"""Conditions on one number, string or character. Tables: a row stands on one line, however long."""
# ruff: noqa: E501 - rows of a table

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from embedded_model.curriculum.operations import Cond

VOWELS = "aeiou"


def divisible(rng: random.Random) -> Cond:
    return Cond(
        "divisible", "{v} % {k} == 0", lambda v, k: v % k == 0, ("is divisible by {k}", "is a multiple of {k}"),
        ("are divisible by {k}", "are multiples of {k}"), k=rng.choice((3, 4, 5, 6, 7, 10)), inverse="are not divisible by {k}",
    )  # fmt: skip


def _between(rng: random.Random) -> Cond:
    low = rng.choice((0, 1, 2, 5))
    return Cond(
        f"between-{low}", f"{low} <= {{v}} <= {{k}}", lambda v, k: low <= v <= k, (f"is between {low} and {{k}} inclusive",),
        (f"are between {low} and {{k}} inclusive", f"lie between {low} and {{k}} inclusive"), k=low + rng.randint(3, 9),
    )  # fmt: skip


def _remainder(rng: random.Random) -> Cond:
    r = rng.choice((1, 2))
    return Cond(
        f"remainder-{r}", f"{{v}} % {{k}} == {r}", lambda v, k: v % k == r, (f"leaves remainder {r} when divided by {{k}}",),
        (f"leave remainder {r} when divided by {{k}}",), k=rng.choice((3, 4, 5)),
    )  # fmt: skip


def _than(rng: random.Random) -> Cond:
    key, sign, sing, inverse = rng.choice((
        ("gt", ">", ("is greater than {k}", "is larger than {k}", "is above {k}"), "are at most {k}"),
        ("lt", "<", ("is less than {k}", "is smaller than {k}", "is below {k}"), "are at least {k}"),
        ("ge", ">=", ("is at least {k}", "is greater than or equal to {k}"), "are below {k}"),
        ("le", "<=", ("is at most {k}", "is less than or equal to {k}"), "are above {k}"),
    ))  # fmt: skip
    compare: dict[str, Callable[[Any, Any], bool]] = {
        ">": lambda v, k: v > k, "<": lambda v, k: v < k, ">=": lambda v, k: v >= k, "<=": lambda v, k: v <= k,
    }  # fmt: skip
    plur = tuple(text.replace("is ", "are ", 1) for text in sing)
    return Cond(
        key,
        f"{{v}} {sign} {{k}}",
        compare[sign],
        sing,
        plur,
        k=rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 10)),
        inverse=inverse,
    )


INT_CONDS: tuple[Callable[[random.Random], Cond], ...] = (
    lambda _: Cond("even", "{v} % 2 == 0", lambda v, k: v % 2 == 0, ("is even",), ("are even",), "even", inverse="are odd"),
    lambda _: Cond("odd", "{v} % 2 == 1", lambda v, k: v % 2 == 1, ("is odd",), ("are odd",), "odd", inverse="are even"),
    lambda _: Cond("positive", "{v} > 0", lambda v, k: v > 0, ("is positive", "is greater than zero"), ("are positive", "are greater than zero"), "positive"),
    lambda _: Cond("negative", "{v} < 0", lambda v, k: v < 0, ("is negative", "is less than zero"), ("are negative", "are less than zero"), "negative", inverse="are not negative"),
    lambda _: Cond("nonzero", "{v} != 0", lambda v, k: v != 0, ("is not zero",), ("are not zero",), "nonzero", inverse="are zero"),
    lambda _: Cond("nonneg", "{v} >= 0", lambda v, k: v >= 0, ("is not negative",), ("are not negative",), "non-negative", inverse="are negative"),
    divisible, divisible, _between, _remainder, _than, _than, _than, _than,
)  # fmt: skip


def _length(rng: random.Random) -> Cond:
    key, sign, sing, inverse = rng.choice((
        ("longer", ">", ("is longer than {k} characters", "has more than {k} characters"), "are at most {k} characters long"),
        ("shorter", "<", ("is shorter than {k} characters", "has fewer than {k} characters"), "are at least {k} characters long"),
        ("length", "==", ("has length {k}", "has exactly {k} characters"), ""),
        ("at-least", ">=", ("has at least {k} characters",), "are shorter than {k} characters"),
    ))  # fmt: skip
    compare: dict[str, Callable[[Any, Any], bool]] = {
        ">": lambda v, k: len(v) > k, "<": lambda v, k: len(v) < k, "==": lambda v, k: len(v) == k, ">=": lambda v, k: len(v) >= k,
    }  # fmt: skip
    return Cond(
        key, f"len({{v}}) {sign} {{k}}", compare[sign], sing, _plural(sing), k=rng.randint(2, 5), inverse=inverse
    )


def _plural(sing: tuple[str, ...]) -> tuple[str, ...]:
    words = (("is ", "are "), ("has ", "have "), ("starts ", "start "), ("ends ", "end "), ("contains ", "contain "))
    out = []
    for text in sing:
        for one, many in words:
            if text.startswith(one):
                out.append(many + text.removeprefix(one))
                break
        else:
            out.append(text)
    return tuple(out)


def _starts(rng: random.Random) -> Cond:
    sing = ("starts with {k}", "begins with {k}")
    return Cond(
        "starts",
        "{v}.startswith({k})",
        lambda v, k: v.startswith(k),
        sing,
        ("start with {k}", "begin with {k}"),
        k=rng.choice("abcdht"),
    )


def _ends(rng: random.Random) -> Cond:
    return Cond(
        "ends",
        "{v}.endswith({k})",
        lambda v, k: v.endswith(k),
        ("ends with {k}",),
        ("end with {k}",),
        k=rng.choice("aedgt"),
    )


def _contains(rng: random.Random) -> Cond:
    sing = ("contains {k}", "contains the letter {k}")
    return Cond(
        "contains",
        "{k} in {v}",
        lambda v, k: k in v,
        sing,
        _plural(sing),
        k=rng.choice("aeioblt"),
        inverse="do not contain {k}",
    )


def _lacks(rng: random.Random) -> Cond:
    sing = ("does not contain {k}",)
    return Cond(
        "lacks",
        "{k} not in {v}",
        lambda v, k: k not in v,
        sing,
        ("do not contain {k}",),
        k=rng.choice("aeiobl"),
        inverse="contain {k}",
    )


STR_CONDS: tuple[Callable[[random.Random], Cond], ...] = (
    _length, _length, _length, _starts, _ends, _contains, _contains, _lacks,
    lambda _: Cond("nonempty", "{v}", lambda v, k: bool(v), ("is not empty",), ("are not empty",), "non-empty", inverse="are empty"),
    lambda _: Cond("palindrome", "{v} == {v}[::-1]", lambda v, k: v == v[::-1], ("is a palindrome", "reads the same forwards and backwards"), ("are palindromes", "read the same backwards"), "palindromic"),
    lambda _: Cond("upper", "{v}.isupper()", lambda v, k: v.isupper(), ("is in upper case",), ("are in upper case",), "uppercase"),
    lambda _: Cond("digits", "{v}.isdigit()", lambda v, k: v.isdigit(), ("consists of digits",), ("consist of digits",)),
    lambda _: Cond("even-length", "len({v}) % 2 == 0", lambda v, k: len(v) % 2 == 0, ("has an even length",), ("have an even length",)),
    lambda _: Cond("vowel-start", "{v}[:1] in ('a', 'e', 'i', 'o', 'u')", lambda v, k: v[:1] in tuple(VOWELS), ("starts with a vowel",), ("start with a vowel",)),
)  # fmt: skip

CHAR_CONDS: tuple[Callable[[random.Random], Cond], ...] = (
    lambda _: Cond("vowel", "{v} in 'aeiou'", lambda v, k: v in VOWELS, ("is a vowel",), ("are vowels",), "vowel"),
    lambda _: Cond("not-vowel", "{v} not in 'aeiou'", lambda v, k: v not in VOWELS, ("is not a vowel",), ("are not vowels",), inverse="are vowels"),
    lambda _: Cond("upper", "{v}.isupper()", lambda v, k: v.isupper(), ("is upper case",), ("are upper case",), "uppercase"),
    lambda _: Cond("digit", "{v}.isdigit()", lambda v, k: v.isdigit(), ("is a digit",), ("are digits",), inverse="are not digits"),
    lambda _: Cond("alpha", "{v}.isalpha()", lambda v, k: v.isalpha(), ("is a letter",), ("are letters",), inverse="are not letters"),
    lambda _: Cond("not-space", "{v} != ' '", lambda v, k: v != " ", ("is not a space",), ("are not spaces",), inverse="are spaces"),
    lambda rng: Cond("not-char", "{v} != {k}", lambda v, k: v != k, ("is not {k}", "differs from {k}"), ("are not {k}", "differ from {k}"), k=rng.choice("aeobtl"), inverse="are {k}"),
)  # fmt: skip
