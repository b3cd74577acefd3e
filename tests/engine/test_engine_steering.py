"""Acts upon a run in an engine process: told by events, refused in words, kept in the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.engines import ENDLESS, SCRIPTED, TASK, Inbox

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings, Problem, Refused, Stop
from reason_tui.runs.folders import run_folder
from reason_tui.runs.journal import load
from reason_tui.search import acts
from reason_tui.search import events as ev

Make = Callable[[str], EngineClient]


def client(tmp_path: Path) -> EngineClient:
    return EngineClient(EngineSettings(model="steady-slow", state_dir=str(tmp_path)), entry=SCRIPTED)


async def test_what_was_done_to_a_run_is_in_its_journal(tmp_path: Path):
    async with client(tmp_path) as engine:
        await engine.ready()
        inbox = Inbox(engine)
        await engine.start(TASK, ENDLESS)
        await inbox.event("node_judged")
        for act in (
            acts.GiveHint(text="add them"),
            acts.AddTest(source="add(2, 2) == 4"),
            acts.Pin(node=1),
            acts.Prune(node=1),
            acts.EditNode(node=0, program="def add(a, b):\n    return sum((a, b))\n"),
            acts.ChangeSettings(changes={"width": 3}),
        ):
            await engine.act(act)
        await inbox.event("settings_changed")
        await engine.send(Stop())
        finished = await inbox.event("run_finished")
    assert isinstance(finished, ev.RunFinished)
    view, damage = load(run_folder(tmp_path, next(message.run for message in inbox.seen if message.type == "event")))
    assert damage is None
    tree = view.tree
    assert [hint.text for hint in tree.hints.values()] == ["add them"]
    assert len(view.task.visible) == 2 and view.settings.width == 3
    assert tree.nodes[1].pinned and tree.nodes[1].dead
    assert next(node.program for node in tree.nodes.values() if node.origin == "edit").startswith("def add")


async def test_what_makes_no_sense_is_refused_and_the_run_goes_on(tmp_path: Path):
    async with client(tmp_path) as engine:
        await engine.ready()
        inbox = Inbox(engine)
        await engine.act(acts.Prune(node=1))
        early = await inbox.kind("refused")
        await engine.start(TASK, ENDLESS)
        await inbox.event("node_judged")
        act = acts.Prune(node=12_345)
        await engine.act(act)
        refused = await inbox.kind("refused")
        await inbox.event("node_judged")
        await engine.send(Stop())
        await inbox.event("run_finished")
        await engine.act(act)
        late = await inbox.kind("refused")
    assert isinstance(early, Refused) and early.what == "No run is going on."
    assert isinstance(refused, Refused)
    assert (refused.act, refused.what) == (act, "There is no node 12345.")
    assert isinstance(late, Refused) and late.what == "No search is going on."
    assert not [message for message in inbox.seen if isinstance(message, Problem)]
