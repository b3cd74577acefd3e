"""Every key that steers: what it asks, what it sends to the engine, and why it does not."""

from __future__ import annotations

import pytest
from support.evil import EVIL, unsafe
from support.recorded import solved_run

from reason_tui.engine.protocol import Refused, Stop
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.tasks.types import CallCase
from reason_tui.tui.screens.question import QuestionScreen
from reason_tui.tui.screens.tests import TestsScreen

QUESTION = ev.QuestionAsked(
    question=0,
    case=CallCase(args=("[]",)),
    opinions=(ev.Opinion(nodes=(1,), returned="0"), ev.Opinion(nodes=(2,), raised="IndexError")),
    inputs=12,
)


async def going(driven) -> None:
    """A run with four judged drafts, the cursor on the first."""
    events = await solved_run()
    await driven.show(events[:12])
    await driven.press("g", "j")
    assert driven.screen.node.id == 1


async def test_x_prunes_the_node_and_z_takes_it_back(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("x")
        await driven.say([ev.NodePruned(node=1)])
        assert any("⊘" in row for row in driven.frame())
        assert "you pruned n1" in driven.pane("log")
        await driven.press("x")
        assert driven.told[-1].startswith("n1 is pruned already")
        await driven.press("z")
        await driven.say([ev.NodeRestored(node=1)])
        await driven.press("z")
        assert driven.engine.commands == [acts.Prune(node=1), acts.Restore(node=1)]
        assert driven.told[-1] == "You did nothing yet that can be taken back."


async def test_p_pins_and_lets_go(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("p")
        await driven.say([ev.NodePinned(node=1)])
        assert any("◆" in row for row in driven.frame())
        await driven.press("p")
        assert driven.engine.commands == [acts.Pin(node=1), acts.Pin(node=1, pinned=False)]


async def test_i_gives_a_hint_that_later_prompts_show(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("i", *"be quick", "enter")
        assert driven.engine.commands == [acts.GiveHint(text="be quick")]
        assert driven.app.focused is driven.screen.search_tree
        await driven.say([ev.HintGiven(hint=0, text="be quick")])
        assert "hint: be quick" in driven.pane("log")
        await driven.press("left_square_bracket", "left_square_bracket")
        assert "made before any hint" in driven.pane("detail")


async def test_escape_gives_no_hint(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("i", *"xyz", "escape")
        assert driven.engine.commands == []
        assert not driven.screen.bar.display


async def test_t_adds_changes_and_removes_tests_and_what_they_judged_is_marked(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("t")
        assert isinstance(driven.app.screen, TestsScreen)
        await driven.press(*"f(3) == 3", "enter")
        await driven.press("t", "up", "enter")
        await driven.press(*["backspace"] * 9, *"f(1) == 7", "enter")
        await driven.press("t", "up", "d")
        assert driven.engine.commands == [
            acts.AddTest(source="f(3) == 3"),
            acts.EditTest(index=0, source="f(1) == 7"),
            acts.RemoveTest(index=0),
        ]
        await driven.say([ev.TestAdded(test=CallCase(args=("3",), expected="3"))])
        assert "judging 4 again" in driven.sign("header")
        assert "added a test: f(3) == 3" in driven.pane("log")
        judged = driven.app.session.run.view.tree.nodes[1].verdict
        await driven.say([ev.NodeJudged(node=1, reward=0.2, status="failed", verdict=judged, tests=1)])
        assert "judging 3 again" in driven.sign("header")


async def test_the_question_is_shown_and_a_digit_answers_it(open_app):
    async with open_app(size=(80, 24)) as driven:
        await going(driven)
        await driven.press("a")
        assert driven.engine.commands == [acts.AskQuestion()]
        await driven.say([QUESTION])
        assert "Which is right for f([])?" in driven.sign("banner")
        assert "1 say 0 · 1 say raises IndexError" in driven.sign("banner")
        await driven.press("a")
        assert isinstance(driven.app.screen, QuestionScreen)
        await driven.press("2")
        assert driven.engine.commands[-1] == acts.Answer(question=0, says="group", group=1)
        answered = CallCase(args=("[]",), raises="IndexError")
        await driven.say([ev.QuestionAnswered(question=0, says="group", group=1, test=answered)])
        assert driven.sign("banner") == ""
        assert "answered: f([]) raises IndexError" in driven.pane("log")


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], {"says": "group", "group": 0}),
        (["down", "enter"], {"says": "group", "group": 1}),
        (["0"], {"says": "neither"}),
        (["minus"], {"says": "skip"}),
        (["o", *"[1]", "enter"], {"says": "own", "text": "[1]"}),
        (["escape"], None),
    ],
)
async def test_every_way_to_answer(open_app, keys, answer):
    async with open_app() as driven:
        await going(driven)
        await driven.say([QUESTION])
        await driven.press("a", *keys)
        expected = [] if answer is None else [acts.Answer(question=0, **answer)]
        assert driven.engine.commands == expected


async def test_v_changes_settings_in_flight(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("v", "right", "up", "right", "right", "down", "enter")
        assert driven.engine.commands == [acts.ChangeSettings(changes={"budget": 32, "temperature": 0.7})]
        assert not driven.screen.vary.display


async def test_v_and_nothing_changed_sends_nothing(open_app):
    async with open_app() as driven:
        await going(driven)
        await driven.press("v", "enter", "v", "up", "escape")
        assert driven.engine.commands == []


async def test_the_line_of_settings_takes_typed_figures(open_app):
    async with open_app(prompt="Return x.\n>>> f(1)\n1") as driven:
        await driven.ready()
        driven.screen.query_one("#setup").focus()
        await driven.press("right", *"12", "right", *"3", "enter")
        await driven.until(lambda: driven.engine.started)
        settings = driven.engine.started[0][1]
        assert (settings.budget, settings.width) == (12, 3)


async def test_what_is_no_figure_or_out_of_range_is_told_and_changes_nothing(open_app):
    async with open_app() as driven:
        await driven.ready()
        setup = driven.screen.query_one("#setup")
        before = setup.settings
        setup.focus()
        await driven.press("right", *"1.2.3", "right", *"99", "right")
        assert driven.told[0] == "The budget cannot be 1.2.3.\nThat is no number."
        assert driven.told[1].startswith("The width cannot be 99.\nInput should be less than or equal to 64")
        assert setup.settings == before


async def test_e_edits_the_program_in_the_editor(open_app, monkeypatch):
    async def edited(app, text, name):
        assert name == "n1.py"
        return text.replace("return 0", "return 7")

    monkeypatch.setattr("reason_tui.tui.external.edited", edited)
    async with open_app() as driven:
        await going(driven)
        await driven.press("e")
        await driven.until(lambda: driven.engine.commands)
        assert driven.engine.commands == [acts.EditNode(node=1, program="def f(x):\n    return 7")]
        await driven.say([ev.HandEdited(node=9, parent=1, program="def f(x):\n    return 7\n")])
        assert "you wrote ✎ n9 from n1  +1 −1" in driven.pane("log")
        assert any("✎" in row and "n9" in row for row in driven.frame())


def test_the_editor_is_the_users_own(monkeypatch):
    from reason_tui.tui.external import editor

    assert editor({"EDITOR": "code --wait"}) == ["code", "--wait"]
    assert editor({"VISUAL": "emacs", "EDITOR": "vi"}) == ["emacs"]
    assert editor({"PATH": "/nowhere"}) is None
    assert editor({"VISUAL": "  ", "EDITOR": "vi"}) == ["vi"]


async def test_an_editor_that_cannot_be_a_command_is_told(open_app, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "vim '")
    async with open_app() as driven:
        await going(driven)
        await driven.press("e")
        await driven.until(lambda: driven.told)
        assert driven.told == ["$EDITOR is no command.\nvim ': No closing quotation.\nSet it to your editor."]


async def test_a_refusal_is_told_as_the_engine_says_it(open_app):
    async with open_app() as driven:
        await going(driven)
        driven.engine.say(Refused(act=acts.AskQuestion(), what="There is nothing to ask.", why=EVIL))
        await driven.until(lambda: driven.told)
        assert driven.told[-1].startswith("There is nothing to ask.\n")
        assert unsafe(driven) == ""


async def test_accept_writes_and_ends_the_run(open_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with open_app() as driven:
        await going(driven)
        await driven.press("asterisk", "enter")
        await driven.until(lambda: driven.told)
        assert (tmp_path / "f.py").read_text() == "def f(x):\n    return 0\n"
        assert driven.engine.commands == [acts.Pin(node=1), Stop()]


async def test_accept_of_a_repaired_file_shows_the_change_and_keeps_a_copy(open_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "f.py"
    path.write_text("def f(x):\n    return 5\n")
    async with open_app(prompt="@f.py\n>>> f(1)\n1") as driven:
        await driven.ready()
        await driven.press("ctrl+j")
        await driven.until(lambda: driven.engine.started)
        task = driven.engine.started[0][0]
        assert task.given is not None
        events = await solved_run()
        await driven.say([events[0].model_copy(update={"task": task}), *events[1:12]])
        await driven.press("g", "j", "asterisk")
        shown = "\n".join(driven.frame())
        assert "-    return 5" in shown and "+    return 0" in shown
        driven.screen.search_tree.go(2)  # the search goes on meanwhile, and the cursor with it
        await driven.press("enter")
        await driven.until(lambda: any("kept as f.py.bak" in told for told in driven.told))
        assert path.read_text() == "def f(x):\n    return 0\n"
        assert driven.engine.commands == [acts.Pin(node=1), Stop()]


@pytest.mark.parametrize("key", ["x", "p", "i", "t", "a", "e", "v", "z"])
async def test_after_the_run_a_key_that_steers_says_what_can_be_done_instead(open_app, key):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press(key)
        assert driven.told[-1] == "The run is over: B begins another that goes on from this node."
        assert driven.engine.commands == []


async def test_hostile_text_in_every_new_window(open_app):
    task_case = CallCase(args=(EVIL,), expected=EVIL)
    hostile = QUESTION.model_copy(
        update={
            "case": task_case,
            "opinions": (ev.Opinion(nodes=(1,), returned=EVIL * 50), ev.Opinion(nodes=(2,), raised=EVIL)),
        }
    )
    async with open_app(size=(80, 24)) as driven:
        await going(driven)
        await driven.say([ev.TestAdded(test=task_case), ev.HintGiven(hint=0, text=EVIL), hostile])
        for key in ("a", "t", "w"):
            await driven.press(key)
            assert driven.app.screen is not driven.screen
            assert unsafe(driven) == "", key
            await driven.press("escape")
        await driven.press("slash", *"[/x]", "enter")
        assert unsafe(driven) == ""
