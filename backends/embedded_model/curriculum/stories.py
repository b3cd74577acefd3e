"""Word problems of one to three steps: told from templates, or as what happens to one person's things."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random
import re
from functools import cache

from embedded_model.curriculum.arithmetic import Solved, Step
from embedded_model.curriculum.story_templates import ONE_STEP, THREE_STEPS, TWO_STEPS, Story
from embedded_model.curriculum.story_words import spelled, words

EVENTS_SHARE = 0.3
SPELLED_SHARE = 0.07
MOST = 400
"""The largest result of a step."""

KINDS = {1: "one-step", 2: "two-step", 3: "three-step"}
_BY_STEPS = {1: ONE_STEP, 2: TWO_STEPS, 3: THREE_STEPS}

_ARTICLE = re.compile(r"\b([Aa])(?= [aeiou])")
_GAINS = (
    "{He} buys {k} more.", "{He} finds {k} more.", "{M} gives {him} {k} more.", "{He} gets {k} {T} from {M}.", "Then {he} buys {k} {T}.",
    "{He} wins {k} {T}.", "{He} makes {k} more.", "{His} mother gives {him} {k} {T}.",
)  # fmt: skip
_LOSSES = (
    "{He} gives {k} to {M}.", "{He} loses {k} of them.", "{He} sells {k} {T}.", "Then {he} gives away {k}.", "{He} uses {k}.", "{M} takes {k} {T}.",
    "{He} throws {k} away.", "{He} gives {M} {k} {T}.",
)  # fmt: skip
_SHARES = (
    "{He} puts them into {k} {boxes} equally. How many {T} are in each {box}?", "{He} shares them equally among {k} {group}. How many {T} does each get?",
    "{He} puts {k} in each {box}. How many {boxes} does {he} need?",
)  # fmt: skip
_SALES = (
    "{He} sells all of them for {k} dollars each. How much money does {he} get?", "Each is worth ${k}. How many dollars are they worth in total?",
)  # fmt: skip
_QUESTIONS = (
    "How many {T} does {he} have now?", "How many {T} does {N} have now?", "How many {T} does {N} have?", "How many {T} does {he} have in the end?",
)  # fmt: skip
_LEFT = ("How many {T} does {he} have left?", "How many {T} are left?", "How many {T} does {N} have left?")
_STARTS = (
    "{N} has {a} {T}.",
    "{N} has {a} {T}.",
    "{N} had {a} {T}.",
    "{N} picks {a} {T}.",
    "{N} collects {a} {T}.",
    "{N} starts with {a} {T}.",
)


def story(rng: random.Random, steps: int | None = None) -> Solved:
    """A word problem of so many steps, mostly two."""
    count = steps or rng.choices((1, 2, 3), (34, 52, 14))[0]
    return _events(rng, count) if rng.random() < EVENTS_SHARE else told(rng, rng.choice(_BY_STEPS[count]))


def told(rng: random.Random, template: Story) -> Solved:
    """A template with numbers, people and things."""
    while True:
        numbers = {letter: rng.randint(low, high) for letter, low, high in _ranges(template.numbers)}
        steps = _steps(template.steps, numbers)
        if steps:
            break
    key = " ".join((template.name, *map(str, numbers.values())))
    text = _render(rng, rng.choice(template.texts), numbers)
    return Solved(KINDS[len(steps)], key, text[0].upper() + text[1:], steps)


@cache
def _ranges(source: str) -> tuple[tuple[str, int, int], ...]:
    found = (re.fullmatch(r"(\w):(\d+)-(\d+)", part) for part in source.split())
    return tuple((match[1], int(match[2]), int(match[3])) for match in found if match)


@cache
def _operations(source: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((left, operator, right) for left, operator, right in (step.split() for step in source.split(";")))


def _steps(source: str, numbers: dict[str, int]) -> tuple[Step, ...]:
    """None at all where a result is no positive integer, or too large."""
    known, steps = dict(numbers), []
    for (left, operator, right), name in zip(_operations(source), "xyz", strict=False):
        step = Step(_value(left, known), operator, _value(right, known))
        if (operator == "/" and step.left % step.right) or not 0 < step.value <= MOST:
            return ()
        steps.append(step)
        known[name] = known["r"] = step.value
    return tuple(steps)


def _value(term: str, known: dict[str, int]) -> int:
    return int(term) if term.isdigit() else known[term]


def _render(rng: random.Random, text: str, numbers: dict[str, int]) -> str:
    told = {letter: str(number) for letter, number in numbers.items()}
    if rng.random() < SPELLED_SHARE:
        letter = rng.choice(list(numbers))
        if not any(f"{before}{{{letter}}}" in text for before in ("$", ". ")):
            told[letter] = spelled(numbers[letter])
    return _ARTICLE.sub(r"\1n", text.format(**words(rng), **told))


def _events(rng: random.Random, count: int) -> Solved:
    """What one person has, and what happens to it."""
    start = rng.choice((rng.randint(2, 20), rng.randint(10, 90)))
    value, parts, steps, kinds = start, [rng.choice(_STARTS)], [], ""
    question = ""
    for at in range(count):
        step, kind, text = _event(rng, value, at == count - 1)
        steps.append(step)
        kinds, value = kinds + kind, step.value
        parts.append(text.replace("{k}", f"{{k{at}}}"))
        question = "" if kind in "/*" else rng.choice(_LEFT if kind == "-" else _QUESTIONS)
    numbers = {"a": start} | {f"k{at}": step.right for at, step in enumerate(steps)}
    key = " ".join(("events", kinds, *map(str, numbers.values())))
    text = _render(rng, " ".join((*parts, question)).strip(), numbers)
    return Solved(KINDS[count], key, text, tuple(steps))


def _event(rng: random.Random, value: int, last: bool) -> tuple[Step, str, str]:
    kind = rng.random()
    by = [divisor for divisor in range(2, 10) if value > divisor and value % divisor == 0]
    if last and kind < 0.2 and by:
        return Step(value, "/", rng.choice(by)), "/", rng.choice(_SHARES)
    if last and kind < 0.3 and 1 < value <= 15:
        return Step(value, "*", rng.randint(2, 9)), "*", rng.choice(_SALES)
    if kind < 0.65 and value > 3:
        return Step(value, "-", rng.randint(2, value - 1)), "-", rng.choice(_LOSSES)
    return Step(value, "+", rng.choice((rng.randint(2, 9), rng.randint(2, 60)))), "+", rng.choice(_GAINS)
