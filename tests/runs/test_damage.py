"""Journals as a crash, a bad disk or another program may leave them: opened as far as they are good, never changed."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.journals import write_journal
from support.resuming import TASK, Bench, by_seed

from reason_tui.errors import ReasonTuiError
from reason_tui.runs import lines
from reason_tui.runs.export import solution
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import BLOBS, JOURNAL
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.library import summarise
from reason_tui.runs.report import report
from reason_tui.search import events as ev

SCRIPT = by_seed("0", "1", "2", "(", "-x", "y", "1 - x")
quick = settings(max_examples=200, deadline=None, derandomize=True)


def _recorded() -> list[ev.Event]:
    """A run with drafts, repairs, duplicates, an unparsable reply, and a seam where it was stopped and continued."""
    bench = Bench(SCRIPT)

    def stop(event: ev.Event) -> None:
        if isinstance(event, ev.NodeJudged) and event.node == 7:
            bench.control.stop()

    bench.told = stop  # type: ignore[method-assign]
    first = asyncio.run(bench.search(TASK, budget=12, width=3))
    return first + asyncio.run(Bench(SCRIPT).resume(first))


EVENTS = _recorded()
LINES = [lines.encode(seq, event, None) for seq, event in enumerate(EVENTS)]


def test_the_recorded_run_has_everything_in_it():
    kinds = {event.type for event in EVENTS}
    assert {"expansion_started", "node_added", "node_judged", "run_continued", "run_finished"} <= kinds
    added = [event for event in EVENTS if isinstance(event, ev.NodeAdded)]
    assert any(node.duplicate_of for node in added) and any(node.program is None for node in added)


def _open(content: bytes) -> tuple[list[ev.Event], ReasonTuiError | None]:
    """The events that can be read and what stopped the reading. Everything that shows a run is tried on them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / JOURNAL).write_bytes(content)
        good: list[ev.Event] = []
        damage = None
        try:
            for event in read_events(folder):
                good.append(event)
        except ReasonTuiError as error:
            damage = error
        view, again = load(folder)
        assert str(again) == str(damage)
        assert view.events == len(good)
        report(view)
        summarise(folder)
        if view.answer is not None and view.answer.program is not None:
            solution(view)
        assert (folder / JOURNAL).read_bytes() == content
        assert sorted(folder.iterdir()) == [folder / JOURNAL]
    if damage is not None:
        assert f"Line {len(good) + 1}:" in str(damage)
    return good, damage


@quick
@given(st.integers(0, sum(map(len, LINES))))
def test_a_journal_cut_off_anywhere_gives_the_events_before(at: int):
    content = b"".join(LINES)[:at]
    good, damage = _open(content)
    assert damage is None
    assert good == EVENTS[: content.count(b"\n")]


@quick
@given(st.lists(st.tuples(st.integers(0, sum(map(len, LINES)) - 1), st.integers(0, 7)), min_size=1, max_size=4))
def test_flipped_bits_are_never_read_as_something_else(flips: list[tuple[int, int]]):
    content = bytearray(b"".join(LINES))
    for at, bit in flips:
        content[at] ^= 1 << bit
    good, damage = _open(bytes(content))
    assert good == EVENTS[: len(good)]
    assert damage is not None or len(good) >= len(EVENTS) - 1


@quick
@given(st.lists(st.sampled_from(range(len(LINES))), max_size=len(LINES) + 3))
def test_lines_that_are_missing_doubled_or_swapped_are_noticed(order: list[int]):
    good, damage = _open(b"".join(LINES[number] for number in order))
    assert good == EVENTS[: len(good)]
    assert (damage is None) == (order == list(range(len(order))))


_NUMBERS = st.integers(-1, 14)
_CHANGES = st.one_of(
    st.tuples(st.just("drop"), st.integers(1, len(EVENTS) - 1), st.just(0)),
    st.tuples(st.just("double"), st.integers(0, len(EVENTS) - 1), st.integers(0, len(EVENTS))),
    st.tuples(st.just("move"), st.integers(0, len(EVENTS) - 1), st.integers(0, len(EVENTS))),
    *(
        st.tuples(st.just(field), st.integers(0, len(EVENTS) - 1), value)
        for field, value in (
            ("expansion", _NUMBERS),
            ("node", _NUMBERS),
            ("parent", _NUMBERS),
            ("duplicate_of", st.none() | _NUMBERS),
            ("answer", _NUMBERS),
            ("nodes", st.lists(_NUMBERS, max_size=4).map(tuple)),
            ("program", st.none() | st.just("def f(x):\n    return x\n")),
        )
    ),
)


def _change(events: list[ev.Event], kind: str, at: int, value: Any) -> list[ev.Event]:
    at = min(at, len(events) - 1)
    match kind:
        case "drop":
            return events[:at] + events[at + 1 :]
        case "double":
            return [*events[:value], events[at], *events[value:]]
        case "move":
            rest = events[:at] + events[at + 1 :]
            return [*rest[:value], events[at], *rest[value:]]
        case _ if hasattr(events[at], kind):
            return [*events[:at], events[at].model_copy(update={kind: value}), *events[at + 1 :]]
        case _:
            return events


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(_CHANGES, min_size=1, max_size=4))
def test_well_formed_lines_that_make_no_sense_are_refused_and_what_is_read_can_be_shown_and_continued(
    changes: list[tuple[str, int, Any]],
):
    events = EVENTS
    for kind, at, value in changes:
        events = _change(events, kind, at, value)
    good, damage = _open(b"".join(lines.encode(seq, event, None) for seq, event in enumerate(events)))
    assert good == events[: len(good)]
    assert damage is not None or len(good) == len(events)
    if good and not (isinstance(good[-1], ev.RunFinished) and good[-1].final):
        rest = asyncio.run(Bench(SCRIPT).resume(good))
        assert isinstance(rest[-1], ev.RunFinished)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("node", "node_judged", 99), "there is no node 99 to judge"),
        (("node", "node_added", 99), "expansion 0 has no node 99"),
        (("expansion", "expansion_started", 5), "expansion 0 was expected, expansion 5 found"),
        (("parent", "expansion_started", 5), "there is no node 5 to expand"),
        (("nodes", "expansion_started", (4,)), "new nodes are numbered from 1"),
        (("expansion", "expansion_sampled", 3), "expansion 3 is not going on"),
        (("answer", "run_finished", 99), "the answer, node 99, is no candidate"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(change: tuple[str, str, Any], why: str):
    field, kind, value = change
    at = next(number for number, event in enumerate(EVENTS) if event.type == kind)
    events = [*EVENTS[:at], EVENTS[at].model_copy(update={field: value})]
    good, damage = _open(b"".join(lines.encode(seq, event, None) for seq, event in enumerate(events)))
    assert good == EVENTS[:at]
    assert damage is not None and re.search(rf"Line {at + 1}: .*{re.escape(why)}", str(damage))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(LINES), max_size=3), st.binary(max_size=300))
def test_whatever_a_file_holds_is_read_as_far_as_it_is_good(before: list[bytes], content: bytes):
    whole = b"".join(before) + content
    good, damage = _open(whole)
    assert good == EVENTS[: len(good)]
    assert (damage is None) == (whole.count(b"\n") == len(good))


def _lengthened(event: ev.NodeAdded) -> ev.NodeAdded:
    completion = event.completion.model_copy(update={"text": event.completion.text * 6_000})
    return event.model_copy(update={"completion": completion})


def _with_blobs(folder: Path) -> list[ev.Event]:
    """Writes a run whose completions lie in blobs; its events."""
    long = [_lengthened(event) if isinstance(event, ev.NodeAdded) else event for event in EVENTS[:12]]
    write_journal(folder, long)
    assert len(list((folder / BLOBS).iterdir())) > 2
    return long


_HARM = st.one_of(
    st.just("gone"), st.just("empty"), st.just("a folder"), st.integers(0, 10_000), st.binary(min_size=1, max_size=20)
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 50), _HARM)
def test_blobs_that_are_gone_or_changed_end_the_reading_and_nothing_is_changed(which: int, harm: Any):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        whole = _with_blobs(folder)
        blobs = sorted((folder / BLOBS).iterdir())
        blob = blobs[which % len(blobs)]
        content = blob.read_bytes()
        blob.unlink()
        match harm:
            case "a folder":
                blob.mkdir()
            case "empty" | bytes():
                blob.write_bytes(b"" if harm == "empty" else harm)
            case int(at):
                at %= len(content)
                blob.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        view, damage = load(folder)
        assert damage is not None and blob.name in damage.why
        assert 0 < view.events < len(whole)
        assert view.tree.nodes == RunView.of(whole[: view.events]).tree.nodes
        report(view)
        summarise(folder)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
