"""What holds of every strategy, whatever the programs are worth, whatever fails, and whatever a person does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from typing import Any, get_args

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.resuming import TASK, Bench

from reason_tui.errors import BackendError, RefusedError
from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import decisions
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.record import Cell, Record
from reason_tui.search.rules import Rules
from reason_tui.search.strategies import STRATEGIES

BODIES = ("0", "1", "2", "(", "-x", "y", "z", "0 * x", "1 - x", "2 * x", "x")
RECORD = Record(
    runs=9, cells={"draft/0": Cell(tried=30, fresh=25, passed=4, tokens=900), "repair:wrong/0": Cell(tried=9, fresh=8)}
)
SEARCHES = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(list(STRATEGIES)),
        "budget": st.integers(1, 24),
        "width": st.integers(1, 5),
        "seed": st.integers(0, 3),
        "in_flight": st.integers(1, 3),
        "confirm": st.sampled_from([1, 1, 2, 4]),
        "tokens": st.sampled_from([None, None, 60, 120]),
        "programs": st.sampled_from([None, None, 4]),
        "repairs": st.sampled_from([None, 2]),
        "prior": st.sampled_from(["gaussian", "beta"]),
        "prompts": st.sampled_from([("plain",), ("plain", "reason")]),
        "record": st.sampled_from([None, RECORD]),
        "memory_tokens": st.sampled_from([0, 0, 200]),
        "reflect": st.sampled_from([False, False, True]),
        "critic": st.sampled_from([False, False, True]),
    }
)
WORLDS = st.fixed_dictionaries(
    {
        "bodies": st.lists(st.sampled_from(BODIES), min_size=1, max_size=8),
        "fails": st.sets(st.integers(1, 12), max_size=3),
        "stop": st.none() | st.integers(1, 60),
    }
)
EDITS = [f"def f(x):\n    return {body}\n" for body in ("3 * x", "1 + 0", "x + 0")]
"""Worse than all, better than most, and one that passes."""
CALM = st.fixed_dictionaries(
    {
        "bodies": st.lists(st.sampled_from(BODIES[:-1]), min_size=3, max_size=8, unique=True),
        "fails": st.sets(st.integers(2, 12), max_size=1),
        "stop": st.sampled_from([None, None, None, 25]),
    }
)
"""Worlds in which a run lasts: no first call that fails, no program that passes."""
LONG = st.tuples(SEARCHES, st.integers(10, 24)).map(lambda pair: {**pair[0], "budget": pair[1], "tokens": None})
ACTS = st.lists(
    st.tuples(
        st.integers(2, 24),
        st.one_of(
            st.builds(acts.Prune, node=st.integers(1, 6)),
            st.builds(acts.Restore, node=st.integers(1, 6)),
            st.builds(acts.Pin, node=st.integers(1, 6), pinned=st.booleans()),
            st.builds(acts.GiveHint, text=st.just("Mind the sign."), node=st.integers(0, 6)),
            st.builds(acts.AddTest, source=st.sampled_from(["f(2) == 2", "f(3) == 3"])),
            st.builds(acts.RemoveTest, index=st.just(0)),
            st.builds(acts.EditNode, node=st.integers(0, 6), program=st.sampled_from(EDITS)),
            st.builds(
                acts.ChangeSettings,
                changes=st.fixed_dictionaries(
                    {},
                    optional={
                        "strategy": st.sampled_from(get_args(ev.StrategyName)),
                        "budget": st.integers(1, 24),
                        "width": st.integers(1, 5),
                        "tokens": st.sampled_from([60, 200, None]),
                    },
                ),
            ),
        ),
    ),
    min_size=4,
    max_size=9,
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class World(Bench):
    """Programs drawn by the request's seed, model calls that fail, a stop, and acts of a person, by event numbers."""

    def __init__(self, world: dict[str, Any], todo: Sequence[tuple[int, acts.Act]] = ()) -> None:
        super().__init__(self._answer)
        self._world = world
        self._todo = list(todo)

    def _answer(self, request: SampleRequest) -> list[str]:
        if len(self.policy.requests) in self._world["fails"]:
            raise BackendError("no")
        bodies = self._world["bodies"]
        drawn = (hashlib.blake2b(f"{request.seed}:{i}".encode()).digest()[0] for i in range(request.n))
        texts = [f"    return {bodies[value % len(bodies)]}\n" for value in drawn]
        return texts if request.prefix else [f"Easy.\n```python\ndef f(x):\n{text}```" for text in texts]

    def told(self, event: ev.Event) -> None:
        loop = asyncio.get_running_loop()
        if len(self.events) == self._world["stop"]:
            self.control.stop()
        for at, act in self._todo:
            if at == len(self.events):
                loop.call_soon(self._do, act)

    def _do(self, act: acts.Act) -> None:
        with contextlib.suppress(RefusedError):
            self.control.act(act)


def _searched(world: dict[str, Any], asked: dict[str, Any], todo: Sequence[tuple[int, acts.Act]] = ()) -> World:
    async def go() -> World:
        bench = World(world, todo)
        with contextlib.suppress(BackendError):  # the first call failed: there is nothing to go on with
            await bench.search(TASK, **asked)
        return bench

    return asyncio.run(go())


class Ledger:
    """What is known of a run from its events alone: kept apart from the tree, which a fault may be in."""

    def __init__(self) -> None:
        self.settings = ev.SearchSettings()
        self.parent: dict[int, int] = {}
        self.programs: set[int] = set()
        self.added: set[int] = set()
        self.judged: dict[int, ev.NodeJudged] = {}
        self.pruned: set[int] = set()
        self.pinned: set[int] = set()
        self.tests = self.completions = self.tokens = self.executed = 0

    def apply(self, event: ev.Event) -> None:
        match event:
            case ev.RunStarted() | ev.SettingsChanged():
                self.settings = event.settings
            case ev.ExpansionStarted():
                self.parent.update(dict.fromkeys(event.nodes, event.parent))
            case ev.NodeAdded():
                self.added.add(event.node)
                self.completions += 1
                self.tokens += event.completion.usage.prompt + event.completion.usage.completion
                self.programs |= {event.node} if event.program is not None else set()
            case ev.HandEdited():
                self.parent[event.node] = event.parent
                self.programs.add(event.node)
            case ev.NodeJudged():
                self.judged[event.node] = event
                self.executed += event.executed and event.verdict is not None
            case ev.NodeReflected() | ev.SiblingsRanked():
                self.tokens += event.completion.usage.prompt + event.completion.usage.completion
            case ev.NodePruned():
                self.pruned.add(event.node)
            case ev.NodeRestored():
                self.pruned.discard(event.node)
            case ev.NodePinned():
                (self.pinned.add if event.pinned else self.pinned.discard)(event.node)
            case ev.TestAdded() | ev.TestEdited() | ev.TestRemoved():
                self.tests += 1

    def dead(self, node: int) -> bool:
        return node in self.pruned or (node in self.parent and self.dead(self.parent[node]))

    def begins(self, event: ev.ExpansionStarted) -> None:
        """May this be asked of the policy?"""
        asked = self.settings
        assert not self.dead(event.parent), "a pruned node is expanded"
        if event.parent != ev.ROOT:
            assert event.parent in self.programs and self.judged[event.parent].status != "passed", "nothing to repair"
        assert asked.budget is None or self.completions + len(event.nodes) <= asked.budget, "more than the budget has"
        assert asked.tokens is None or self.tokens < asked.tokens, "the tokens were spent"
        assert asked.programs is None or self.executed < asked.programs, "the programs were spent"

    def ends(self, event: ev.RunFinished) -> None:
        """Is the answer the best, and was everything judged, by the tests as they are?"""
        may = {node for node in self.programs & self.judged.keys() if node in self.pinned or not self.dead(node)}
        rewards = {node: self.judged[node].reward for node in may}
        assert (event.answer in may) if may else event.answer is None
        if event.answer is not None:
            assert rewards[event.answer] == max(rewards.values()), "the best is lost"
            equals = {node for node, reward in rewards.items() if reward == max(rewards.values())}
            assert event.answer in (equals & self.pinned or equals), "a pinned one is first among equals"
            assert (event.outcome == "solved") == (rewards[event.answer] == 1.0)
        if event.reason in ("budget", "exhausted", "solved") and event.answer is not None:
            assert self.judged[event.answer].tests == self.tests, "the answer was judged by tests of before"
        if event.reason in ("budget", "exhausted"):
            assert self.added <= self.judged.keys(), "a sample was never judged"
            waiting = self.programs - self.judged.keys()  # what a person wrote and pruned waits until it is restored
            assert all(self.dead(node) and node not in self.pinned for node in waiting), "a program was never judged"
            last = {self.judged[node].tests for node in may}
            assert last <= {self.tests}, "a program was judged by tests of before"
        ledger = event.ledger
        assert (ledger.completions, ledger.tokens, ledger.programs) == (self.completions, self.tokens, self.executed)


def _holds(events: Sequence[ev.Event]) -> None:
    rules, known = Rules(), Ledger()
    for event in events:
        if isinstance(event, ev.ExpansionStarted):
            known.begins(event)
        rules.apply(event)
        known.apply(event)
    finished = events[-1]
    assert isinstance(finished, ev.RunFinished)
    known.ends(finished)
    assert finished.ledger == rules.tree.ledger


@FEW
@given(world=WORLDS | CALM, asked=SEARCHES)
def test_no_search_spends_more_than_it_has_or_loses_the_best(world: dict[str, Any], asked: dict[str, Any]):
    _holds(_searched(world, asked).events)


@FEW
@given(world=CALM, asked=LONG, todo=ACTS)
@example(
    world={"bodies": ["0", "1", "2"], "fails": set(), "stop": None},
    asked={"strategy": "best-of-n", "budget": 10, "width": 1},
    todo=[(20, acts.Prune(node=1)), (19, acts.EditNode(node=1, program="def f(x):\n    return 3 * x\n"))],
)
def test_whatever_a_person_does_nothing_pruned_is_expanded_and_the_best_is_kept(
    world: dict[str, Any], asked: dict[str, Any], todo: list[tuple[int, acts.Act]]
):
    _holds(_searched(world, asked, todo).events)


@FEW
@given(
    strategy=st.sampled_from(["mcts", "ab-mcts", "auto", "linear", "random-tree"]),
    in_flight=st.integers(1, 3),
    seed=st.integers(0, 99),
    pruned=st.lists(st.tuples(st.integers(4, 30), st.integers(1, 4), st.booleans()), min_size=1, max_size=3),
)
def test_what_is_pruned_while_it_grows_is_left_alone_and_what_is_pinned_is_kept(
    strategy: ev.StrategyName, in_flight: int, seed: int, pruned: list[tuple[int, int, bool]]
):
    world = {"bodies": ["0", "1", "2", "1 - x", "2 * x", "0 * x"], "fails": set(), "stop": None}
    asked = {"strategy": strategy, "budget": 24, "width": 2, "seed": seed, "in_flight": in_flight}
    todo: list[tuple[int, acts.Act]] = [(at, acts.Prune(node=node)) for at, node, _ in pruned]
    todo += [(at + 1, acts.Pin(node=node)) for at, node, pin in pruned if pin]
    _holds(_searched(world, asked, todo).events)


@FEW
@given(world=WORLDS, asked=SEARCHES)
def test_the_same_seed_decides_the_same(world: dict[str, Any], asked: dict[str, Any]):
    world = {**world, "stop": None}  # a stop comes when it comes
    runs = [_searched(world, asked).events for _ in range(2)]
    assert decisions(runs[0]) == decisions(runs[1])
    another = _searched(world, {**asked, "seed": asked["seed"] + 1}).events
    seeds = [{event.seed for event in run if isinstance(event, ev.ExpansionStarted)} for run in (runs[0], another)]
    assert not seeds[0] & seeds[1], "another seed asks otherwise"
