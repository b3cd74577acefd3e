"""Collecting: searches over a task set whose samples go into the aggregator.

A search is known by what decides about it (weights, adapter, task, settings, seed): one that was made is not made
again, so a collection that was cut off goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reason_tui.errors import DatasetError, PromptTooLongError
from reason_tui.learning.keys import is_held_out
from reason_tui.learning.samples import samples_of
from reason_tui.learning.store import Store
from reason_tui.learning.workshop import Workshop
from reason_tui.search.driver import search
from reason_tui.search.events import Event, SearchSettings
from reason_tui.search.ledger import Ledger
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import GradedTask, Task

SHARE = 0.2
"""How much of a dataset that does not say it itself is held out."""

Told = Callable[[int, int, str], None]
"""Called with how many searches are over, of how many, and words about the last."""


@dataclass
class Collected:
    """What a collection came to. `made` and `ledger` are of the searches of this process, the rest is of all.

    `runs` are the names of the searches, `solved` the keys of the tasks.
    """

    searches: int = 0
    made: int = 0
    solved: set[str] = field(default_factory=set)
    ledger: Ledger = field(default_factory=Ledger)
    runs: list[str] = field(default_factory=list)


def divide(tasks: Sequence[GradedTask], share: float = SHARE) -> tuple[list[Task], list[GradedTask]]:
    """The tasks to learn from, and those that are held out for measuring. Raises DatasetError where none is left.

    A math problem to learn from has its answer: it has no other test that a search could see.
    """
    training = [_with_answer(graded) for graded in tasks if not is_held_out(graded, share)]
    if not training:
        raise DatasetError(
            "There is nothing to learn from in these tasks.",
            why=f"All {len(tasks)} of them are held out for measuring.",
            hint="Give tasks whose group does not end in /heldout.",
        )
    return training, [graded for graded in tasks if is_held_out(graded, share)]


def _with_answer(graded: GradedTask) -> Task:
    task = graded.task
    if task.kind != "math" or task.answer is not None or not graded.hidden.answer:
        return task
    return task.model_copy(update={"answer": graded.hidden.answer})


async def collect(
    tasks: Sequence[Task],
    settings: SearchSettings,
    rounds: int,
    *,
    weights: str,
    store: Store,
    shop: Workshop,
    told: Told,
) -> Collected:
    """Search every task `rounds` times, each with a seed of its own, and keep the samples.

    `weights` says which model and adapter they come from. Held-out tasks are passed over. A prompt that is too long is
    a search without samples. Raises what the policy, the sandbox and the store raise.
    """
    out = store.held_out()
    open_to = [task for task in tasks if task_key(task) not in out]
    if not open_to:
        raise DatasetError("All of these tasks are held out.", why="Adapters are measured on them.")
    found = Collected(searches=len(open_to) * rounds)
    for number in range(rounds):
        own = settings.model_copy(update={"seed": settings.seed + number})
        for task in open_to:
            run = run_name(task, own, weights)
            found.runs.append(run)
            words = "done before"
            if not store.knows(run):
                words = await _one(task, run, own, store, shop, found)
            told(len(found.runs), found.searches, f"{task.id}: {words}")
    found.solved = {sample.task for sample in store.samples(found.runs) if sample.passed}
    return found


async def _one(task: Task, run: str, settings: SearchSettings, store: Store, shop: Workshop, found: Collected) -> str:
    events: list[Event] = []
    try:
        tree = await search(
            task, run=run, settings=settings, sampler=shop.sampler, sandbox=shop.sandbox, emit=events.append
        )
    except PromptTooLongError:
        store.add(run, [])
        return "its prompt is too long"
    samples = samples_of(events)
    store.add(run, samples)
    found.made += 1
    found.ledger = add(found.ledger, tree.ledger)
    return "solved" if any(sample.passed for sample in samples) else "not solved"


def run_name(task: Task, settings: SearchSettings, weights: str) -> str:
    """`collected-<digest>`: the same search has the same name."""
    text = f"{weights}\0{task.model_dump_json(exclude={'id'})}\0{settings.model_dump_json()}"
    return f"collected-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"


def add(one: Ledger, other: Ledger) -> Ledger:
    """Both costs together."""
    return Ledger(**{name: getattr(one, name) + getattr(other, name) for name in Ledger.model_fields})
