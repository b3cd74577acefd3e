"""Operations on whole lists, strings, dictionaries and pairs."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from embedded_model.curriculum.conditions import CHAR_CONDS, INT_CONDS, STR_CONDS
from embedded_model.curriculum.elements import INT_ELEMS, STR_ELEMS
from embedded_model.curriculum.operations import (
    Factory,
    Op,
    count_op,
    filter_op,
    map_op,
    predicate_op,
    quantifier_op,
    scalar_op,
)  # fmt: skip


def fixed_op(
    key: str, src: str, dst: str, fn: Callable[[Any, Any], Any], nouns: str, codes: tuple[str, ...], verbs: str = "",
    fold: tuple[str, str] | None = None, genexp: bool = False, k: Callable[[random.Random], Any] | None = None,
) -> Factory:  # fmt: skip
    """A factory of a fixed operation; `nouns` and `verbs` are separated by `|`, `k` draws the constant."""

    def make(rng: random.Random) -> Op:
        constant = k(rng) if k else None
        texts = tuple(verbs.split("|")) if verbs else ()
        return Op(key, src, dst, fn, tuple(nouns.split("|")), texts, codes, fold=fold, genexp=genexp, k=constant)

    return make


def _small(rng: random.Random) -> int:
    return rng.choice((1, 2, 2, 3, 3, 4))


def _unique(x: Any, k: Any) -> Any:
    return list(dict.fromkeys(x))


def _running(x: list[int], k: Any) -> list[int]:
    return [sum(x[: i + 1]) for i in range(len(x))]


def _product(x: list[int], k: Any) -> int:
    out = 1
    for v in x:
        out *= v
        if abs(out) > 10**12:
            raise OverflowError
    return out


_REDUCERS = (
    fixed_op("sum", "ints", "int", lambda x, k: sum(x), "the sum of {x}|the total of {x}|the sum of the numbers in {x}|the sum of all numbers in {x}", ("sum({x})",), "sum {x}|add up {x}|add all the numbers of {x}|sum up {x}", ("0", "{acc} += {v}"), True),
    fixed_op("product", "ints", "int", _product, "the product of {x}|the product of the numbers in {x}", ("math.prod({x})",), "multiply all the numbers of {x}", ("1", "{acc} *= {v}")),
    fixed_op("max", "ints", "int", lambda x, k: max(x, default=0), "the largest number in {x} or 0 if there is none|the maximum of {x}, 0 if empty", ("max({x}, default=0)",), "take the largest of {x}, or 0 if there is none"),
    fixed_op("min", "ints", "int", lambda x, k: min(x, default=0), "the smallest number in {x} or 0 if there is none|the minimum of {x}, 0 if empty", ("min({x}, default=0)",), "take the smallest of {x}, or 0 if there is none"),
    fixed_op("len", "ints", "int", lambda x, k: len(x), "the number of elements in {x}|the length of {x}|how many numbers {x} has", ("len({x})",), "count {x}"),
    fixed_op("range", "ints", "int", lambda x, k: max(x) - min(x) if x else 0, "the difference between the largest and the smallest number of {x}, 0 if empty", ("max({x}) - min({x}) if {x} else 0",)),
    fixed_op("count-k", "ints", "int", lambda x, k: x.count(k), "the number of times {k} occurs in {x}|how often {k} appears in {x}", ("{x}.count({k})",), "count how often {k} occurs in {x}", k=_small),
    fixed_op("distinct", "ints", "int", lambda x, k: len(set(x)), "the number of distinct numbers in {x}|how many different numbers {x} has", ("len(set({x}))",), "count the distinct numbers of {x}"),
    fixed_op("last", "ints", "int", lambda x, k: x[-1] if x else 0, "the last number of {x} or 0 if there is none", ("{x}[-1] if {x} else 0",)),
    fixed_op("first", "ints", "int", lambda x, k: x[0] if x else 0, "the first number of {x} or 0 if there is none", ("{x}[0] if {x} else 0",)),
    fixed_op("has", "ints", "bool", lambda x, k: k in x, "whether {x} contains {k}|True if {k} is in {x}, else False", ("{k} in {x}",), "check whether {k} is in {x}", k=_small),
    fixed_op("ascending", "ints", "bool", lambda x, k: x == sorted(x), "whether {x} is sorted in ascending order|True if {x} is sorted, else False", ("{x} == sorted({x})",), "check whether {x} is sorted"),
    fixed_op("unique?", "ints", "bool", lambda x, k: len(x) == len(set(x)), "whether {x} has no duplicates|whether all numbers in {x} are distinct", ("len({x}) == len(set({x}))",)),
    fixed_op("join", "strs", "str", lambda x, k: k.join(x), "the strings of {x} joined with {k}|{x} joined by {k}|the concatenation of {x} separated by {k}", ("{k}.join({x})",), "join {x} with {k}", genexp=True, k=lambda rng: rng.choice((" ", ", ", "-", "_", "/"))),
    fixed_op("concat", "strs", "str", lambda x, k: "".join(x), "the concatenation of {x}|the strings of {x} joined together|{x} joined into one string", ("''.join({x})",), "concatenate {x}|join {x}", ("''", "{acc} += {v}"), True),
    fixed_op("len", "strs", "int", lambda x, k: len(x), "the number of strings in {x}|how many strings {x} has", ("len({x})",), "count {x}"),
    fixed_op("total-length", "strs", "int", lambda x, k: sum(len(s) for s in x), "the total length of {x}|the total number of characters in {x}", ("sum(len(s) for s in {x})",), "", ("0", "{acc} += len({v})")),
    fixed_op("longest", "strs", "str", lambda x, k: max(x, key=len, default=""), "the longest string in {x} or '' if there is none|the first longest string of {x}, '' if empty", ("max({x}, key=len, default='')",)),
    fixed_op("shortest", "strs", "str", lambda x, k: min(x, key=len, default=""), "the shortest string in {x} or '' if there is none", ("min({x}, key=len, default='')",)),
    fixed_op("has-str", "strs", "bool", lambda x, k: k in x, "whether {x} contains {k}", ("{k} in {x}",), "check whether {k} is in {x}", k=lambda rng: rng.choice(("cat", "a", "red", "hello"))),
    fixed_op("distinct", "strs", "int", lambda x, k: len(set(x)), "the number of distinct strings in {x}", ("len(set({x}))",)),
)  # fmt: skip

_BOTH_LISTS = tuple(
    factory
    for src, plural in (("ints", "numbers"), ("strs", "strings"))
    for factory in (
        fixed_op("sorted", src, src, lambda x, k: sorted(x), f"{{x}} sorted in ascending order|{{x}} sorted|the {plural} of {{x}} in ascending order", ("sorted({x})",), "sort {x}|sort {x} in ascending order"),
        fixed_op("descending", src, src, lambda x, k: sorted(x, reverse=True), f"{{x}} sorted in descending order|the {plural} of {{x}} in descending order", ("sorted({x}, reverse=True)",), "sort {x} in descending order"),
        fixed_op("reversed", src, src, lambda x, k: x[::-1], "{x} reversed|{x} in reverse order|the reverse of {x}", ("{x}[::-1]",), "reverse {x}|reverse the order of {x}"),
        fixed_op("unique", src, src, _unique, f"the distinct {plural} of {{x}} in order of first appearance|{{x}} without duplicates, keeping the order", ("list(dict.fromkeys({x}))",), "remove duplicates from {x}, keeping the order|drop the duplicates"),
        fixed_op("unique-sorted", src, src, lambda x, k: sorted(set(x)), f"the distinct {plural} of {{x}} in sorted order|the sorted unique {plural} of {{x}}", ("sorted(set({x}))",)),
        fixed_op("take", src, src, lambda x, k: x[:k], f"the first {{k}} {plural} of {{x}}|the first {{k}} elements of {{x}}", ("{x}[:{k}]",), "take the first {k} of {x}|keep the first {k}", k=_small),
        fixed_op("drop", src, src, lambda x, k: x[k:], f"{{x}} without its first {{k}} {plural}|all but the first {{k}} {plural} of {{x}}", ("{x}[{k}:]",), "drop the first {k} of {x}|skip the first {k}", k=_small),
        fixed_op("tail", src, src, lambda x, k: x[-k:], f"the last {{k}} {plural} of {{x}}", ("{x}[-{k}:]",), "keep the last {k} of {x}", k=_small),
        fixed_op("every", src, src, lambda x, k: x[::k], "every {k}th element of {x}, starting with the first", ("{x}[::{k}]",), "", k=lambda rng: rng.choice((2, 2, 3))),
        fixed_op("rotate", src, src, lambda x, k: x[k:] + x[:k], "{x} rotated left by {k}", ("{x}[{k}:] + {x}[:{k}]",), "rotate {x} left by {k}", k=_small),
        fixed_op("twice", src, src, lambda x, k: x + x, "{x} followed by itself|{x} repeated twice", ("{x} + {x}",)),
    )
)  # fmt: skip

_LISTS = (
    *_BOTH_LISTS,
    fixed_op("running", "ints", "ints", _running, "the running sums of {x}|the cumulative sums of {x}|the prefix sums of {x}", ("[sum({x}[:i + 1]) for i in range(len({x}))]",)),
    fixed_op("differences", "ints", "ints", lambda x, k: [b - a for a, b in pairwise(x)], "the differences between consecutive numbers of {x}|the differences of neighbours in {x}", ("[b - a for a, b in zip({x}, {x}[1:])]",)),
    fixed_op("by-length", "strs", "strs", lambda x, k: sorted(x, key=len), "{x} sorted by length|the strings of {x} sorted by length", ("sorted({x}, key=len)",), "sort {x} by length"),
    fixed_op("lengths-dict", "strs", "dict", lambda x, k: {s: len(s) for s in x}, "a dictionary from each string in {x} to its length|a dict mapping each string of {x} to its length", ("{s: len(s) for s in {x}}",)),
    fixed_op("tally", "strs", "dict", lambda x, k: {s: x.count(s) for s in x}, "a dictionary of how often each string occurs in {x}|a dict that counts each string in {x}", ("{s: {x}.count(s) for s in {x}}",)),
    fixed_op("length-pairs", "strs", "pairs", lambda x, k: [(s, len(s)) for s in x], "a list of pairs of each string in {x} and its length", ("[(s, len(s)) for s in {x}]",)),
)  # fmt: skip

_STRINGS = (
    fixed_op("words", "text", "strs", lambda x, k: x.split(), "the words of {x}|the list of words in {x}|{x} split into words", ("{x}.split()",), "split {x} into words|split {x} on whitespace"),
    fixed_op("chars", "text", "strs", lambda x, k: list(x), "the characters of {x} as a list|the list of characters in {x}", ("list({x})",), "turn {x} into a list of characters"),
    fixed_op("split-k", "text", "strs", lambda x, k: x.split(k), "the parts of {x} separated by {k}|{x} split on {k}", ("{x}.split({k})",), "split {x} on {k}|split {x} at {k}", k=lambda rng: rng.choice((",", "-", " "))),
    fixed_op("word-count", "text", "int", lambda x, k: len(x.split()), "the number of words in {x}|how many words {x} has", ("len({x}.split())",), "count the words in {x}"),
    fixed_op("reverse-words", "text", "str", lambda x, k: " ".join(x.split()[::-1]), "the words of {x} in reverse order, joined with spaces|{x} with its words in reverse order", ("' '.join({x}.split()[::-1])", "' '.join(reversed({x}.split()))"), "reverse the words of {x}"),
    fixed_op("sorted-chars", "text", "str", lambda x, k: "".join(sorted(x)), "the characters of {x} in sorted order|{x} with its characters sorted", ("''.join(sorted({x}))",), "sort the characters of {x}"),
    fixed_op("unique-chars", "text", "str", lambda x, k: "".join(dict.fromkeys(x)), "{x} with repeated characters removed, keeping the first of each", ("''.join(dict.fromkeys({x}))",)),
    fixed_op("distinct-chars", "text", "int", lambda x, k: len(set(x)), "the number of distinct characters in {x}|how many different characters {x} has", ("len(set({x}))",), "count the distinct characters of {x}"),
    fixed_op("digits-of", "text", "ints", lambda x, k: [int(c) for c in x if c.isdigit()], "the digits in {x} as a list of integers", ("[int(c) for c in {x} if c.isdigit()]",)),
    fixed_op("char-tally", "text", "dict", lambda x, k: {c: x.count(c) for c in x}, "a dictionary that counts each character in {x}|how often each character occurs in {x}, as a dictionary", ("{c: {x}.count(c) for c in {x}}",)),
    fixed_op("title", "text", "str", lambda x, k: x.title(), "{x} in title case", ("{x}.title()",)),
    fixed_op("every-char", "text", "str", lambda x, k: x[::k], "every {k}th character of {x}, starting with the first", ("{x}[::{k}]",), "", k=lambda rng: rng.choice((2, 3))),
    fixed_op("longest-word", "text", "str", lambda x, k: max(x.split(), key=len, default=""), "the longest word in {x} or '' if there is none", ("max({x}.split(), key=len, default='')",)),
    fixed_op("drop-spaces", "text", "str", lambda x, k: x.replace(" ", ""), "{x} without spaces|{x} with all spaces removed", ("{x}.replace(' ', '')",), "remove all spaces from {x}"),
)  # fmt: skip

_DICTS = (
    fixed_op("keys", "dict", "strs", lambda x, k: list(x), "the keys of {x}|the list of keys of {x}", ("list({x})", "list({x}.keys())"), "take the keys of {x}"),
    fixed_op("values", "dict", "ints", lambda x, k: list(x.values()), "the values of {x}|the list of values in {x}", ("list({x}.values())",), "take the values of {x}"),
    fixed_op("items", "dict", "pairs", lambda x, k: list(x.items()), "the items of {x} as a list of pairs", ("list({x}.items())",)),
    fixed_op("sorted-keys", "dict", "strs", lambda x, k: sorted(x), "the keys of {x} in sorted order|the sorted keys of {x}", ("sorted({x})",)),
    fixed_op("best-key", "dict", "str", lambda x, k: max(x, key=x.get, default=""), "the key of {x} with the largest value or '' if there is none", ("max({x}, key={x}.get, default='')",)),
    fixed_op("value-sum", "dict", "int", lambda x, k: sum(x.values()), "the sum of the values in {x}|the total of all values of {x}", ("sum({x}.values())",), "sum the values of {x}"),
    fixed_op("keys-above", "dict", "strs", lambda x, k: [a for a, b in x.items() if b > k], "the keys of {x} whose value is greater than {k}", ("[a for a, b in {x}.items() if b > {k}]",), "", k=_small),
    fixed_op("dict-above", "dict", "dict", lambda x, k: {a: b for a, b in x.items() if b > k}, "the entries of {x} whose value is greater than {k}|{x} with only the values greater than {k}", ("{a: b for a, b in {x}.items() if b > {k}}",), "keep the entries of {x} whose value is greater than {k}", k=_small),
    fixed_op("dict-even", "dict", "dict", lambda x, k: {a: b for a, b in x.items() if b % 2 == 0}, "the entries of {x} with an even value", ("{a: b for a, b in {x}.items() if b % 2 == 0}",)),
    fixed_op("dict-double", "dict", "dict", lambda x, k: {a: b * 2 for a, b in x.items()}, "{x} with every value doubled", ("{a: b * 2 for a, b in {x}.items()}",), "double every value of {x}"),
    fixed_op("dict-plus", "dict", "dict", lambda x, k: {a: b + k for a, b in x.items()}, "{x} with {k} added to every value", ("{a: b + {k} for a, b in {x}.items()}",), "add {k} to every value of {x}", k=_small),
    fixed_op("dict-upper", "dict", "dict", lambda x, k: {a.upper(): b for a, b in x.items()}, "{x} with its keys in upper case", ("{a.upper(): b for a, b in {x}.items()}",)),
    fixed_op("by-value", "dict", "pairs", lambda x, k: sorted(x.items(), key=lambda p: p[1]), "the items of {x} sorted by value", ("sorted({x}.items(), key=lambda p: p[1])",)),
    fixed_op("firsts", "pairs", "strs", lambda x, k: [a for a, b in x], "the first elements of the pairs in {x}|the names in the pairs of {x}", ("[a for a, b in {x}]", "[p[0] for p in {x}]"), "take the first of each pair of {x}"),
    fixed_op("seconds", "pairs", "ints", lambda x, k: [b for a, b in x], "the second elements of the pairs in {x}|the numbers in the pairs of {x}", ("[b for a, b in {x}]", "[p[1] for p in {x}]"), "take the second of each pair of {x}"),
    fixed_op("second-sum", "pairs", "int", lambda x, k: sum(b for a, b in x), "the sum of the second elements of the pairs in {x}|the sum of the numbers in the pairs of {x}", ("sum(b for a, b in {x})",)),
    fixed_op("by-second", "pairs", "pairs", lambda x, k: sorted(x, key=lambda p: p[1]), "the pairs of {x} sorted by their second element", ("sorted({x}, key=lambda p: p[1])",), "sort the pairs of {x} by their second element"),
    fixed_op("pairs-above", "pairs", "pairs", lambda x, k: [p for p in x if p[1] > k], "the pairs of {x} whose second element is greater than {k}", ("[p for p in {x} if p[1] > {k}]",), "keep the pairs of {x} whose second element is greater than {k}", k=_small),
    fixed_op("to-dict", "pairs", "dict", lambda x, k: dict(x), "a dictionary made of the pairs in {x}|{x} as a dictionary", ("dict({x})",), "turn {x} into a dictionary"),
    fixed_op("swap", "pairs", "list", lambda x, k: [(b, a) for a, b in x], "the pairs of {x} with their elements swapped", ("[(b, a) for a, b in {x}]",)),
    fixed_op("flatten", "lists", "ints", lambda x, k: [v for row in x for v in row], "{x} flattened into one list|the numbers of all lists in {x} in one list", ("[v for row in {x} for v in row]",), "flatten {x}"),
    fixed_op("row-sums", "lists", "ints", lambda x, k: [sum(row) for row in x], "the sum of each list in {x}|the row sums of {x}", ("[sum(row) for row in {x}]",), "sum each list of {x}"),
    fixed_op("row-lengths", "lists", "ints", lambda x, k: [len(row) for row in x], "the length of each list in {x}", ("[len(row) for row in {x}]",)),
    fixed_op("row-max", "lists", "ints", lambda x, k: [max(row) for row in x if row], "the largest number of each non-empty list in {x}", ("[max(row) for row in {x} if row]",)),
)  # fmt: skip


def _filters() -> dict[str, list[Factory]]:
    """Filters, maps, counts and quantifiers, made of conditions and functions of one element."""

    def char_filter(rng: random.Random) -> Op:
        cond = rng.choice(CHAR_CONDS)(rng)
        base = filter_op(cond, "text", "characters")
        fn, code = cond.fn, f"''.join({{v}} for {{v}} in {{x}} if {cond.code})"
        nouns = (*base.nouns, *(f"{{x}} without the characters that {cond.inverse}",) * bool(cond.inverse))
        return Op(
            f"chars-{cond.key}",
            "text",
            "str",
            lambda x, k: "".join(c for c in x if fn(c, k)),
            nouns,
            base.verbs,
            (code,),
            fold=("''", f"if {cond.code}:\n    {{acc}} += {{v}}"),
            k=cond.k,
        )

    ints: list[Factory] = [
        lambda rng: filter_op(rng.choice(INT_CONDS)(rng), "ints", "numbers"),
        lambda rng: _list_map(rng, INT_ELEMS, "ints", "number"),
        lambda rng: count_op(rng.choice(INT_CONDS)(rng), "ints", "numbers"),
        lambda rng: quantifier_op(rng.choice(INT_CONDS)(rng), "ints", "numbers", rng.random() < 0.5),
    ]
    strs: list[Factory] = [
        lambda rng: filter_op(rng.choice(STR_CONDS)(rng), "strs", "strings"),
        lambda rng: _list_map(rng, STR_ELEMS, "strs", "string"),
        lambda rng: count_op(rng.choice(STR_CONDS)(rng), "strs", "strings"),
        lambda rng: quantifier_op(rng.choice(STR_CONDS)(rng), "strs", "strings", rng.random() < 0.5),
    ]
    one: list[Factory] = [
        lambda rng: scalar_op(rng.choice(INT_ELEMS)(rng), "int"),
        lambda rng: predicate_op(rng.choice(INT_CONDS[:6] + (INT_CONDS[6],) * 2 + INT_CONDS[8:11])(rng), "int"),
    ]
    text: list[Factory] = [
        lambda rng: scalar_op(rng.choice(STR_ELEMS)(rng), "text"),
        lambda rng: predicate_op(rng.choice(STR_CONDS[:8] + STR_CONDS[9:])(rng), "text"),
        char_filter,
        lambda rng: count_op(rng.choice(CHAR_CONDS)(rng), "text", "characters"),
        lambda rng: quantifier_op(rng.choice(CHAR_CONDS)(rng), "text", "characters", rng.random() < 0.5),
    ]
    return {"ints": ints, "strs": strs, "int": one, "text": text}


def _list_map(rng: random.Random, elems: tuple[Any, ...], src: str, each: str) -> Op:
    elem = rng.choice(elems)(rng)
    return map_op(elem, src, f"{elem.dst}s", each)


def _table() -> dict[str, list[tuple[float, Factory]]]:
    """Source type → weighted factories. Conditions and maps weigh as much as all fixed operations together."""
    table: dict[str, list[tuple[float, Factory]]] = {}
    general = _filters()
    fixed: dict[str, list[Factory]] = {}
    probe = random.Random(0)
    for factory in (*_REDUCERS, *_LISTS, *_STRINGS, *_DICTS):
        fixed.setdefault(factory(probe).src, []).append(factory)
    for src in {*general, *fixed}:
        many = general.get(src, [])
        shares = (3.0, 3.0, 1.0, 0.6) if src in ("ints", "strs") else (2.0,) * len(many)
        table[src] = list(zip(shares, many, strict=True)) if many else []
        rest = fixed.get(src, [])
        total = sum(weight for weight, _ in table[src]) or 1.0
        table[src] += [(total / len(rest), factory) for factory in rest]
    table["str"] = table["text"]
    return table


OPERATIONS = _table()


def draw(rng: random.Random, src: str) -> Op | None:
    """A random operation whose input is of type `src`; None where there is none."""
    choices = OPERATIONS.get(src, [])
    if not choices:
        return None
    return rng.choices([factory for _, factory in choices], [weight for weight, _ in choices])[0](rng)
