"""The tree widget: cursor, folds and pages, over thousands of nodes."""

from __future__ import annotations

import random

from support.fake_engine import READY
from support.recorded import TASK, solved_run
from textual.app import App, ComposeResult

from reason_tui.search import events as ev
from reason_tui.search.events import SearchSettings
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import plain, width
from reason_tui.tui.keymap import BY_ID
from reason_tui.tui.rows import LEVELS, heading, node_row
from reason_tui.tui.run import Run
from reason_tui.tui.session import Session
from reason_tui.tui.themes import DARK, THEMES
from reason_tui.tui.widgets.search_tree import HEADING, SearchTree


def grown(nodes: int, *, chain: bool = False) -> Run:
    """A run of so many nodes, each below a random one before it, or each below the last."""
    pick, session = random.Random(5), Session()
    session.replay(
        [
            ev.RunStarted(
                run="r", task=TASK, settings=SearchSettings(), policy=READY.policy, sandbox="", app_version="0"
            ),
            *(
                ev.ExpansionStarted(
                    expansion=node,
                    parent=node - 1 if chain else pick.randrange(node),
                    origin="draft",
                    nodes=(node,),
                    messages=(),
                    prefix="",
                    temperature=0.8,
                    seed=0,
                )
                for node in range(1, nodes)
            ),
        ]
    )
    return session.run


class TreeApp(App[None]):
    CSS = "SearchTree { height: 1fr; scrollbar-gutter: stable; scrollbar-size: 0 1; }"

    def __init__(self, run: Run) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK
        self.shown_run = run

    def compose(self) -> ComposeResult:
        yield SearchTree(Glyphs())

    def on_mount(self) -> None:
        self.tree_.update(self.shown_run, SearchSettings())
        self.tree_.focus()

    @property
    def tree_(self) -> SearchTree:
        return self.query_one(SearchTree)

    def rows(self) -> list[str]:
        """What is drawn, without the heading."""
        tree = self.tree_
        return [tree.render_line(y).text.rstrip() for y in range(HEADING, tree.size.height)]


async def test_five_thousand_nodes_are_walked_folded_and_paged():
    run = grown(5000)
    app = TreeApp(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("G")
        last = run.forest.node_at(len(run.forest) - 1)
        assert app.tree_.cursor == last
        assert f" n{last} " in app.rows()[-1]
        await pilot.press("g", "j", "j", "j", "k")
        assert app.tree_.cursor == run.forest.node_at(2)
        await pilot.press("pagedown")
        assert run.forest.row_of(app.tree_.cursor) == 2 + 22
        await pilot.press("pageup")
        assert app.tree_.cursor == run.forest.node_at(2)
        rows = len(run.forest)
        await pilot.press("enter")
        hidden = rows - len(run.forest)
        assert hidden == run.forest.hidden(app.tree_.cursor) > 0
        assert any(f"▸{hidden} " in row for row in app.rows())
        await pilot.press("enter")
        assert len(run.forest) == rows


async def test_what_is_drawn_is_what_the_rows_are_after_folds_and_scrolling():
    run, pick = grown(3000), random.Random(3)
    app = TreeApp(run)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for node in pick.sample(range(3000), 40):
            run.forest.fold(node)
        for node in pick.sample(range(3000), 25):
            app.tree_.go(node)
            await pilot.pause()
            top = round(app.tree_.scroll_y)
            expected = [row.node for row in run.forest.rows(top, 29)]
            shown = [row.split(" n")[-1].split()[0] if " n" in row else "f" for row in app.rows()]
            assert shown[: len(expected)] == [str(each) if each else "f" for each in expected]
            assert node in expected


async def test_left_folds_then_goes_to_the_parent_and_right_unfolds_then_goes_to_the_child():
    session = Session()
    session.replay(await solved_run())
    app = TreeApp(session.run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.tree_.go(1)
        await pilot.press("h")
        assert 1 in session.run.forest.folded
        await pilot.press("h")
        assert app.tree_.cursor == 0
        await pilot.press("l", "l", "right", "right")
        assert 1 not in session.run.forest.folded
        assert app.tree_.cursor == 5
        await pilot.press("left")
        assert app.tree_.cursor == 1


async def test_a_click_goes_to_the_row_and_a_second_folds_it():
    session = Session()
    session.replay(await solved_run())
    app = TreeApp(session.run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.click(SearchTree, offset=(4, 2))
        assert app.tree_.cursor == 1
        await pilot.click(SearchTree, offset=(4, 2), times=2)
        assert 1 in session.run.forest.folded
        await pilot.click(SearchTree, offset=(4, 20))
        assert app.tree_.cursor == 1, "there is no row"


async def test_going_to_a_hidden_node_unfolds_what_hides_it():
    session = Session()
    session.replay(await solved_run())
    app = TreeApp(session.run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        session.run.frame()
        session.run.forest.fold(0)
        app.tree_.go(7)
        await pilot.pause()
        assert any("★" in row for row in app.rows())


async def test_a_row_that_did_not_change_is_not_drawn_again(monkeypatch):
    session = Session()
    session.replay(await solved_run())
    drawn: list[int] = []
    monkeypatch.setattr(
        "reason_tui.tui.widgets.search_tree.node_row", lambda row, *rest: drawn.append(row.node) or node_row(row, *rest)
    )
    app = TreeApp(session.run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        drawn.clear()
        app.tree_.update(session.run, SearchSettings())
        app.rows()
        assert drawn == []
        session.run.view.tree.nodes[6].visits += 1
        app.tree_.update(session.run, SearchSettings())
        app.rows()
        assert drawn == [6]


async def test_rows_are_as_wide_as_they_may_be_and_deep_ones_are_marked():
    run = grown(60, chain=True)
    for cells in (34, 45, 80, 120):
        for row in run.forest.rows(0, 60):
            spans = node_row(row, run, SearchSettings(), Glyphs(), cells)
            assert width(spans) <= cells
            ids = [part for part in plain(spans).split() if part == f"n{row.node}"]
            assert ids or row.node == 0, "the id can be read, however deep"
        deepest = plain(node_row(list(run.forest.rows(0, 60))[-1], run, SearchSettings(), Glyphs(), cells))
        assert deepest.startswith("‥") and "n59" in deepest
        assert len(deepest) - len(deepest.lstrip("‥ │└")) <= 2 * LEVELS + 2


def test_the_ascii_glyphs_are_ascii():
    run = grown(20)
    rows = [plain(node_row(row, run, SearchSettings(), Glyphs(ascii=True), 60)) for row in run.forest.rows(0, 20)]
    assert all(row.replace("—", "").isascii() for row in rows)
    assert plain(heading(60, run)).isascii()


def test_every_key_of_the_tree_is_in_the_keymap():
    ids = {binding.id for binding in SearchTree.BINDINGS}
    assert ids == {key.id for key in BY_ID.values() if key.where == "tree"}
