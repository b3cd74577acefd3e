"""Where programs that no test tells apart differ: the input to ask a person about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reason_tui.programs.fuzz import variants
from reason_tui.rewards.agreement import said
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.tasks.literals import is_literal, literal
from reason_tui.tasks.types import CallCase

MAX_SAID = 200
"""Characters of a value that a person is asked about."""


@dataclass(frozen=True)
class Difference:
    """An input on which programs differ, and the programs by what they do with it, the largest group first."""

    case: CallCase
    groups: tuple[tuple[TestRecord, tuple[int, ...]], ...]

    @property
    def rank(self) -> tuple[bool, int]:
        """Lower is a better question: two values rather than a value and an exception, then the smaller input."""
        values = sum(record.got is not None for record, _ in self.groups)
        return values < 2, size(self.case)


def differences(
    cases: Sequence[CallCase], verdicts: Mapping[int, Verdict], weights: Mapping[int, int]
) -> list[Difference]:
    """Every input on which the programs differ, the best question first.

    Inputs are left out for which it is not known what some program does, or where nobody returns a value.
    """
    found = (_difference(case, at, verdicts, weights) for at, case in enumerate(cases))
    return sorted((each for each in found if each is not None), key=lambda each: each.rank)


def _difference(
    case: CallCase, at: int, verdicts: Mapping[int, Verdict], weights: Mapping[int, int]
) -> Difference | None:
    groups: dict[str, tuple[TestRecord, list[int]]] = {}
    for node, verdict in verdicts.items():
        record = verdict.records[at] if at < len(verdict.records) else None
        key = None if record is None else said(record)
        if record is None or key is None or len(key) > MAX_SAID:
            return None
        groups.setdefault(key, (record, []))[1].append(node)
    if len(groups) < 2 or not any(key.startswith("=") for key in groups):
        return None
    ordered = sorted(groups.values(), key=lambda each: (-sum(weights.get(node, 1) for node in each[1]), each[1][0]))
    return Difference(case, tuple((record, tuple(nodes)) for record, nodes in ordered))


def size(case: CallCase) -> int:
    """Characters of the arguments as they are written."""
    return sum(map(len, (*case.args, *case.kwargs.values())))


def smaller(case: CallCase, count: int) -> tuple[CallCase, ...]:
    """At most `count` inputs near `case` that are shorter to write, the shortest first."""
    unique = {each.call("f"): each for each in _near(case) if size(each) < size(case)}
    return tuple(sorted(unique.values(), key=size)[:count])


def _near(case: CallCase) -> Iterator[CallCase]:
    for at, source in enumerate(case.args):
        for changed in _variants(source):
            yield case.model_copy(update={"args": (*case.args[:at], changed, *case.args[at + 1 :])})
    for name, source in case.kwargs.items():
        for changed in _variants(source):
            yield case.model_copy(update={"kwargs": {**case.kwargs, name: changed}})


def _variants(source: str) -> Iterator[str]:
    value = literal(source)
    for changed in (*variants(value), *_parts(value)):
        if is_literal(repr(changed)):
            yield repr(changed)


def _parts(value: object) -> Iterator[object]:
    """Halves, single members, and smaller numbers."""
    match value:
        case bool():
            return
        case int():
            yield from (value // 2, value // 10, 1, 2)
        case str() | list() | tuple() if len(value) > 1:
            half = len(value) // 2
            yield from (value[:half], value[half:], value[:1], value[-1:], value[:2])
        case _:
            return
