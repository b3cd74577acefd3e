"""FizzBuzz and its relatives: for one number, for 1 to n, with other divisors and other words."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random

from embedded_model.curriculum.classics import Classic

_NAMES = ("fizzbuzz", "fizz_buzz", "fizzBuzz", "fb", "fizzbuzz_list")
_OTHERS = (
    (2, 7, "Foo", "Bar"),
    (3, 7, "Ping", "Pong"),
    (2, 3, "Tip", "Top"),
    (3, 4, "Fizz", "Buzz"),
    (4, 5, "A", "B"),
    (2, 5, "Hip", "Hop"),
)
_WORD = {2: "two", 3: "three", 4: "four", 5: "five", 7: "seven"}


def fizzbuzz(rng: random.Random, canonical: float) -> Classic:
    """A member of the family; the usual 3, 5, Fizz, Buzz with probability `canonical`."""
    usual = rng.random() < canonical
    a, b, fizz, buzz = (3, 5, "Fizz", "Buzz") if usual else rng.choice(_OTHERS)
    many = rng.random() < 0.4
    names = _NAMES if usual else (f"{fizz}{buzz}".lower(), f"{fizz}_{buzz}".lower())
    key = f"fizzbuzz-{'list' if many else 'one'}-{a}-{b}-{fizz}"
    body = _many(rng, a, b, fizz, buzz) if many else _one(rng, a, b, fizz, buzz)
    reference = _many(None, a, b, fizz, buzz) if many else _one(None, a, b, fizz, buzz)
    sentences = tuple(_sentence(rng, a, b, fizz, buzz, many, usual) for _ in range(6))
    return Classic(
        key, ("fizz",), "list[str]" if many else "str", names, (), (), (reference, body), sentences=sentences
    )


def _one(rng: random.Random | None, a: int, b: int, fizz: str, buzz: str) -> str:
    both = f"{{x}} % {a * b} == 0" if rng is None or rng.random() < 0.7 else f"{{x}} % {a} == 0 and {{x}} % {b} == 0"
    style = 0.0 if rng is None else rng.random()
    if style < 0.85:
        second = "elif" if style > 0.7 else "if"
        return (
            f"if {both}:\n    return '{fizz}{buzz}'\n{second} {{x}} % {a} == 0:\n    return '{fizz}'\n"
            f"{second} {{x}} % {b} == 0:\n    return '{buzz}'\nreturn str({{x}})"
        )
    return f"result = ''\nif {{x}} % {a} == 0:\n    result += '{fizz}'\nif {{x}} % {b} == 0:\n    result += '{buzz}'\nreturn result or str({{x}})"


def _many(rng: random.Random | None, a: int, b: int, fizz: str, buzz: str) -> str:
    both = f"i % {a * b} == 0" if rng is None or rng.random() < 0.7 else f"i % {a} == 0 and i % {b} == 0"
    return (
        f"result = []\nfor i in range(1, {{x}} + 1):\n    if {both}:\n        result.append('{fizz}{buzz}')\n    elif i % {a} == 0:\n"
        f"        result.append('{fizz}')\n    elif i % {b} == 0:\n        result.append('{buzz}')\n    else:\n        result.append(str(i))\nreturn result"
    )


def _sentence(rng: random.Random, a: int, b: int, fizz: str, buzz: str, many: bool, usual: bool) -> str:
    """One of very many ways to say it. `{x}` is the argument's mention."""
    quote = rng.choice(("'", "'", '"', ""))
    f, g, both = (f"{quote}{word}{quote}" for word in (fizz, buzz, fizz + buzz))
    spelled = rng.random() < 0.5
    three, five = (_WORD[a], _WORD[b]) if spelled else (str(a), str(b))
    if usual and rng.random() < 0.15:
        short = (
            "FizzBuzz",
            "Fizz Buzz",
            "fizzbuzz",
            "FizzBuzz.",
            "Implement FizzBuzz.",
            "Write FizzBuzz.",
            "The classic FizzBuzz.",
            "Solve FizzBuzz",
            "Write a function for FizzBuzz.",
        )
        tail = (
            (" for the numbers from 1 to {x}", " from 1 to n", " up to {x}, as a list", " as a list of strings")
            if many
            else ("", "", " for one number {x}", " for {x}", " for a number")
        )
        return rng.choice(short).rstrip(".") + rng.choice(tail) + rng.choice((".", "", "."))
    start = rng.choice(
        ("FizzBuzz: ", "FizzBuzz. ", "fizzbuzz: ", "FizzBuzz for n: ", "Fizz buzz: ", "")
        if usual
        else ("", "Like FizzBuzz: ")
    )
    c3, c5, cb = _conditions(rng, three, five)
    order = rng.random() < 0.5
    else_ = rng.choice(
        (
            "else the number as a string",
            "otherwise the number as a string",
            "and the number as a string otherwise",
            "else str of the number",
            "and otherwise the number itself as a string",
            "or the number as a string",
            "else return the number as a string",
        )
    )
    parts = [f"{f} {c3}", f"{g} {c5}", f"{both} {cb}"]
    if not order:
        parts = [parts[2], parts[0], parts[1]]
    listing = rng.choice(
        (
            f"{parts[0]}, {parts[1]}, {parts[2]}, {else_}",
            f"{parts[0]}, {parts[1]} and {parts[2]}, {else_}",
            f"{parts[0]}; {parts[1]}; {parts[2]}; {else_}",
        )
    )
    if many:
        lead = rng.choice(
            (
                "return a list of strings for the numbers from 1 to {x}: ",
                "for each number from 1 to {x}, give ",
                "given {x}, return a list for 1..{x} with ",
                "return the list for 1 to {x} with ",
                "list the numbers 1 to {x} as strings, with ",
            )
        )
        if "number as" in lead and rng.random() < 0.5:
            lead = "return a list for 1 to {x}: "
    else:
        lead = rng.choice(
            (
                "return ",
                "given {x} return ",
                "given {x}, return ",
                "for {x} return ",
                "write a function that takes {x} and returns ",
                "write a function that returns ",
                "take {x} and return ",
                "for a number {x}, return ",
            )
        )
    text = start + lead + listing
    return text[0].upper() + text[1:] + rng.choice((".", ".", ""))


def _conditions(rng: random.Random, three: str, five: str) -> tuple[str, str, str]:
    one = rng.choice(
        (
            "for multiples of {k}",
            "for multiples of {k}",
            "if {n} is divisible by {k}",
            "if divisible by {k}",
            "when {n} is divisible by {k}",
            "if {n} is a multiple of {k}",
            "for numbers divisible by {k}",
        )
    )
    one = one.replace("{n}", rng.choice(("it", "it", "the number", "{x}")))
    both = rng.choice(
        (
            "for both",
            "for both",
            "for multiples of both",
            "if divisible by both",
            "if both",
            f"for multiples of {three} and {five}",
            f"if divisible by {three} and {five}",
            "for multiples of both of them",
        )
    )
    short = one.replace("{k}", five) if rng.random() < 0.7 else f"for {five}"
    return one.replace("{k}", three), short, both
