"""What the inspector and the log say of nodes that did not go well."""

from __future__ import annotations

from support.recorded import TASK, answers, events_of, solved_run, stopped_run

from reason_tui.engine.protocol import RunEvent
from reason_tui.programs.security import Finding
from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.search.events import SearchSettings
from reason_tui.search.ledger import Ledger
from reason_tui.tui import details, header
from reason_tui.tui.glyphs import Glyphs, count, number, size, span, state_of
from reason_tui.tui.highlight import prompt, python
from reason_tui.tui.ink import plain
from reason_tui.tui.logbook import failed, first_failure
from reason_tui.tui.session import Session


def text(rows) -> str:
    return "\n".join(map(plain, rows))


def session_of(events) -> Session:
    session = Session()
    session.replay(events)
    session.run.frame()
    return session


async def test_a_reply_without_a_program_shows_the_reply_and_why():
    session = session_of(await events_of(lambda request: ["    return ((\n"] * request.n, budget=1))
    shown = text(details.code(session.run.view.tree.nodes[1], session.run, Glyphs()))
    assert "no program in this reply" in shown
    assert "def f(x):\n    return ((" in shown
    assert "not run: there is no program" in text(details.tests(session.run.view.tree.nodes[1], session.run, Glyphs()))


async def test_a_reply_that_was_stopped_is_no_error():
    session = session_of(await stopped_run())
    run = session.run
    assert [(state_of(run.view.tree.nodes[n]), run.tests(run.view.tree.nodes[n])) for n in (1, 2)] == [
        ("error", "-"),
        ("cut", "cut"),
    ]
    assert run.note(run.view.tree.nodes[2]) == "stopped early"
    assert "no program in this reply" not in text(details.code(run.view.tree.nodes[2], run, Glyphs()))
    assert "!1 ⊘1" in text(header.header(session, SearchSettings(), 120))


async def test_the_root_shows_the_problem_and_its_tests():
    session = session_of(await solved_run())
    root = session.run.view.tree.root
    assert text(details.code(root, session.run, Glyphs())) == TASK.prompt
    assert "f(1) == 1" in text(details.tests(root, session.run, Glyphs()))
    assert "nobody was asked" in text(details.asked(root, session.run, Glyphs()))


async def test_a_program_to_repair_is_the_root_and_its_repairs_are_compared_with_it():
    task = TASK.model_copy(update={"given": "def f(x):\n    return 0\n"})
    session = session_of(await events_of(answers("0", repairs=("x",)), task, width=1))
    run = session.run
    assert "return 0" in text(details.code(run.view.tree.root, run, Glyphs()))
    assert "from n0  +1 −1" in text(details.changes(run.view.tree.nodes[1], run, Glyphs()))


async def test_without_visible_tests_the_log_says_that_the_answer_is_unverified():
    task = TASK.model_copy(update={"visible": ()})
    session = session_of(await events_of(answers("x", "0"), task, width=1, budget=2))
    first, *_, last = map(plain, session.run.log)
    assert "0 visible tests" in first
    assert "unverified" in last
    assert header.state_word(session)[0] == "UNVERIFIED"


def test_groups_of_programs_that_behave_alike_are_told_by_their_size():
    groups = (ev.Agreement(nodes=(1, 2, 3), inputs=9), ev.Agreement(nodes=(4,), inputs=9))
    assert "behave alike: 3 · 1" in text(session_of([ev.CandidatesCompared(groups=groups)]).run.log)


def test_each_way_to_fail_a_test_is_told_in_its_own_words():
    raised = Failure(type="ValueError", message="no", line=3, source="x = 1")
    assert failed(TestRecord(test="f(1) == 2", ok=False, call="f(1)", expected="2", got="3")) == "f(1) gave 3, not 2"
    assert failed(TestRecord(test="f(1) == 2", ok=False, call="f(1)", timed_out=True)) == "f(1) does not end in time"
    assert failed(TestRecord(test="f(1) > 2", ok=False)) == "f(1) > 2 is false"
    assert (
        failed(TestRecord(test="t", ok=False, call="f(1)", failure=raised))
        == "f(1) raised ValueError: no, at line 3: x = 1"
    )
    assert first_failure(Verdict(status="error", failure=raised)) == "ValueError: no, at line 3: x = 1"
    assert first_failure(Verdict(status="fail", loaded=True), "g") == "defines no g"
    assert first_failure(Verdict(status="pass", loaded=True, has_entry_point=True)) == ""


async def test_output_says_how_much_of_it_is_kept():
    session = session_of(await solved_run())
    node = session.run.view.tree.nodes[7]
    node.verdict = Verdict(status="pass", loaded=True, stderr="warn", stderr_bytes=5000, level="landlock")
    shown = text(details.output(node, session.run, Glyphs()))
    assert "stderr, the first 4 of 5,000 bytes\nwarn\nstdout  nothing" in shown


async def test_a_run_that_was_cut_off_is_told_as_interrupted_and_its_speed_is_its_own():
    events = await solved_run()
    assert header.state_word(session_of(events[:8]))[0] == "INTERRUPTED"
    done = [*events[:-1], events[-1].model_copy(update={"ledger": Ledger()})]
    assert header.state_word(session_of(done))[0] == "SOLVED"


def test_a_failed_run_says_so_with_its_reason():
    finished = ev.RunFinished(reason="failed", outcome="unsolved", answer=None, ledger=Ledger(), message="No room.")
    session = session_of([finished])
    assert header.state_word(session) == ("FAILED", "failed")
    assert "unsolved: No room." in text(session.run.log)


def test_figures_are_short():
    assert [number(value) for value in (0.944, 1.0, 2.567, None, float("inf"))] == [".94", "1.00", "2.57", "—", "∞"]
    assert [count(value) for value in (999, 1234, 34_400, 2_500_000)] == ["999", "1.2k", "34k", "2.5M"]
    assert [size(value) for value in (48.2, 2150.4)] == ["48M", "2.1G"]
    assert [span(value) for value in (0.04, 99.9, 100.0, 3723)] == [" 0.0s", "99.9s", "01:40", "1:02:03"]


def test_sparks_go_from_nothing_to_the_top():
    assert Glyphs().spark([0.0, 0.5, 1.0], 8, 1.0) == "▁▅█"
    assert Glyphs(ascii=True).spark([0.0, 1.0], 1) == "@"
    assert Glyphs().spark([0.0, 0.0], 8) == "▁▁"


def test_colours_change_no_character():
    code = 'def f(x: int) -> str:\n    """A docstring\n    of two lines."""\n    return f"{x}"  # done\n'
    assert text(python(code)) == code
    assert text(prompt(f"Words and words.\n\n>>> f(1)\n'1'\n{code}")) == f"Words and words.\n\n>>> f(1)\n'1'\n{code}"


def test_words_of_prose_are_not_coloured_as_python():
    [prose, *_] = prompt("return the sum for each list in order")
    assert prose == (("return the sum for each list in order", ""),)
    assert ("def", "keyword") in prompt("Do it.\n\ndef f(x):")[2]


async def test_an_event_of_a_run_that_is_no_longer_shown_changes_nothing():
    events = await solved_run()
    session = session_of(events[:4])
    for event in events[4:]:
        session.apply(RunEvent(run="another", seq=0, event=event))
    assert session.run.view.events == 4


async def test_the_score_tab_has_what_bandit_says_beside_a_reward_that_does_not_count_it(monkeypatch):
    session = session_of(await solved_run())
    node = session.run.node(1)
    monkeypatch.setattr(details, "findings", lambda program: None)
    without = details.score(node, session.run, Glyphs())
    bad = Finding(test="B102", text="Use of exec \x1b[2J", severity="high", confidence="high", line=3)
    monkeypatch.setattr(details, "findings", lambda program: (bad,) if program == node.program else None)
    shown = details.score(node, session.run, Glyphs())
    assert shown[: len(without)] == without
    assert plain(shown[-1]).strip() == "line 3: B102 Use of exec \\x1b[2J (high)"
    monkeypatch.setattr(details, "findings", lambda program: ())
    assert "bandit      0" in text(details.score(node, session.run, Glyphs()))
