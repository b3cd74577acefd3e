"""Which of what was found is worth learning: preference pairs and examples (SEARCH.md, "Preference pairs").

Pure functions over samples: the same samples give the same pairs with the same ids, in the same order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import TypeVar

from pydantic import Field

from reason_tui.learning.samples import Sample
from reason_tui.policy import Message
from reason_tui.rewards.critique import blend
from reason_tui.tasks.types import Frozen, Task

Kind = TypeVar("Kind")
IMPORTED = "imported"
"""The origin of lessons that came without their sidecar."""


class PairRules(Frozen):
    """What makes a pair. Q = `alpha` * W/N + (1 - `alpha`) * the critic's rank; W/N alone where there was no critic."""

    alpha: float = Field(default=0.5, ge=0, le=1)
    theta: float = Field(default=0.2, ge=0, lt=1)
    pairs_per_task: int = Field(default=8, ge=1)
    examples_per_task: int = Field(default=4, ge=1)
    length_ratio: float = Field(default=2.0, ge=1)


class Merged(Frozen):
    """The samples of one prompt that hold the same program: the first of them, and what all of them say."""

    first: Sample
    visits: int
    total: float
    rank: float | None
    passed: bool

    def q(self, alpha: float) -> float:
        """Q in [0, 1]."""
        value = min(self.total / self.visits, 1.0)
        return value if self.rank is None else blend(value, self.rank, alpha)


class Lesson(Frozen):
    """What pairs and examples share: the prompt as the policy saw it, and where it comes from."""

    id: str
    task: str
    task_id: str
    origin: str
    messages: tuple[Message, ...]
    prefix: str = ""
    model: str = Field(default="", description="Whose reply it is, the chosen one of a pair; empty where nobody knows.")


class Pair(Lesson):
    """Two replies to one prompt. `chosen` and `rejected` follow `prefix`; `why_…` is what the sandbox found."""

    chosen: str
    rejected: str
    q_chosen: float
    q_rejected: float
    visits_chosen: int
    visits_rejected: int
    why_chosen: str = ""
    why_rejected: str = ""
    chosen_from: str = ""
    rejected_from: str = ""


class Example(Lesson):
    """A verified reply. Of the origin `transfer` are repairs that answer the task's first prompt as well."""

    text: str
    why: str = ""
    taken_from: str = ""


class Problem(Lesson):
    """A prompt without a reply: GRPO samples its own, and the sandbox rewards them by the visible tests."""

    problem: Task


def merge(samples: Iterable[Sample]) -> dict[str, list[Merged]]:
    """By prompt: each distinct program once, the oldest sample's words. It passed if it always did."""
    groups: dict[str, dict[str, list[Sample]]] = {}
    for sample in samples:
        groups.setdefault(sample.prompt, {}).setdefault(sample.fingerprint, []).append(sample)
    return {prompt: [_merged(same) for same in found.values()] for prompt, found in groups.items()}


def _merged(same: Sequence[Sample]) -> Merged:
    ranks = [sample.rank for sample in same if sample.rank is not None]
    return Merged(
        first=same[0],
        visits=sum(sample.visits for sample in same),
        total=sum(sample.total for sample in same),
        rank=sum(ranks) / len(ranks) if ranks else None,
        passed=all(sample.passed for sample in same),
    )


def pairs_of(samples: Iterable[Sample], rules: PairRules) -> list[Pair]:
    """Pairs of siblings under one prompt, drafts of one task included, at most `rules.pairs_per_task` of a task.

    The chosen one passed the visible tests, the rejected one did not, Q differs by more than theta, lengths by at most
    the ratio. Each rejected program is used once for a prompt: the one that the policy says most often first.
    """
    by_task: dict[str, list[list[Pair]]] = {}
    for group in merge(samples).values():
        by_task.setdefault(group[0].first.task, []).append(list(_of_prompt(group, rules)))
    return [pair for lists in by_task.values() for pair in islice(_in_turn(lists), rules.pairs_per_task)]


def _of_prompt(group: Sequence[Merged], rules: PairRules) -> Iterator[Pair]:
    chosen = sorted((one for one in group if one.passed), key=_often)
    for at, rejected in enumerate(sorted((one for one in group if not one.passed), key=_often)):
        turned = chosen[at % len(chosen) :] + chosen[: at % len(chosen)] if chosen else []
        fitting = next((one for one in turned if _fit(one, rejected, rules)), None)
        if fitting is not None:
            yield _pair(fitting, rejected, rules.alpha)


def _often(one: Merged) -> tuple[int, int, str]:
    return -one.visits, len(one.first.text), one.first.fingerprint


def _fit(chosen: Merged, rejected: Merged, rules: PairRules) -> bool:
    short, long = sorted((len(chosen.first.text), len(rejected.first.text)))
    return chosen.q(rules.alpha) - rejected.q(rules.alpha) > rules.theta and long <= rules.length_ratio * short


def _pair(chosen: Merged, rejected: Merged, alpha: float) -> Pair:
    one, other = chosen.first, rejected.first
    return Pair(
        id=_id("pair", one.prompt, one.fingerprint, other.fingerprint),
        task=one.task,
        task_id=one.task_id,
        origin=one.origin,
        messages=one.messages,
        prefix=one.prefix,
        chosen=one.text,
        rejected=other.text,
        q_chosen=chosen.q(alpha),
        q_rejected=rejected.q(alpha),
        visits_chosen=chosen.visits,
        visits_rejected=rejected.visits,
        why_chosen=one.why,
        why_rejected=other.why,
        chosen_from=f"{one.run}:{one.node}",
        rejected_from=f"{other.run}:{other.node}",
        model=one.model,
    )


def examples_of(samples: Iterable[Sample], rules: PairRules) -> list[Example]:
    """Verified replies for behaviour cloning, at most `rules.examples_per_task` of a task and origin.

    A repair that passes and begins as a draft of its task would is an answer to the first prompt too.
    """
    by_task: dict[str, list[Sample]] = {}
    for sample in samples:
        by_task.setdefault(sample.task, []).append(sample)
    return [example for same in by_task.values() for example in _examples(same, rules)]


def _examples(same: Sequence[Sample], rules: PairRules) -> Iterator[Example]:
    prompts: dict[str, list[list[Example]]] = {}
    for group in merge(same).values():
        passed = sorted((one for one in group if one.passed), key=_often)
        found = [_example(one.first, one.first, one.first.origin) for one in passed]
        prompts.setdefault(group[0].first.origin, []).append(found)
    drafted = list(islice(_in_turn(prompts.pop("draft", [])), rules.examples_per_task))
    yield from drafted
    first = next((sample for sample in same if sample.origin == "draft"), None)
    if first is not None:
        yield from islice(_transferred(same, first), rules.examples_per_task - len(drafted))
    for lists in prompts.values():
        yield from islice(_in_turn(lists), rules.examples_per_task)


def _transferred(same: Sequence[Sample], draft: Sample) -> Iterator[Example]:
    known = {sample.fingerprint for sample in same if sample.origin == "draft" and sample.passed}
    for sample in same:
        fits = sample.origin == "repair" and sample.passed and sample.prefix == draft.prefix
        if fits and sample.fingerprint not in known:
            known.add(sample.fingerprint)
            yield _example(sample, draft, "transfer")


def _example(sample: Sample, prompt: Sample, origin: str) -> Example:
    return Example(
        id=_id("example", prompt.prompt, sample.fingerprint),
        task=sample.task,
        task_id=sample.task_id,
        origin=origin,
        messages=prompt.messages,
        prefix=prompt.prefix,
        text=sample.text,
        why=sample.why,
        taken_from=f"{sample.run}:{sample.node}",
        model=sample.model,
    )


def _in_turn(lists: Iterable[Sequence[Kind]]) -> Iterator[Kind]:
    return (item for item in chain.from_iterable(zip_longest(*lists)) if item is not None)


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
