"""The Solve screen by keyboard: every key, from the first frame to an exported program."""

from __future__ import annotations

import pytest
from support.recorded import answers, events_of, solved_run

from reason_tui.engine.protocol import Metrics, Pause, Problem, Resume, Step, Stop, TokenText
from reason_tui.errors import ModelNotFoundError
from reason_tui.search.events import ROOT, RunContinued, RunPaused, RunResumed
from reason_tui.tui import keymap
from reason_tui.tui.app import ReasonApp
from reason_tui.tui.bindings import of_the_app
from reason_tui.tui.composing import EXAMPLE
from reason_tui.tui.screens.export import ExportScreen
from reason_tui.tui.screens.help import HelpScreen
from reason_tui.tui.screens.jobs import JobsScreen
from reason_tui.tui.screens.learn import LearnScreen
from reason_tui.tui.themes import DARK, LIGHT, PLAIN
from reason_tui.tui.widgets.listing import Listing


async def started(events: int = 2):
    """A run that has begun: its first events."""
    return (await solved_run())[:events]


async def test_it_opens_with_the_cursor_in_an_example_whose_tests_are_listed(open_app):
    async with open_app() as driven:
        assert driven.app.focused is driven.screen.editor("problem")
        assert driven.screen.editor("problem").text == EXAMPLE
        await driven.until(lambda: driven.screen.editor("tests").text)  # listed with the next frame
        assert driven.screen.editor("tests").text.split("\n") == [
            "sum_even([1, 2, 3, 4]) == 6",
            "sum_even([7, 9]) == 0",
        ]


@pytest.mark.parametrize("key", ["ctrl+j", "f5"])
async def test_one_key_starts_the_search_from_inside_the_editor(open_app, key):
    async with open_app(budget=7) as driven:
        await driven.ready()
        await driven.press(key)
        await driven.until(lambda: driven.engine.started)
        task, settings = driven.engine.started[0]
        assert (task.entry_point, len(task.visible), settings.budget) == ("sum_even", 2, 7)
        assert driven.screen.page == "run"
        assert driven.screen.editor("problem").text == EXAMPLE


async def test_a_run_asked_for_while_the_model_loads_starts_when_it_is_there(open_app):
    async with open_app(loaded=False) as driven:
        assert "LOADING" in driven.sign("header")
        await driven.press("right", "X")
        await driven.press("ctrl+j")
        assert driven.engine.started == []
        assert "WAITING FOR THE MODEL" in driven.sign("header")
        driven.engine.load()
        await driven.until(lambda: driven.engine.started)
        assert driven.engine.started[0][0].prompt.endswith("X")


async def test_tests_that_do_not_parse_are_told_and_nothing_starts(open_app):
    async with open_app() as driven:
        await driven.ready()
        driven.screen.editor("tests").text = "sum_even([1, 2) == 3"
        await driven.press("ctrl+j")
        assert driven.engine.started == []
        assert driven.screen.page == "problem"
        assert "Test line 1 cannot be used" in driven.told[-1]


async def test_an_empty_problem_is_told(open_app):
    async with open_app(prompt="") as driven:
        await driven.ready()
        await driven.press("ctrl+j")
        assert "empty" in driven.told[-1]


async def test_an_edited_list_of_tests_is_what_is_tested(open_app):
    async with open_app() as driven:
        await driven.ready()
        driven.screen.editor("tests").text = "sum_even([2]) == 2"
        await driven.press("f5")
        await driven.until(lambda: driven.engine.started)
        assert [case.describe("sum_even") for case in driven.engine.started[0][0].visible] == ["sum_even([2]) == 2"]


async def test_letters_in_an_editor_are_text_and_no_commands(open_app):
    async with open_app(prompt="") as driven:
        await driven.ready()
        await driven.press(*"sfbnwyrL", "space", "question_mark", "left_square_bracket")
        assert driven.screen.editor("problem").text == "sfbnwyrL ?["
        assert driven.engine.commands == []
        assert driven.app.screen is driven.screen


async def test_space_pauses_and_resumes_s_steps_and_f8_stops(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        await driven.press("space")
        await driven.say([RunPaused()])
        assert "PAUSED" in driven.sign("header")
        assert "Resume" in driven.sign("keys")
        await driven.press("s", "space")
        await driven.say([RunResumed()])
        await driven.press("f8")
        assert driven.engine.commands == [Pause(), Step(), Resume(), Stop()]
        assert "STOPPING" in driven.sign("header")


async def test_a_solved_run_is_shown_with_its_answer_at_the_cursor(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        assert "SOLVED" in driven.sign("header")
        assert "8/16 nodes" in driven.sign("header")
        assert "★ n7 10/10" in driven.sign("header")
        assert driven.screen.search_tree.cursor == 7
        assert "return x" in driven.pane("detail")


async def test_every_tab_says_its_part_of_the_node(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        seen = {}
        for _ in keymap.KEYS[:6]:
            seen[driven.screen.inspector.tab_name] = driven.pane("detail")
            await driven.press("right_square_bracket")
        assert driven.screen.inspector.tab_name == "Code"
        assert "+    return x" in seen["Diff"] and "-    return 0" in seen["Diff"]
        assert "10 of 10 pass" in seen["Tests"] and "f(0) == 0  0.0 ms" in seen["Tests"]
        assert "stderr" in seen["Stderr"]
        assert "This program is wrong" in seen["Prompt"]
        assert "1.00" in seen["Score"] and "√(ln" in seen["Score"]
        await driven.press("left_square_bracket")
        assert driven.screen.inspector.tab_name == "Score"


async def test_a_failing_test_says_what_it_gave(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        driven.screen.search_tree.go(1)
        await driven.press("right_square_bracket", "right_square_bracket")
        assert "f(9) gave 0, not 9" in driven.pane("detail")


async def test_the_log_tells_exceptions_and_the_diff_of_each_repair(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        log = driven.pane("log")
        assert "n3 err  NameError: name 'x' is not defined" in log
        assert "n7 repairs n1  +1 −1" in log
        assert "-    return 0\n" in log and "+    return x\n" in log
        assert "n4 the same program as n1" in log
        assert "solved by n7" in log


async def test_what_is_generated_streams_into_the_code_tab(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        driven.engine.say(TokenText(node=1, text="    return"), TokenText(node=1, text=" x + 1"))
        await driven.until(lambda: "return x + 1" in driven.pane("detail"))
        assert driven.pane("detail").startswith("def f(x):")


async def test_b_goes_to_the_best_and_f_follows_again(open_app):
    async with open_app() as driven:
        events = await solved_run()
        await driven.show(events[:12])
        await driven.press("g")
        assert driven.screen.search_tree.cursor == ROOT
        assert not driven.screen.following
        await driven.press("b")
        assert driven.screen.search_tree.cursor == 1
        await driven.press("f")
        await driven.say(events[12:])
        assert driven.screen.search_tree.cursor == 7


async def test_one_who_moved_the_cursor_is_not_carried_off(open_app):
    async with open_app() as driven:
        events = await solved_run()
        await driven.show(events[:12])
        await driven.press("g", "j", "j")  # the root, n1, n5
        await driven.say(events[12:])
        assert driven.screen.search_tree.cursor == 5


async def test_c_goes_back_to_the_problem_and_escape_returns_to_the_run(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("c")
        assert driven.app.focused is driven.screen.editor("problem")
        await driven.press("escape")
        assert driven.screen.page == "run"
        assert driven.app.focused is driven.screen.search_tree


async def test_y_copies_the_program_at_the_cursor_and_says_how(open_app, monkeypatch):
    monkeypatch.setattr("reason_tui.tui.clipboard.tool", lambda: None)
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("y")
        await driven.until(lambda: driven.told)
        assert driven.app.clipboard == "def f(x):\n    return x"
        assert "OSC 52" in driven.told[-1]


async def test_w_writes_the_program_to_the_file_named(open_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("w", "enter")
        await driven.until(lambda: driven.told)
        assert (tmp_path / "f.py").read_text() == "def f(x):\n    return x\n"
        assert str(tmp_path / "f.py") in driven.told[-1]


async def test_a_file_that_is_there_is_replaced_only_when_asked_twice(open_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.py").write_text("mine")
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("w", "enter")
        assert (tmp_path / "f.py").read_text() == "mine"
        await driven.press("escape")
        assert not isinstance(driven.app.screen, ExportScreen)
        await driven.press("w", "enter", "x", "backspace", "enter")
        assert (tmp_path / "f.py").read_text() == "mine", "typing takes the first Enter back"
        await driven.press("enter")
        await driven.until(lambda: driven.told)
        assert "return x" in (tmp_path / "f.py").read_text()


async def test_a_place_that_cannot_be_written_is_told_in_the_dialog(open_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("w", *["backspace"] * 4, *"no/such", "enter")
        assert isinstance(driven.app.screen, ExportScreen)
        assert "cannot be written" in "\n".join(driven.frame())
        for name in ("~nobody-of-this-name/f.py", "a" * 300):
            driven.app.screen.query_one("Input").value = name
            await driven.press("enter")
            assert isinstance(driven.app.screen, ExportScreen)
            assert "cannot be written" in "\n".join(driven.frame())


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("space", "No run is going on."),
        ("s", "No run is going on."),
        ("f8", "No run is going on."),
        ("b", "There is no program yet."),
        ("y", "There is no program at the root: go to a node, or to the best with b."),
        ("w", "There is no program at the root: go to a node, or to the best with b."),
        ("r", "There is no unfinished run to go on with."),
    ],
)
async def test_a_key_that_is_of_no_use_says_why(open_app, key, reason):
    async with open_app() as driven:
        await driven.ready()
        await driven.press("escape", key)
        await driven.until(lambda: driven.told)
        assert driven.told[-1] == reason


async def test_a_second_run_is_refused_while_one_goes_on(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        await driven.press("ctrl+j")
        assert driven.told[-1] == "A run is going on: F8 stops it."
        assert len(driven.engine.started) == 1


async def test_a_second_run_replaces_the_first_when_that_is_over(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.show(await events_of(answers("x"), width=1))
        assert len(driven.app.session.run.forest) == 2
        assert driven.pane("log").count("run mcts") == 1
        assert driven.screen.search_tree.cursor == 1


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_names_every_key_of_the_focused_pane(open_app, key):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press(key)
        assert isinstance(driven.app.screen, HelpScreen)
        text = driven.app.screen.query_one("#help").text
        assert all(entry.help in text for entry in keymap.keys_of("tree", "app", "all"))
        await driven.press("escape")
        assert driven.app.screen is driven.screen


async def test_f1_helps_in_an_editor_too(open_app):
    async with open_app() as driven:
        await driven.press("f1")
        assert isinstance(driven.app.screen, HelpScreen)


async def test_the_palette_has_every_action(open_app):
    async with open_app() as driven:
        titles = " ".join(command.title for command in driven.app.get_system_commands(driven.screen))
        wanted = [
            key for key in keymap.keys_of("all", "app") if key.id not in ("palette", "command", "leave", "next", "back")
        ]
        assert all(key.label in titles for key in wanted)
        await driven.show(await solved_run())
        await driven.press("ctrl+p")
        assert driven.app.screen is not driven.screen
        await driven.press(*"Problem", "enter")
        await driven.until(lambda: driven.screen.page == "problem")


async def test_an_action_of_the_palette_does_what_its_key_does(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        [stop] = [each for each in driven.app.get_system_commands(driven.screen) if each.title.startswith("Stop")]
        await stop.callback()
        await driven.until(lambda: driven.engine.commands)
        assert driven.engine.commands == [Stop()]


async def test_ctrl_q_ends_the_engine_and_leaves(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        await driven.press("ctrl+q")
        assert driven.engine.closed
        assert driven.app.return_code == 0


async def test_a_dead_engine_is_told_in_a_banner_and_r_starts_another(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        driven.engine.die()
        await driven.until(lambda: driven.app.session.phase == "dead")
        assert "signal 9" in driven.sign("banner")
        assert "r starts it again and goes on with the run" in driven.sign("banner")
        assert "ENGINE DIED" in driven.sign("header")
        await driven.press("space")
        assert "r starts it again" in driven.told[-1]
        await driven.press("r")
        await driven.ready()
        assert driven.engine.restarts == 1
        assert driven.sign("banner") == ""
        await driven.until(lambda: driven.engine.resumed == ["r"], "the run is asked to go on")


async def test_a_run_that_goes_on_ends_as_if_it_had_never_been_cut_off(open_app):
    async with open_app() as driven:
        events = await solved_run()
        await driven.show(events[:-4])
        driven.engine.die()
        await driven.until(lambda: driven.app.session.phase == "dead")
        await driven.press("r")
        await driven.until(lambda: driven.engine.resumed)
        going_on = RunContinued(policy=events[0].policy, sandbox="", app_version="0")
        await driven.say([going_on, *events[-4:]])
        assert "SOLVED" in driven.sign("header")
        assert driven.screen.search_tree.cursor == 7
        assert len(driven.app.session.run.forest) == len(driven.app.session.run.view.tree.nodes)


async def test_a_stopped_run_goes_on_with_r(open_app):
    async with open_app() as driven:
        events = await solved_run()
        stopped = events[-1].model_copy(update={"reason": "stopped", "outcome": "unsolved", "answer": 1})
        await driven.show([*events[:12], stopped])
        assert "r Go on" in driven.sign("keys")
        await driven.press("r")
        await driven.until(lambda: driven.engine.resumed == ["r"])


async def test_a_model_that_is_not_there_leaves_the_app_usable(open_app):
    async with open_app(loaded=False) as driven:
        driven.engine.fail(ModelNotFoundError("There is no model x.", hint="Give another."))
        await driven.until(lambda: driven.app.session.phase == "dead")
        assert "There is no model x." in driven.sign("banner")
        assert "Esc, then r tries again." in driven.sign("banner")
        assert "NO ENGINE" in driven.sign("header")
        await driven.press("right", "A")
        assert driven.screen.editor("problem").text.endswith("A")
        await driven.press("escape", "r")
        driven.engine.load()
        await driven.ready()


async def test_a_problem_of_the_engine_is_told_and_brings_the_problem_back(open_app):
    async with open_app() as driven:
        await driven.ready()
        await driven.press("ctrl+j")
        driven.engine.say(Problem(what="The run cannot be saved.", why="No space left.", exit_code=5))
        await driven.until(lambda: driven.told)
        assert driven.told[-1] == "The run cannot be saved.\nNo space left."
        assert driven.screen.page == "problem"
        assert not driven.app.session.going


async def test_speed_and_memory_are_the_latest_telemetry(open_app):
    async with open_app() as driven:
        await driven.show(await started())
        driven.engine.say(Metrics(tokens_per_s=41.2, engine_memory_mb=2150.4))
        await driven.until(lambda: "41 tok/s" in driven.sign("header"))
        assert "+2.1G" in driven.sign("header")


async def test_the_palette_says_why_an_action_is_of_no_use_now(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        commands = {each.title: each.help for each in driven.app.get_system_commands(driven.screen)}
        assert commands["Prune  (x)"].startswith("Not now: The run is over")
        assert commands["Best  (b)"] == keymap.BY_ID["best"].help


async def test_a_click_on_a_tab_opens_it(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        row = driven.screen.inspector.region.y
        line = driven.frame()[row]
        await driven.pilot.click(offset=(line.index("Stderr") + 2, row))
        assert driven.screen.inspector.tab_name == "Stderr"


async def test_plus_shows_one_pane_alone_and_again_all(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        driven.screen.query_one("#log").focus()
        await driven.press("plus")
        assert driven.visible() & {"tree", "inspector", "log"} == {"log"}
        await driven.press("tab")
        assert driven.visible() & {"tree", "inspector", "log"} == {"tree"}
        await driven.press("underscore")
        assert driven.visible() & {"tree", "inspector", "log"} == {"tree", "inspector", "log"}


async def test_slash_filters_n_walks_and_an_empty_filter_shows_all(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("n")
        assert driven.told[-1] == "There is no filter: / makes one."
        await driven.press("slash", *"error", "enter")
        assert "/error 1" in "\n".join(driven.frame())
        assert len(driven.app.session.run.forest) == 2
        await driven.press("n")
        assert driven.screen.search_tree.cursor == 3
        await driven.press("slash", *["backspace"] * 5, "enter")
        assert len(driven.app.session.run.forest) == 9


async def test_capital_s_sorts_siblings_and_says_by_what(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("S")
        run = driven.app.session.run
        assert "by tests" in "\n".join(driven.frame())
        assert run.forest.children(1)[0] == 7
        await driven.press("S", "S", "S", "S")
        assert run.forest.children(1)[0] == 5


async def test_d_compares_with_something_else(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        driven.screen.search_tree.go(5)
        await driven.press("d")
        assert driven.screen.inspector.tab_name == "Diff"
        assert "from the beginning, n1" in driven.pane("detail")
        await driven.press("d")
        assert "from the best, n7" in driven.pane("detail")
        await driven.press("d")
        assert driven.pane("detail").startswith("from n1")


async def test_o_shows_a_part_of_the_log(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        await driven.press("o")
        errors = driven.pane("log")
        assert "NameError" in errors and "repairs" not in errors
        await driven.press("o")
        repairs = driven.pane("log")
        assert "repairs n1" in repairs and "+    return x" in repairs and "NameError" not in repairs
        await driven.press("o", "o")
        assert "NameError" in driven.pane("log") and "repairs" in driven.pane("log")


async def test_capital_y_copies_what_the_pane_shows(open_app, monkeypatch):
    monkeypatch.setattr("reason_tui.tui.clipboard.tool", lambda: None)
    async with open_app() as driven:
        await driven.show(await solved_run())
        driven.screen.query_one("#log").focus()
        await driven.press("Y")
        await driven.until(lambda: driven.told)
        assert driven.app.clipboard == driven.pane("log")


async def test_f2_changes_between_dark_and_light(open_app):
    async with open_app() as driven:
        assert driven.app.theme == DARK
        await driven.press("f2")
        assert driven.app.theme == LIGHT


async def test_without_colours_the_theme_is_plain_and_readable(open_app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app() as driven:
        assert driven.app.theme == PLAIN
        colours = driven.app.get_css_variables()
        assert (colours["foreground"].upper(), colours["background"].upper()) == ("#FFFFFF", "#000000")
        await driven.press("f2")
        assert driven.app.theme == PLAIN


async def test_a_recorded_run_is_shown_without_an_engine():
    events = await solved_run()
    app = ReasonApp(None, events[0].settings, replay=events)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.solve.page == "run"
        assert app.solve.search_tree.cursor == 7
        await pilot.press("space")
        assert [toast.message for toast in app._notifications] == ["This is a recorded run: there is no engine."]


async def test_every_key_of_the_keymap_has_an_action(open_app):
    async with open_app() as driven:
        places = {
            "tree": [driven.screen.search_tree],
            "text": [driven.screen.query_one("#log")],
            "list": [Listing()],
            "job": [JobsScreen(), LearnScreen()],
            "jobs": [JobsScreen()],
            "learn": [LearnScreen()],
            "app": [driven.screen],
            "all": [driven.screen],
        }
        for key in keymap.KEYS:
            owners = [driven.app] if of_the_app(key.id) else places[key.where]
            name = "command_palette" if key.id in ("palette", "command") else key.id
            assert all(hasattr(owner, f"action_{name}") for owner in owners), key.id


async def test_what_is_folded_while_following_stays_folded(open_app):
    async with open_app() as driven:
        events = await solved_run()
        await driven.show(events[:12])
        driven.screen.search_tree.go(1)
        await driven.press("enter")
        await driven.say(events[12:14])
        assert 1 in driven.app.session.run.forest.folded


async def test_escape_without_a_run_leaves_the_editor_and_c_returns_to_it(open_app):
    async with open_app() as driven:
        await driven.press("escape")
        assert driven.app.focused is None
        assert "c Edit the problem" in driven.sign("keys")
        assert "Esc" not in driven.sign("keys")
        await driven.press("c")
        assert driven.app.focused is driven.screen.editor("problem")


async def test_examples_typed_into_the_problem_are_listed(open_app):
    async with open_app(prompt="Double.\n\n>>> f(1)\n") as driven:
        assert driven.screen.editor("tests").text == ""
        await driven.press("right", *"24")
        await driven.until(lambda: driven.screen.editor("tests").text == "f(1) == 24")


async def test_the_first_letter_replaces_the_example_and_an_arrow_keeps_it(open_app):
    async with open_app() as driven:
        assert any("type to replace it" in row for row in driven.frame())
        await driven.press("x")
        assert driven.screen.editor("problem").text == "x"
        await driven.until(lambda: driven.screen.editor("tests").text == "")
        assert not any("type to replace it" in row for row in driven.frame())
    async with open_app() as driven:
        await driven.press("right", "x")
        assert driven.screen.editor("problem").text == f"{EXAMPLE}x"
