"""Search again with the samples and verdicts of a recorded run: without a model, without a sandbox.

The same strategy decides the same, event by event. Another one gets the samples it asks for as far as the record has
them, and ends where it does not: nothing is made up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reason_tui.errors import UsageError
from reason_tui.runs.decisions import without_void
from reason_tui.runs.supply import RecordedPolicy, RecordedReferee, Supply, key_of
from reason_tui.search import events as ev
from reason_tui.search.driver import Driver
from reason_tui.search.expanding import prompt_below
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.strategies import STRATEGIES, Ask, Strategy
from reason_tui.search.tree import Tree


@dataclass(frozen=True)
class Research:
    """The events of the search that was made again, and why it ended early, if it did.

    `recorded` counts the samples of the record. Times in the events mean nothing, and the tokens of prompts are those
    that were charged when the samples were made.
    """

    events: list[ev.Event]
    recorded: int
    ran_out: str = ""


async def research(
    events: Iterable[ev.Event], settings: ev.SearchSettings | None = None, *, strategy: Strategy | None = None
) -> Research:
    """Search the task of a recorded run again, with these `settings` or those it had.

    A budget in seconds does not count. What a person did to the run is done again before the same expansion, unless
    settings or strategy are others: then it is searched as it was begun. `strategy` takes the place of the one that the
    settings name. Raises UsageError for a record that cannot be searched again.
    """
    past = list(events)
    started = past[0] if past else None
    if not isinstance(started, ev.RunStarted):
        raise UsageError("The run has not begun.", why="Its journal is empty.")
    supply = Supply(past)
    wanted = (settings or started.settings).model_copy(update={"seconds": None})
    same = strategy is None and wanted == started.settings.model_copy(update={"seconds": None})
    limited = _Limited(strategy, supply)
    sampler = PolicyThread(RecordedPolicy(started.policy, supply))
    found: list[ev.Event] = []
    driver = Driver(
        started.task,
        wanted,
        Tree(),
        sampler,
        RecordedReferee(supply),
        found.append,
        strategy=limited,
        script=_Acts(without_void(past) if same else ()),
    )
    try:
        await driver.run(started.model_copy(update={"settings": wanted}))
    finally:
        await sampler.close()
    finished = found[-1]
    solved = isinstance(finished, ev.RunFinished) and finished.reason == "solved"
    return Research(found, supply.total, "" if solved and limited.asked_in_vain else limited.ran_out)


Mark = tuple[str, int]
"""A step of a search by its kind and number, the same when it is made again."""


@dataclass(frozen=True)
class _Done:
    """An act, how many expansions had been asked for by then, and the steps between the act before and this one."""

    event: ev.Event
    asked: int
    steps: frozenset[Mark]


class _Acts:
    """What was done to a recorded run, and when: after which steps, and before which expansion."""

    def __init__(self, past: Sequence[ev.Event]) -> None:
        self._left: deque[_Done] = deque()
        self._seen: set[Mark] = set()
        asked, steps = 0, set[Mark]()
        for event in past:
            asked += isinstance(event, ev.ExpansionStarted)
            if (mark := _mark(event)) is not None:
                steps.add(mark)
            if isinstance(event, ev.SettingsChanged):
                event = event.model_copy(update={"settings": event.settings.model_copy(update={"seconds": None})})
            if isinstance(event, ev.Steered | ev.SettingsChanged):
                self._left.append(_Done(event, asked, frozenset(steps)))
                steps = set()

    def after(self, event: ev.Event) -> Iterator[ev.Event]:
        """Those whose steps are all made."""
        if (mark := _mark(event)) is not None:
            self._seen.add(mark)
            while self._left and self._left[0].steps <= self._seen:
                yield self._left.popleft().event

    def before(self, expansion: int) -> Iterator[ev.Event]:
        """Those that came before this expansion was asked for, whatever their steps."""
        while self._left and self._left[0].asked <= expansion:
            yield self._left.popleft().event


def _mark(event: ev.Event) -> Mark | None:
    match event:
        case ev.ExpansionStarted() | ev.ExpansionSampled() | ev.ExpansionFailed() | ev.SiblingsRanked():
            return event.type, event.expansion
        case ev.NodeAdded() | ev.NodeJudged() | ev.NodeReflected():
            return event.type, event.node
        case ev.RunStarted() | ev.TestsWritten():
            return event.type, 0
        case _:
            return None


class _Limited:
    """A strategy that asks for no more than the record has, and for nothing once it got less than it wanted."""

    def __init__(self, strategy: Strategy | None, supply: Supply) -> None:
        self.ran_out = ""
        self.asked_in_vain = False
        """There was nothing at all for the last call: of a run whose end overtook it, nothing is kept."""
        self._strategy = strategy
        self._supply = supply

    def ask(self, tree: Tree, settings: ev.SearchSettings) -> Ask | None:
        """What the strategy asks, cut to what is left."""
        strategy = self._strategy or STRATEGIES[settings.strategy]
        ask = None if self.ran_out else strategy.ask(tree, settings)
        if ask is None:
            return None
        prompt = prompt_below(tree, tree.nodes[ask.parent], ask.prompt)
        key = key_of(prompt.messages, prompt.prefix, ask.temperature)
        left, wanted = self._supply.left(key), settings.left(tree.ledger.completions, ask.n)
        if left >= wanted or (left == 0 and self._supply.failure(key) is not None):
            return ask
        what = "drafts" if ask.parent == ev.ROOT and tree.root.program is None else f"repairs of node {ask.parent}"
        self.ran_out = (
            f"The recorded samples ran out after {tree.ledger.completions + left} completions: "
            f"{wanted} {what} at temperature {ask.temperature:g} were wanted, {left} were left."
        )
        self.asked_in_vain = not left
        return ask.model_copy(update={"n": left}) if left else None
