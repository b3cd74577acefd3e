"""Texts of nodes that nobody looks at leave memory, and come back as they were."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from support.recorded import solved_run

from reason_tui.search.events import Event
from reason_tui.tui import glyphs
from reason_tui.tui.attic import Attic
from reason_tui.tui.run import Run


@pytest.fixture
async def events() -> list[Event]:
    return await solved_run()


def shown(events: list[Event], kept: int) -> Run:
    run = Run()
    run._attic = Attic(kept)
    for event in events:
        run.apply(event)
        run.frame()
    return run


def test_every_node_has_its_texts_when_it_is_looked_at(events):
    small, large = shown(events, kept=1), shown(events, kept=1000)
    away = [number for number in small.view.tree.nodes if number in small._attic]
    assert len(away) >= 4
    assert all(small.view.tree.nodes[number].verdict is None for number in away)
    for number in large.view.tree.nodes:
        assert small.node(number) == large.node(number)
        expansion = large.view.tree.nodes[number].expansion
        if expansion is not None:
            assert small.view.tree.expansions[expansion] == large.view.tree.expansions[expansion]


def test_rows_say_the_same_of_a_node_in_the_attic(events):
    small, large = shown(events, kept=1), shown(events, kept=1000)
    for number, node in large.view.tree.nodes.items():
        cold = small.view.tree.nodes[number]
        assert small.tests(cold) == glyphs.tests_of(node)
        assert small.note(cold) == large.note(node)
        assert small.describe(cold) == large.describe(node)


def test_a_full_disk_costs_memory_and_nothing_else(events, monkeypatch):
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    run = shown(events, kept=1)
    assert all(node.program is None or node.program for node in run.view.tree.nodes.values())
    assert not any(number in run._attic for number in run.view.tree.nodes)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs dev-full: a device that is always full")
def test_what_a_disk_does_not_take_stays_in_memory(events, monkeypatch):
    def full(prefix: str, **how: int) -> object:
        return Path("/dev/full").open("r+b", **how)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    run, plenty = shown(events, kept=1), shown(events, kept=1000)
    for number in plenty.view.tree.nodes:
        assert run.node(number) == plenty.node(number)


def test_the_best_stays_in_memory(events):
    run = shown(events, kept=0)
    assert run.best is not None and run.best.program
