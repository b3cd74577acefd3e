"""How the app looks and calls, by settings; a user's own keys."""

from __future__ import annotations

import pytest
from rich.color import ColorType
from rich.segment import Segment
from support.fake_engine import FakeEngine
from support.recorded import solved_run

from reason_tui.config import Settings
from reason_tui.search import acts
from reason_tui.search.events import SearchSettings
from reason_tui.tui import keymap
from reason_tui.tui.app import ReasonApp
from reason_tui.tui.calling import News, call
from reason_tui.tui.look import Look
from reason_tui.tui.session import Session
from reason_tui.tui.themes import ANSI_DARK, ANSI_LIGHT, BY_SETTING, CONTRAST, DARK, LIGHT, PLAIN, THEMES, styles


@pytest.fixture(autouse=True)
def own_keys_end_with_the_test():
    yield
    keymap.move({})


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        ({}, {}, DARK),
        ({}, {"COLORFGBG": "0;15"}, LIGHT),
        ({}, {"COLORFGBG": "15;0"}, DARK),
        ({"theme": "high-contrast"}, {"COLORFGBG": "0;15"}, CONTRAST),
        ({"theme": "ansi-light"}, {}, ANSI_LIGHT),
    ],
)
def test_the_theme_is_the_users_or_fits_the_terminal(settings, environment, expected):
    assert Look.of(Settings(**settings), environment, "utf-8").theme == expected


def test_signs_are_ascii_where_the_terminal_has_no_others_unless_the_user_says_otherwise():
    assert not Look.of(Settings(), {"TERM": "xterm"}, "utf-8").ascii
    assert Look.of(Settings(), {"TERM": "linux"}, "utf-8").ascii
    assert Look.of(Settings(), {"TERM": "xterm"}, "ascii").ascii
    assert not Look.of(Settings(glyphs="unicode"), {"TERM": "linux"}, "ascii").ascii
    assert Look.of(Settings(glyphs="ascii"), {"TERM": "xterm"}, "utf-8").ascii


def test_every_theme_has_every_style():
    assert {theme.name for theme in THEMES} == set(BY_SETTING.values())
    assert len({frozenset(styles(theme.name)) for theme in THEMES}) == 1


def app_with(own: dict[str, str]) -> tuple[ReasonApp, FakeEngine]:
    engine = FakeEngine()
    return ReasonApp(engine, SearchSettings(), look=Look(keymap=own)), engine


async def test_a_key_of_the_users_own_takes_the_place_of_ours_and_is_shown():
    app, engine = app_with({"prune": "D,delete", "no-such-action": "q"})
    events = await solved_run()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause()
        assert any("no-such-action" in toast.message for toast in app._notifications)
        engine.tell(events[:12])
        for _ in range(50):
            await pilot.pause()
            app.flush()
        app.solve.show_page("run")
        app.solve.search_tree.go(1)
        await pilot.press("x")
        assert engine.commands == []
        await pilot.press("D")
        await pilot.pause()
        assert engine.commands == [acts.Prune(node=1)]
        assert keymap.shown(keymap.BY_ID["prune"]) == "D"


async def test_news_are_told_once():
    session, news, told = Session(), News(), []
    for event in await solved_run():
        session.replay([event])
        told.append(news.of(session))
    assert [words for words in told if words] == ["The run ended: solved."]
    assert news.of(session) == ""


@pytest.mark.parametrize(("how", "rings"), [("bell", True), ("off", False)])
async def test_the_app_calls_only_where_nobody_looks(how, rings, monkeypatch):
    engine = FakeEngine()
    app = ReasonApp(engine, SearchSettings(), look=Look(notify=how))
    bells: list[str] = []
    monkeypatch.setattr(ReasonApp, "bell", lambda self: bells.append("bell"))
    async with app.run_test() as pilot:
        for looked_at in (True, False):
            app.app_focus = looked_at
            engine.tell(await solved_run())
            for _ in range(50):
                await pilot.pause()
                app.flush()
            assert bells == (["bell"] if rings and not looked_at else [])


def segments(app: ReasonApp) -> list[Segment]:
    return [segment for strip in app.screen._compositor.render_strips() for segment in strip]


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_nothing_is_written_in_the_colour_of_its_ground(theme):
    app = ReasonApp(FakeEngine(), SearchSettings(), look=Look(theme=theme))
    async with app.run_test(size=(80, 24)) as pilot:
        app.session.replay(await solved_run())
        app.solve.show_page("run")
        for keys in ((), ("question_mark",), ("escape", "M")):
            await pilot.press(*keys)
            await pilot.pause()
            for segment in segments(app):
                look = segment.style
                if segment.text.strip() and look is not None and look.color is not None:
                    assert look.color != look.bgcolor or look.color.is_default, segment


@pytest.mark.parametrize("theme", [ANSI_DARK, ANSI_LIGHT])
async def test_the_ansi_themes_leave_colours_and_ground_to_the_terminal(theme):
    app = ReasonApp(FakeEngine(), SearchSettings(), look=Look(theme=theme))
    async with app.run_test(size=(80, 24)) as pilot:
        app.session.replay(await solved_run())
        app.solve.show_page("run")
        await pilot.pause()
        used = {color for each in segments(app) if each.style for color in (each.style.color, each.style.bgcolor)}
        kinds = {color.type for color in used if color is not None}
        assert kinds <= {ColorType.DEFAULT, ColorType.STANDARD}, used
        cursor = [each for each in segments(app) if each.style and each.style.reverse and "/" in each.text]
        assert cursor, "the row at the cursor is seen without a ground of its own"


async def test_without_colours_an_ansi_theme_gives_way_to_the_plain_one(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert ReasonApp(FakeEngine(), SearchSettings(), look=Look(theme=ANSI_DARK)).theme == PLAIN


async def test_a_notification_of_the_desktop_is_osc_9_with_our_words_alone(monkeypatch):
    written: list[str] = []
    app = ReasonApp(FakeEngine(), SearchSettings(), look=Look(notify="desktop"))
    async with app.run_test():
        monkeypatch.setattr(ReasonApp, "is_headless", False)
        monkeypatch.setattr(ReasonApp, "bell", lambda self: written.append("\x07"))
        monkeypatch.setattr(app._driver, "write", written.append)
        call(app, "The run ended: solved.", "desktop")
        monkeypatch.undo()
    assert written == ["\x07", "\x1b]9;reason_tui: The run ended: solved.\x07"]
