"""A chain, or a noun and verb phrase, as the sentence a person might type."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random

from embedded_model.curriculum.chains import Chain

MENTIONS = {
    "ints": "a list of numbers|a list of integers|the list|the given list|a list of ints|an array of integers|a list|the numbers|an integer list",
    "strs": "a list of strings|a list of words|the list|the given list of strings|the list of strings",
    "text": "a string|the string|the given string|a text|an input string|the text",
    "str": "a string|the string|the given string|a word|an input string",
    "int": "a number|an integer|the number|the given number|an int|the given integer",
    "nat": "a number|a non-negative integer|the number|an integer",
    "pos": "a number|a positive integer|the number|an integer",
    "dict": "a dictionary|the dictionary|a dict|the given dictionary",
    "pairs": "a list of pairs|the list of pairs|a list of tuples|the pairs",
    "lists": "a list of lists|the list of lists|a nested list",
    "char": "a character|the letter|the character",
    "bool": "a flag|the flag",
    "nat6": "a number|a non-negative integer|the number|an integer",
    "pos2": "a number|a positive integer|the number|an integer",
    "year": "a year|the year|the given year",
    "fizz": "n|n|a number|the number|an integer n|the integer|a number n",
    "nints": "a list of numbers|a list of integers|the list|the given list|a non-empty list|a list of ints|an array of integers|a list|the numbers",
    "nints2": "a list of numbers|a list of integers|the list|a list|the numbers",
}
_NAMED = {
    "ints": "the list {n}|the list `{n}`|the numbers in {n}|a list of numbers {n}|a list of integers `{n}`",
    "strs": "the list {n}|the list of strings {n}|a list of strings `{n}`",
    "text": "the string {n}|the string `{n}`|a string {n}|the text {n}",
    "str": "the string {n}|the string `{n}`|a string {n}",
    "int": "the number {n}|the integer {n}|an integer `{n}`|the number `{n}`",
    "dict": "the dictionary {n}|the dictionary `{n}`",
    "pairs": "the pairs in {n}|the list of pairs `{n}`",
    "lists": "the lists in {n}|the list of lists {n}",
}
_RETURNS = "return|compute|find|calculate|get|determine|give|produce|output"
_NOUN_FRAMES = (
    "Return {noun}.", "Return {noun}.", "Return {noun}", "return {noun}", "Compute {noun}.", "Find {noun}.", "Calculate {noun}.", "Get {noun}.",
    "Write a function that returns {noun}.", "Write a function that returns {noun}.", "Write a Python function that returns {noun}.",
    "Write a function to find {noun}.", "Write a function to compute {noun}.", "Write a python function to find {noun}.",
    "Write a function to get {noun}.", "Write a function that computes {noun}.", "Create a function that returns {noun}.",
    "Implement a function that returns {noun}.", "Define a function which returns {noun}.", "A function that returns {noun}.",
    "Function returning {noun}", "Returns {noun}.", "I need a function that returns {noun}.", "Please return {noun}.",
    "Complete the function so that it returns {noun}.", "Complete this function: it returns {noun}.", "{Noun}.", "{noun}", "Return only {noun}.",
    "Write a function `{f}` that returns {noun}.", "Write a function {f} that returns {noun}.", "Implement {f}, which returns {noun}.",
    "Write a function {f}({args}) that returns {noun}.", "{f}({args}) returns {noun}.", "Implement {f}({args}): return {noun}.",
    "How do I get {noun}?", "How can I compute {noun}?", "Can you write a function that returns {noun}?", "I want {noun}.", "Need a function for {noun}",
    "Your task is to return {noun}.", "Your task is to implement a function that returns {noun}.", "You have to return {noun}.", "Task: return {noun}.",
    "python function: {noun}", "def that returns {noun}", "Given the input, return {noun}.", "The function should return {noun}.", "It should return {noun}.",
    "Give me {noun}.", "What is {noun}?", "Just return {noun}.", "function which returns {noun}", "write code that returns {noun}", "Output {noun}.",
    "`{f}` should return {noun}.", "{f} returns {noun}.", "{f}: {noun}", "Name the function {f}. It returns {noun}.", "Please write {f}. It must return {noun}.",
)  # fmt: skip
_VERB_FRAMES = (
    "{Verb}.", "{Verb}.", "{Verb}", "{verb}", "{Verb}.", "Write a function to {verb}.", "Write a function that {verbs}.", "Write a function that {verbs}.",
    "Write a Python function to {verb}.", "Write a python function to {verb}.", "Write a Python function that {verbs}.",
    "Create a function that {verbs}.", "Implement a function to {verb}.", "Define a function that {verbs}.",
    "A function that {verbs}.", "I need a function that {verbs}.", "Complete the function to {verb}.", "Please {verb}.", "{Verbs}.",
    "Write a function `{f}` that {verbs}.", "Write a function {f} to {verb}.", "Implement {f}, which {verbs}.", "Make {f} {verb}.",
    "Write a function {f}({args}) that {verbs}.", "Implement {f}({args}) to {verb}.",
    "How do I {verb}?", "How can I {verb}?", "Can you {verb}?", "Can you write a function that {verbs}?", "I want to {verb}.", "I need to {verb}.", "Need to {verb}",
    "Your task is to {verb}.", "You have to {verb}.", "Task: {verb}.", "python function to {verb}", "function to {verb}", "The function should {verb}.", "It should {verb}.",
    "Just {verb}.", "code that {verbs}", "write code to {verb}", "`{f}` should {verb}.", "{f} {verbs}.", "{f}: {verb}", "Name the function {f}. It should {verb}.",
)  # fmt: skip
_DOC_NOUN = (
    "Return {noun}.", "Return {noun}.", "Return {noun}.", "Return {noun}", "{Noun}.", "{Noun}", "Returns {noun}.", "Compute {noun}.", "Find {noun}.",
    "Calculate {noun}.", "return {noun}", "Return only {noun}.", "Get {noun}.", "This function returns {noun}.", "Function that returns {noun}.",
    "Your task is to return {noun}.", "The function should return {noun}.", "You are to return {noun}.", "Determine {noun}.", "It returns {noun}.", "Gives {noun}.",
)  # fmt: skip
_DOC_VERB = (
    "{Verb}.", "{Verb}.", "{Verb}.", "{Verb}", "{Verbs}.", "{verb}", "This function {verbs}.", "Function to {verb}.", "Your task is to {verb}.",
    "The function should {verb}.", "You have to {verb}.", "Simply {verb}.",
)  # fmt: skip


def mention(rng: random.Random, kind: str, name: str, named: float) -> str:
    """How an argument is spoken of; by its name with probability `named`."""
    if rng.random() < named:
        draw = rng.random()
        if draw < 0.5 or kind not in _NAMED:
            return name if draw < 0.35 else f"`{name}`"
        return rng.choice(_NAMED[kind].split("|")).replace("{n}", name)
    return rng.choice(MENTIONS[kind].split("|"))


def third_person(verb: str) -> str:
    """`reverse a string` → `reverses a string`; only the first word, and one after `and` or `then`."""
    words = verb.split(" ")
    for index, word in enumerate(words):
        if (
            index == 0
            or words[index - 1].rstrip(",") in ("then",)
            or (word == "return" and words[index - 1] in ("and", "then"))
        ):
            words[index] = _inflect(word)
    return " ".join(words)


def _inflect(word: str) -> str:
    if word.endswith(("s", "sh", "ch", "x")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def frame(rng: random.Random, noun: str, verb: str, function: str | None, args: str, doc: bool) -> str:
    """A sentence around a noun phrase or a verb phrase (one of them empty); `doc` keeps it fit for a docstring.

    Without a function's name no frame is used that would mention one.
    """
    pool = (
        (_DOC_NOUN if noun else _DOC_VERB) if doc and rng.random() < 0.8 else (_NOUN_FRAMES if noun else _VERB_FRAMES)
    )
    usable = [text for text in pool if function is not None or "{f}" not in text]
    text = rng.choice(usable)
    verbs = third_person(verb) if verb else ""
    for key, phrase in (("noun", noun), ("verbs", verbs), ("verb", verb)):
        text = text.replace(f"{{{key}}}", phrase).replace(f"{{{key.title()}}}", phrase[:1].upper() + phrase[1:])
    return text.replace("{f}", function or "").replace("{args}", args)


def given(rng: random.Random, kind: str, name: str, noun: str, doc: bool) -> str:
    """`Given a list of numbers, return …` where `noun` has a `{x}` still to fill."""
    if doc or rng.random() < 0.4:
        start = rng.choice(
            (
                f"Given {mention(rng, kind, name, 0.3)}",
                f"You are given {mention(rng, kind, name, 0.3)}.",
                f"Given {mention(rng, kind, name, 0)} {name}",
                f"For {mention(rng, kind, name, 0.3)}",
                f"For a given {_bare(kind)} {name}",
                f"From {mention(rng, kind, name, 0.3)}",
                f"Input is {mention(rng, kind, name, 0.3)}.",
                f"The input {name} is {_indefinite(kind)}.",
            )
        )
    else:
        start = f"Given {mention(rng, kind, name, 0.2)}"
    again = name if name in start.replace(",", " ").replace("`", " ").split() else rng.choice(("it", "it"))
    verb = rng.choice(_RETURNS.split("|"))
    body = noun.replace("{x}", again)
    return (
        f"{start} {verb.title()} {body}."
        if start.endswith(".")
        else f"{start}, {verb} {body}{rng.choice(('.', '.', ''))}"
    )


def _indefinite(kind: str) -> str:
    """`a list of numbers`: the first way to mention a value of this type."""
    return "an integer" if kind == "fizz" else MENTIONS[kind].split("|")[0]


def _bare(kind: str) -> str:
    """`list of numbers`."""
    return _indefinite(kind).removeprefix("a ").removeprefix("an ")


def noun_of(rng: random.Random, chain: Chain, first: str, lifted: str) -> str:
    """The whole chain as one nested noun phrase."""
    text = first
    for index, op in enumerate(chain.ops):
        text = op.text(rng.choice(op.nouns), _say(chain, index, lifted)).replace("{x}", text)
    return text


def steps_of(rng: random.Random, chain: Chain, first: str, lifted: str) -> str:
    """The chain as imperative steps: `keep the even numbers of xs, then square each number and return the sum`."""
    parts = _steps(rng, chain, first, lifted, ("them", "the result"))
    if len(parts) == 1:
        return parts[0]
    joiner = rng.choice((", then ", ", then ", " and then ", ", "))
    return joiner.join(parts[:-1]) + rng.choice((" and ", ", then ", ", and ")) + parts[-1]


def listed_steps(rng: random.Random, chain: Chain, names: tuple[str, ...]) -> list[str]:
    """The chain as a list of imperative steps, one for each operation."""
    return _steps(rng, chain, names[0], names[1] if len(names) > 1 else "", ("the result",))


def _steps(rng: random.Random, chain: Chain, first: str, lifted: str, again: tuple[str, ...]) -> list[str]:
    parts = []
    for index, op in enumerate(chain.ops):
        last = index == len(chain.ops) - 1
        target = (
            first if index == 0 else "the result" if op.src in ("int", "str", "text", "bool") else rng.choice(again)
        )
        choices = [f"return {noun}" for noun in op.nouns] if last and index else list(op.verbs)
        if not choices:
            choices = [f"take {noun}" for noun in op.nouns]
        with_input = [choice for choice in choices if "{x}" in choice]
        chosen = rng.choice(with_input if index == 0 and with_input else choices)
        parts.append(op.text(chosen, _say(chain, index, lifted)).replace("{x}", target))
    return parts


def _say(chain: Chain, index: int, lifted: str) -> str:
    return lifted if index == chain.lifted else repr(chain.ops[index].k)
