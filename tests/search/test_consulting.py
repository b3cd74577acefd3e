"""Memory of earlier attempts, reflections and rankings: told where asked for, charged, cut where there is no room."""

from __future__ import annotations

import pytest
from support.resuming import TASK, Bench

from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.search import events as ev
from reason_tui.search.remembering import tokens
from reason_tui.search.rules import Rules
from reason_tui.search.tree import Tree

SENTENCE = "It ignores the argument."


def script(request: SampleRequest) -> list[str]:
    text = request.messages[-1].content
    if "Say in one sentence" in text:
        return [SENTENCE]
    if "Rank these programs" in text:
        return ["2 1"]
    return [f"    return y + {len(text) % 97} - {i} - {request.seed % 9999}\n" for i in range(request.n)]


async def run(**settings: object) -> Bench:
    bench = Bench(script)
    await bench.search(TASK, strategy="linear", budget=5, **settings)
    return bench


def repairs(bench: Bench) -> list[str]:
    started = (event for event in bench.events if isinstance(event, ev.ExpansionStarted) and event.origin == "repair")
    return [event.messages[-1].content for event in started]


async def test_by_default_nothing_is_remembered_and_nothing_else_is_asked():
    bench = await run()
    assert not any("Earlier attempts" in text for text in repairs(bench))
    assert len(bench.policy.requests) == 5


async def test_a_repair_is_told_of_the_attempts_above_it_the_oldest_first():
    bench = await run(memory_tokens=400)
    texts = repairs(bench)
    assert "Earlier attempts" not in texts[0]
    assert [text.partition("Earlier attempts:")[2].count("\n- ") for text in texts] == [0, 1, 2, 3]
    remembered = texts[3].partition("Earlier attempts:")[2]
    assert "The program does not load: NameError" in remembered


async def test_what_does_not_fit_is_cut_from_the_oldest_and_noted_in_the_node():
    line = tokens("The program does not load: NameError: name 'x' is not defined, at line 1")
    bench = await run(memory_tokens=2 * line)
    last = [event for event in bench.events if isinstance(event, ev.ExpansionStarted)][-1]
    assert last.messages[-1].content.partition("Earlier attempts:")[2].count("\n- ") == 2
    assert last.cut == ("the memory of node 1",)


async def test_memory_leaves_room_for_the_answer():
    bench = await run(memory_tokens=4000, max_tokens=2000)
    last = [event for event in bench.events if isinstance(event, ev.ExpansionStarted)][-1]
    assert "Earlier attempts" not in last.messages[-1].content
    assert last.cut == ("the memory of nodes 1, 2, 3",)


async def test_a_reflection_is_kept_in_the_node_told_below_it_and_charged():
    bench = await run(memory_tokens=400, reflect=True)
    tree = Tree()
    for event in bench.events:
        tree.apply(event)
    said = [event for event in bench.events if isinstance(event, ev.NodeReflected)]
    assert [event.node for event in said] == [1, 2, 3, 4][: len(said)] != []
    assert tree.nodes[1].reflection == SENTENCE
    assert SENTENCE in repairs(bench)[-1]
    assert tree.ledger.completions == 5
    assert tree.ledger.completion_tokens == 5 * (5 + len(said))
    assert tree.ledger == bench.events[-1].ledger


async def test_siblings_are_ranked_and_their_values_blended():
    bench = Bench(script)
    await bench.search(TASK, strategy="mcts", budget=4, width=2, critic=True, alpha=0.25)
    ranked = [event for event in bench.events if isinstance(event, ev.SiblingsRanked)]
    assert ranked[0].order == (2, 1)
    tree = Tree()
    for event in bench.events:
        tree.apply(event)
    first, second = tree.nodes[1], tree.nodes[2]
    assert (first.opinion, second.opinion) == (0.0, 1.0)
    assert second.blended(0.4) == pytest.approx(0.25 * 0.4 + 0.75)
    assert tree.ledger.completion_tokens == 5 * (4 + len(ranked))


@pytest.mark.parametrize("settings", [{"memory_tokens": 400, "reflect": True}, {"critic": True, "width": 2}])
async def test_a_run_with_such_calls_is_searched_again_alike_and_folds_by_the_rules(settings: dict[str, object]):
    bench = Bench(script)
    await bench.search(TASK, strategy="mcts", budget=10, **settings)
    rules = Rules()
    for event in bench.events:
        rules.apply(ev.EVENT.validate_json(ev.EVENT.dump_json(event)))
    again = await research(bench.events)
    assert not again.ran_out
    assert decisions(again.events) == decisions(bench.events)


async def test_a_run_with_such_calls_goes_on_as_it_would_have():
    whole = Bench(script)
    await whole.search(TASK, strategy="linear", budget=5, memory_tokens=400, reflect=True)
    for cut in range(2, len(whole.events) - 1):
        rest = Bench(script)
        await rest.resume(whole.events[:cut])
        assert repairs(rest)[-1:] in ([], repairs(whole)[-1:])
