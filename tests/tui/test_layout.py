"""Which panes stand where at which size, and that nothing is cut that must be read."""

from __future__ import annotations

import pytest
from support.recorded import solved_run

SIZES = [(80, 24), (120, 40), (200, 60), (300, 80)]
PAGES = {"problem": {"problem", "tests", "setup"}, "run": {"tree", "inspector", "log"}}


@pytest.mark.parametrize("size", SIZES)
async def test_the_problem_and_its_tests_are_on_the_first_page(open_app, size):
    async with open_app(size=size) as driven:
        assert driven.visible() == PAGES["problem"] | {"header", "keys"}


@pytest.mark.parametrize("size", SIZES)
async def test_tree_inspector_and_log_are_on_the_page_of_the_run(open_app, size):
    async with open_app(size=size) as driven:
        await driven.show(await solved_run())
        assert driven.visible() == PAGES["run"] | {"header", "keys"}


@pytest.mark.parametrize("size", SIZES)
async def test_state_status_words_and_titles_are_not_cut(open_app, size):
    async with open_app(size=size) as driven:
        await driven.show(await solved_run())
        frame = driven.frame()
        text = "\n".join(frame)
        assert frame[0].rstrip().endswith("SOLVED")
        assert "n7 10/10 1.00" in frame[1]
        for word in (
            "Tree",
            "Log",
            "Code",
            "Diff",
            "Tests",
            "Stderr",
            "Prompt",
            "Score",
            "? Help",
            "^P Palette",
            "n7 ",
        ):
            assert word in text, word
        assert all(len(row) == size[0] for row in frame)


@pytest.mark.parametrize("size", SIZES)
async def test_columns_of_the_tree_stand_under_their_names(open_app, size):
    async with open_app(size=size) as driven:
        await driven.show(await solved_run())
        rows = driven.frame()
        top = next(at for at, row in enumerate(rows) if row.startswith(" tests id"))
        end = rows[top].index(" v") + 2
        best = next(row for row in rows[top:] if "★" in row)
        assert best[:end].rstrip() == best[:end], "the figures end where the name of their column ends"
        assert best[:end].split()[-1] == "1"


async def test_the_log_is_below_in_80_columns_and_at_the_side_from_100_and_l_moves_it(open_app):
    async with open_app(size=(80, 24)) as driven:
        await driven.show(await solved_run())
        log, tree = driven.screen.query_one("#log"), driven.screen.search_tree
        assert log.region.y >= tree.region.bottom
        await driven.pilot.resize_terminal(110, 30)
        await driven.pilot.pause()
        assert log.region.x >= tree.region.right
        await driven.press("L")
        await driven.pilot.pause()
        assert log.region.y >= tree.region.bottom
        await driven.press("L")
        await driven.pilot.pause()
        assert log.region.x >= tree.region.right


async def test_in_200_columns_the_log_has_a_column_of_its_own(open_app):
    async with open_app(size=(200, 60)) as driven:
        await driven.show(await solved_run())
        log, inspector = driven.screen.query_one("#log"), driven.screen.inspector
        assert log.region.x >= inspector.region.right
        assert log.region.height == inspector.region.height > 50


async def test_the_tests_stand_below_the_code_where_there_is_room(open_app):
    async with open_app(size=(120, 40)) as driven:
        await driven.show(await solved_run())
        assert driven.screen.query_one("#tests-below").size.height > 5
        assert "10 of 10 pass" in driven.pane("tests-below")
        await driven.press("right_square_bracket", "right_square_bracket")
        assert not driven.screen.query_one("#tests-below").display


async def test_below_80x24_one_pane_is_shown_at_a_time_and_tab_changes_it(open_app):
    async with open_app(size=(70, 20)) as driven:
        await driven.show(await solved_run())
        seen = []
        for _ in range(4):
            seen.append(driven.visible() & PAGES["run"])
            await driven.press("tab")
        assert seen == [{"tree"}, {"inspector"}, {"log"}, {"tree"}]
        await driven.press("shift+tab")
        assert driven.visible() & PAGES["run"] == {"tree"}
        assert "Tree" in driven.sign("strip")


async def test_below_60x16_a_notice_says_the_state(open_app):
    async with open_app(size=(50, 12)) as driven:
        await driven.show(await solved_run())
        assert driven.visible() == {"notice"}
        assert "SOLVED" in driven.sign("notice")
        await driven.pilot.resize_terminal(80, 24)
        await driven.pilot.pause()
        assert driven.visible() == PAGES["run"] | {"header", "keys"}


async def test_the_banner_of_a_dead_engine_takes_room_only_while_there_is_one(open_app):
    async with open_app(size=(80, 24)) as driven:
        await driven.ready()
        assert "banner" not in driven.visible()
        driven.engine.die()
        await driven.until(lambda: driven.app.session.phase == "dead")
        assert "banner" in driven.visible()
        assert any("r tries again" in row for row in driven.frame())


async def test_the_pane_with_the_focus_can_be_told_by_its_frame(open_app):
    async with open_app() as driven:
        await driven.show(await solved_run())
        frames = {}
        for name in ("tree", "log"):
            driven.screen.query_one(f"#{name}").focus()
            await driven.pilot.pause()
            frames[name] = {pane: driven.screen.query_one(f"#{pane}").styles.border_top[0] for pane in ("tree", "log")}
        assert frames == {"tree": {"tree": "heavy", "log": "solid"}, "log": {"tree": "solid", "log": "heavy"}}


@pytest.mark.parametrize("width", [60, 80, 100, 200])
async def test_the_line_of_keys_keeps_help_and_palette_at_every_width(open_app, width):
    async with open_app(size=(width, 24)) as driven:
        await driven.show((await solved_run())[:2])
        line = driven.sign("keys")
        assert len(line) <= width
        assert line.endswith("? Help  ^P Palette")
        assert "Space Pause" in line
