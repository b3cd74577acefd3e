"""Searching again with recorded samples: the same strategy decides the same, another one gets what there is."""

from __future__ import annotations

import json
import lzma
from itertools import groupby
from pathlib import Path

import pytest
from support.resuming import TASK, Bench, by_seed

from reason_tui.errors import BackendError, UsageError
from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.search import events as ev
from reason_tui.search.strategies import STRATEGIES, Ask
from reason_tui.search.strategies import mcts as mcts_module
from reason_tui.search.strategies.base import Strategy
from reason_tui.search.tree import Tree

DATA = Path(__file__).parents[1] / "data" / "recorded_runs.jsonl.xz"
SCRIPT = by_seed("0", "1", "2", "(", "-x", "y", "1 - x", "2 * x", "0 * x")


def _recorded() -> dict[str, list[list[ev.Event]]]:
    """The runs that record_runs.py made, by strategy."""
    with lzma.open(DATA, "rt") as rows:
        runs = [[ev.EVENT.validate_python(event) for event in json.loads(row)] for row in rows]
    return {name: list(group) for name, group in groupby(runs, key=lambda run: run[0].settings.strategy)}


RECORDED = _recorded()


async def _differing(runs: list[list[ev.Event]], strategy: Strategy | None = None) -> int:
    """How many of the runs are decided otherwise."""
    again = [await research(run, strategy=strategy) for run in runs]
    pairs = zip(again, runs, strict=True)
    return sum(bool(new.ran_out) or decisions(new.events) != decisions(old) for new, old in pairs)


@pytest.mark.parametrize("name", STRATEGIES)
async def test_the_same_strategy_decides_the_same_on_fifty_recorded_runs(name: ev.StrategyName):
    assert len(RECORDED[name]) == 50
    assert await _differing(RECORDED[name]) == 0


async def test_a_changed_widening_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mcts_module, "WIDENING", 1.5)
    assert await _differing(RECORDED["mcts"]) > 5


async def test_a_changed_choice_between_nodes_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mcts_module, "ucb1", lambda node, parent, exploration: node.value)
    assert await _differing(RECORDED["mcts"]) > 0


@pytest.mark.parametrize("name", STRATEGIES)
async def test_a_strategy_that_asks_for_other_siblings_is_noticed(name: ev.StrategyName):
    class Changed:
        def ask(self, tree: Tree, settings: ev.SearchSettings) -> Ask | None:
            ask = STRATEGIES[name].ask(tree, settings)
            return ask and ask.model_copy(update={"n": ask.n + 1})

    assert await _differing(RECORDED[name], Changed()) > 5


async def test_best_of_n_takes_the_drafts_of_a_tree_search_and_says_where_they_ended():
    whole = await Bench(SCRIPT).search(TASK, budget=16, width=3, seed=5)
    drafts = sum(
        len(event.nodes) for event in whole if isinstance(event, ev.ExpansionStarted) and event.origin == "draft"
    )
    assert 0 < drafts < 16
    settings = whole[0].settings.model_copy(update={"strategy": "best-of-n", "width": 4})
    found = await research(whole, settings)
    finished = found.events[-1]
    assert isinstance(finished, ev.RunFinished)
    assert finished.ledger.completions == drafts and found.recorded == 16
    assert f"after {drafts} completions" in found.ran_out and "4 drafts" in found.ran_out
    used = [event.completion.text for event in found.events if isinstance(event, ev.NodeAdded)]
    recorded = [
        event.completion.text
        for event in whole
        if isinstance(event, ev.NodeAdded)
        and event.expansion
        in {e.expansion for e in whole if isinstance(e, ev.ExpansionStarted) and e.origin == "draft"}
    ]
    assert used == recorded


async def test_a_search_within_the_record_comes_to_its_own_end():
    whole = await Bench(SCRIPT).search(TASK, budget=12, width=4, strategy="best-of-n")
    found = await research(whole, whole[0].settings.model_copy(update={"budget": 8}))
    finished = found.events[-1]
    assert isinstance(finished, ev.RunFinished) and finished.reason == "budget"
    assert (finished.ledger.completions, found.ran_out) == (8, "")


async def test_samples_of_another_temperature_are_not_used():
    whole = await Bench(SCRIPT).search(TASK, budget=12, width=4)
    found = await research(whole, whole[0].settings.model_copy(update={"strategy": "greedy"}))
    assert "1 drafts at temperature 0 were wanted, 0 were left" in found.ran_out
    assert found.events[-1].answer is None


async def test_repairs_that_were_never_sampled_end_the_search():
    whole = await Bench(SCRIPT).search(TASK, budget=12, width=4, strategy="best-of-n")
    found = await research(whole, whole[0].settings.model_copy(update={"strategy": "mcts"}))
    assert "repairs of node" in found.ran_out
    added = [event for event in found.events if isinstance(event, ev.NodeAdded)]
    assert 0 < len(added) < 12


async def test_a_failure_of_the_model_is_part_of_the_record():
    def script(request: SampleRequest) -> list[str]:
        if "This program is wrong" in request.messages[-1].content:
            raise BackendError("The prompt is too long.")
        return SCRIPT(request)

    whole = await Bench(script).search(TASK, budget=12, width=4)
    assert any(isinstance(event, ev.ExpansionFailed) for event in whole)
    assert decisions((await research(whole)).events) == decisions(whole)


@pytest.mark.parametrize("cut", [5, 9, 14])
async def test_an_interrupted_run_is_searched_again_as_far_as_it_went(cut: int):
    whole = await Bench(SCRIPT).search(TASK, budget=12, width=3)
    found = await research(whole[:cut])
    assert found.ran_out
    judged = [event for event in whole[:cut] if isinstance(event, ev.NodeJudged)]
    again = [event for event in found.events if isinstance(event, ev.NodeJudged)]
    assert decisions(again) == decisions(judged)


async def test_a_run_that_was_stopped_and_continued_is_searched_again_as_one():
    bench = Bench(SCRIPT)
    bench.told = lambda event: bench.control.stop() if event.type == "expansion_sampled" else None
    first = await bench.search(TASK, budget=12, width=3)
    whole = first + await Bench(SCRIPT).resume(first)
    expected = await Bench(SCRIPT).search(TASK, budget=12, width=3)
    assert decisions((await research(whole)).events) == decisions(expected)


async def test_a_budget_in_seconds_does_not_count():
    whole = await Bench(SCRIPT).search(TASK, budget=8, width=4, seconds=1_000.0)
    found = await research(whole)
    assert decisions(found.events)[1:] == decisions(whole)[1:]


async def test_an_empty_record_is_refused():
    with pytest.raises(UsageError):
        await research([])
