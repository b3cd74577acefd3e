"""What holds of every strategy, whatever the programs are worth, whatever fails, and whatever a person does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
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
from reason_tui.search.tree import Tree

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
        "confirm": st.sampled_from([1, 1, 2]),
        "tokens": st.sampled_from([None, None, 60, 200]),
        "programs": st.sampled_from([None, None, 4]),
        "repairs": st.sampled_from([None, 2]),
        "prior": st.sampled_from(["gaussian", "beta"]),
        "prompts": st.sampled_from([("plain",), ("plain", "reason")]),
        "record": st.sampled_from([None, RECORD]),
    }
)
WORLDS = st.fixed_dictionaries(
    {
        "bodies": st.lists(st.sampled_from(BODIES), min_size=1, max_size=8),
        "fails": st.sets(st.integers(1, 12), max_size=3),
        "stop": st.none() | st.integers(1, 60),
    }
)
ACTS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.one_of(
            st.builds(acts.Prune, node=st.integers(0, 12)),
            st.builds(acts.Restore, node=st.integers(0, 12)),
            st.builds(acts.Pin, node=st.integers(0, 12), pinned=st.booleans()),
            st.builds(acts.GiveHint, text=st.just("Mind the sign."), node=st.integers(0, 6)),
            st.builds(acts.AddTest, source=st.sampled_from(["f(2) == 2", "f(3) == 3"])),
            st.builds(acts.RemoveTest, index=st.just(0)),
            st.builds(
                acts.EditNode, node=st.integers(0, 6), program=st.sampled_from(["def f(x):\n    return 3 * x\n"])
            ),
            st.builds(
                acts.ChangeSettings,
                changes=st.fixed_dictionaries({"strategy": st.sampled_from(get_args(ev.StrategyName))}),
            ),
        ),
    ),
    min_size=1,
    max_size=6,
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


def _holds(events: Sequence[ev.Event]) -> None:
    rules, tree = Rules(), Tree()
    for event in events:
        if isinstance(event, ev.ExpansionStarted):
            parent = tree.nodes[event.parent]
            assert not parent.dead, "a pruned node is expanded"
            assert parent.parent is None or parent.repairable, "there is nothing to repair"
            assert tree.settings is not None
            assert not _spent(tree), "the budget was spent"
        rules.apply(event)
        tree.apply(event)
        budget = tree.settings.budget if tree.settings is not None else None
        assert budget is None or tree.ledger.completions <= budget, "more completions than the budget has"
    finished = events[-1]
    assert isinstance(finished, ev.RunFinished)
    rewards = [node.reward for node in tree.nodes.values() if node.eligible]
    if rewards:
        assert finished.answer is not None and tree.nodes[finished.answer].reward == max(rewards), "the best is lost"
        assert (finished.outcome == "solved") == (max(rewards) == 1.0)
    assert finished.ledger == tree.ledger


def _spent(tree: Tree) -> bool:
    asked, ledger = tree.settings, tree.ledger
    assert asked is not None
    return (
        (asked.budget is not None and ledger.completions >= asked.budget)
        or (asked.tokens is not None and ledger.tokens >= asked.tokens)
        or (asked.programs is not None and ledger.programs >= asked.programs)
    )


@FEW
@given(world=WORLDS, asked=SEARCHES)
def test_no_search_spends_more_than_it_has_or_loses_the_best(world: dict[str, Any], asked: dict[str, Any]):
    _holds(_searched(world, asked).events)


@FEW
@given(world=WORLDS, asked=SEARCHES, todo=ACTS)
def test_whatever_a_person_does_nothing_pruned_is_expanded_and_the_best_is_kept(
    world: dict[str, Any], asked: dict[str, Any], todo: list[tuple[int, acts.Act]]
):
    _holds(_searched(world, asked, todo).events)


@FEW
@given(
    strategy=st.sampled_from(["mcts", "ab-mcts", "auto", "linear", "random-tree"]),
    in_flight=st.integers(1, 3),
    seed=st.integers(0, 99),
    pruned=st.lists(st.tuples(st.integers(4, 30), st.integers(1, 4)), min_size=1, max_size=3),
)
def test_what_is_pruned_while_it_grows_is_left_alone(
    strategy: ev.StrategyName, in_flight: int, seed: int, pruned: list[tuple[int, int]]
):
    world = {"bodies": ["0", "1", "2", "1 - x", "2 * x", "0 * x"], "fails": set(), "stop": None}
    asked = {"strategy": strategy, "budget": 24, "width": 2, "seed": seed, "in_flight": in_flight}
    _holds(_searched(world, asked, [(at, acts.Prune(node=node)) for at, node in pruned]).events)


@FEW
@given(world=WORLDS, asked=SEARCHES)
def test_the_same_seed_decides_the_same(world: dict[str, Any], asked: dict[str, Any]):
    world = {**world, "stop": None}  # a stop comes when it comes
    runs = [_searched(world, asked).events for _ in range(2)]
    assert decisions(runs[0]) == decisions(runs[1])
