"""Text of a model, a candidate or a server cannot drive the terminal, whichever widget shows it."""

from __future__ import annotations

import pytest
from support.evil import EVIL, FORBIDDEN, unsafe
from support.fake_engine import READY
from support.recorded import TASK, events_of

from reason_tui.engine.protocol import Problem, TokenText
from reason_tui.errors import EngineError
from reason_tui.policy import Completion, Message
from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.search.ledger import Ledger
from reason_tui.tasks.types import CallCase
from reason_tui.tui.screens.export import ExportScreen
from reason_tui.tui.widgets.editor import shown


def hostile() -> list[ev.Event]:
    """A run in which every text that comes from outside is hostile."""
    task = TASK.model_copy(
        update={
            "id": EVIL,
            "prompt": f"Do {EVIL}",
            "entry_point": EVIL,
            "visible": (CallCase(args=(EVIL,), expected=EVIL),),
        }
    )
    policy = READY.policy.model_copy(update={"model": EVIL, "backend": EVIL})
    failure = Failure(type=EVIL, message=EVIL, line=1, source=EVIL)
    records = (
        TestRecord(test=EVIL, ok=False, call=EVIL, expected=EVIL, got=EVIL, failure=failure),
        TestRecord(test=EVIL, ok=True),
    )
    verdict = Verdict(
        status="fail",
        records=records,
        loaded=True,
        has_entry_point=True,
        failure=failure,
        stdout=EVIL,
        stderr=EVIL,
        stderr_bytes=9,
    )
    asked = {
        "messages": (Message(role="user", content=EVIL),),
        "prefix": f"```python\n{EVIL}\n",
        "temperature": 0.8,
        "seed": 0,
    }
    return [
        ev.RunStarted(run="r", task=task, settings=ev.SearchSettings(), policy=policy, sandbox=EVIL, app_version="0"),
        ev.ExpansionStarted(expansion=0, parent=0, origin="draft", nodes=(1, 2), **asked),
        ev.ExpansionSampled(expansion=0, seconds=0.1),
        ev.NodeAdded(expansion=0, node=1, completion=Completion(text=EVIL), program=f"x = 1\n{EVIL}\n"),
        ev.NodeAdded(expansion=0, node=2, completion=Completion(text=EVIL), rejection=EVIL),
        ev.NodeJudged(node=1, reward=0.5, status="partial", verdict=verdict),
        ev.NodeJudged(node=2, reward=0.0, status="unparsable"),
        ev.ExpansionStarted(expansion=1, parent=1, origin="repair", nodes=(3, 4), **asked),
        ev.NodeAdded(expansion=1, node=3, completion=Completion(text=EVIL), program=f"y = 2\n{EVIL}"),
        ev.ExpansionFailed(expansion=1, message=EVIL),
    ]


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_tree_log_header_and_every_tab_of_every_node(open_app, size):
    async with open_app(size=size) as driven:
        await driven.show(hostile())
        for node in (0, 1, 2, 3):
            driven.screen.search_tree.go(node)
            for _ in range(6):
                await driven.press("right_square_bracket")
                assert unsafe(driven) == ""
        assert "[/x]" in driven.pane("log"), "markup is shown as it is"
        assert "\\x1b" in driven.pane("log")


async def test_text_that_is_being_generated(open_app):
    async with open_app() as driven:
        await driven.show((await events_of(lambda request: ["    return 0\n"] * request.n, budget=4))[:2])
        driven.engine.say(TokenText(node=1, text=EVIL))
        await driven.until(lambda: "[/x]" in driven.pane("detail"))
        assert unsafe(driven) == ""


async def test_the_editors(open_app):
    async with open_app(prompt=f"Write f.\n\n>>> f({EVIL!r})\n1\n{EVIL}\nassert f(1) == '{EVIL}'\n") as driven:
        driven.screen.editor("tests").text = f"# {EVIL}"
        await driven.pilot.pause()
        assert unsafe(driven) == ""
        assert "[/x]" in "\n".join(driven.frame())


def test_what_an_editor_shows_is_as_long_as_what_is_in_it():
    assert len(shown(EVIL)) == len(EVIL)
    assert shown("plain 漢字 é\t") == "plain 漢字 é\t"
    assert not set(shown(EVIL)) & set(FORBIDDEN)


async def test_toasts(open_app):
    async with open_app() as driven:
        await driven.ready()
        await driven.press("ctrl+j")
        driven.engine.say(Problem(what=EVIL, why=EVIL, hint=EVIL, exit_code=5))
        await driven.until(lambda: "[/x]" in "\n".join(driven.frame()), "the toast on the screen")
        assert unsafe(driven) == ""


async def test_the_banner_and_the_header_of_an_engine(open_app):
    async with open_app() as driven:
        driven.engine.say(READY.model_copy(update={"sandbox": EVIL, "policy": hostile()[0].policy}))
        await driven.until(lambda: driven.app.session.info is not None)
        await driven.pilot.pause()
        assert unsafe(driven) == ""
        driven.engine.say(EngineError(EVIL, why=EVIL, hint=EVIL))
        await driven.until(lambda: driven.app.session.phase == "dead")
        assert "[/x]" in driven.sign("banner")
        assert unsafe(driven) == ""


async def test_the_dialog_that_writes_a_file(open_app, tmp_path, monkeypatch):
    folder = tmp_path / "\x1b[31m [bold]\u202e"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with open_app() as driven:
        await driven.show(hostile())
        driven.screen.search_tree.go(1)
        await driven.press("w")
        assert isinstance(driven.app.screen, ExportScreen)
        assert unsafe(driven) == ""
        await driven.press("enter")
        await driven.pilot.pause()
        assert unsafe(driven) == ""


async def test_the_notice_and_the_palette(open_app):
    async with open_app(size=(50, 12)) as driven:
        await driven.show([*hostile(), _finished()])
        assert unsafe(driven) == ""
        await driven.press("ctrl+p")
        assert unsafe(driven) == ""


async def test_ten_megabytes_on_one_line_are_cut(open_app):
    async with open_app() as driven:
        events = hostile()
        long = events[3].model_copy(update={"program": "x = '" + "a" * 10_000_000 + "'"})
        await driven.show([*events[:3], long])
        driven.screen.search_tree.go(1)
        await driven.pilot.pause()
        assert len(driven.pane("detail")) < 10_000


def _finished() -> ev.RunFinished:
    return ev.RunFinished(reason="failed", outcome="unsolved", answer=None, ledger=Ledger(), message=EVIL)
