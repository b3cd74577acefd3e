"""The Solve screen's panes, where they stand at which size, and how they follow the session."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import DescendantBlur, DescendantFocus, Resize
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import TextArea

from reason_tui.search.events import SearchSettings
from reason_tui.search.node import Node
from reason_tui.tasks.types import Task
from reason_tui.tui import composing, header
from reason_tui.tui.composing import Opened
from reason_tui.tui.desk import Desk
from reason_tui.tui.highlight import python
from reason_tui.tui.ink import Line, line
from reason_tui.tui.run import MAX_LOG, Run
from reason_tui.tui.screens import signs
from reason_tui.tui.screens.signs import Chatter
from reason_tui.tui.session import Session
from reason_tui.tui.why_not import why_not
from reason_tui.tui.widgets.bar import Bar
from reason_tui.tui.widgets.editor import Editor
from reason_tui.tui.widgets.inspector import Inspector, title
from reason_tui.tui.widgets.search_tree import SearchTree
from reason_tui.tui.widgets.setup import Setup
from reason_tui.tui.widgets.sign import Sign
from reason_tui.tui.widgets.text_pane import TextPane

SMALL = (80, 24)
"""Below this one pane is shown at a time."""
TINY = (60, 16)
"""Below this there is a notice."""
SIDE, THIRD = 100, 160
"""Columns from which the log stands at the side of the tree; from which it has a column of its own."""
PANES = ("tree", "inspector", "log")


class SolveLayout(Screen[None]):
    """Two pages: the problem with its tests, and the run. Knows what to draw, not what keys do."""

    AUTO_FOCUS = ""
    """Who left the editor finds it left when a window is closed."""

    def __init__(self, session: Session, settings: SearchSettings, prompt: str) -> None:
        super().__init__()
        self.session = session
        self.settings = settings
        self.following = True
        self.log_moved = False
        """Whether the user put the log elsewhere than where it stands by itself."""
        self.front = "tree"
        """The pane that is shown where there is room for one."""
        self.zoomed = False
        """Whether one pane is shown though there is room for more."""
        self.chatter: Chatter = "all"
        """Which lines of the log are shown."""
        self.varying: Literal["flight", "branch"] = "flight"
        """What the line of settings at the bottom is for."""
        self.opened: dict[str, Opened] = {}
        """By task: the file that is repaired."""
        self._asked: int | None = None
        """The question that was last seen to be open."""
        self._prompt = prompt
        self._found: tuple[str, ...] = ()
        self._typed = False
        """Whether the problem changed since its examples were listed."""
        self._shown_run: Run | None = None
        self._followed: int | None = None
        self._logged = 0
        self._version = -1
        self._titled_for: object = None

    def compose(self) -> ComposeResult:
        """Header, page, line of keys."""
        yield Sign(lambda cells: header.header(self.session, self.settings, cells), id="header")
        yield Sign(lambda cells: self._banner(cells), id="banner")
        with Container(id="problem-page"):
            yield Editor(self._prompt, id="problem", placeholder="Say what a function should do, with a >>> example.")
            yield Editor(
                id="tests", colour=python, placeholder="None found in the problem.\nOne a line: f([1, 2]) == 3"
            )
            yield Setup(self.settings, lambda: header.model(self.session), chooses=True, id="setup")
        yield Sign(lambda cells: signs.strip(self.front, zoomed=self.zoomed), id="strip")
        with Container(id="run-page"):
            yield SearchTree(self.session.glyphs, id="tree")
            yield Inspector(self.session.glyphs, id="inspector")
            yield TextPane(id="log", wrapped=True, hang=6, tail=True)
        yield Bar(id="bar")
        yield Setup(self.settings, lambda: line(("from now on  ", "key")), inflight=True, id="vary")
        yield Sign(self._keys, id="keys")
        yield Sign(lambda cells: signs.too_small(self.session, TINY), id="notice")

    def on_mount(self) -> None:
        """Start at the problem, or at the run where one is replayed."""
        self.show_page("run" if self.has_run else "problem")  # a key may have been faster than the first frame
        self._list_found()
        self.retitle()

    def editor(self, name: str) -> Editor:
        """The editor of the problem or of the tests."""
        return self.query_one(f"#{name}", Editor)

    @property
    def search_tree(self) -> SearchTree:
        """The tree."""
        return self.query_one("#tree", SearchTree)

    @property
    def desk(self) -> Desk:
        """What the app does for its screens."""
        assert isinstance(self.app, Desk), "the app is one"
        return self.app

    def may(self, action: str) -> bool:
        """Whether the action makes sense now; else the user is told why not."""
        reason = why_not(action, self.session, self.node)
        if reason:
            self.desk.tell(reason, severity="warning")
        return not reason

    @property
    def bar(self) -> Bar:
        """The line that asks for words."""
        return self.query_one("#bar", Bar)

    @property
    def vary(self) -> Setup:
        """The line that changes settings in flight."""
        return self.query_one("#vary", Setup)

    @property
    def inspector(self) -> Inspector:
        """The inspector."""
        return self.query_one("#inspector", Inspector)

    @property
    def node(self) -> Node:
        """The node at the cursor."""
        return self.session.run.node(self.search_tree.cursor)

    # Pages and places.

    @property
    def page(self) -> str:
        """`problem` or `run`."""
        return "run" if self.has_class("run") else "problem"

    @property
    def has_run(self) -> bool:
        """Whether there is a run to look at."""
        return self.session.starting or self.session.run.view.started is not None

    def show_page(self, page: str) -> None:
        """Show the problem or the run, and give the focus to its main pane."""
        self.set_class(page == "run", "run")
        self.set_class(page == "problem", "problem")
        self.set_focus(self.search_tree if page == "run" else self.editor("problem"))
        if page == "problem":
            self.editor("problem").select_all()
        self._version = -1
        self.refresh_view()

    def on_resize(self, event: Resize) -> None:
        """Another size, another arrangement."""
        self.place(event.size.width, event.size.height)

    def place(self, width: int, height: int) -> None:
        """Say by classes how the panes stand; `styles.tcss` does the rest."""
        tiny = width < TINY[0] or height < TINY[1]
        single = not tiny and (self.zoomed or width < SMALL[0] or height < SMALL[1])
        side = (width >= SIDE) != self.log_moved
        self.set_class(tiny, "tiny")
        self.set_class(single, "single")
        self.set_class(not single and side and width >= THIRD, "third")
        self.set_class(not single and side and width < THIRD, "side")
        self.set_class(not single and not side, "below")
        self.set_class(width >= SIDE, "broad")
        self._bring(self.front)
        self.call_after_refresh(self.retitle)
        self._update_signs()

    def _bring(self, name: str) -> None:
        """In the single arrangement: show this pane."""
        self.front = name
        for pane in PANES:
            self.query_one(f"#{pane}").set_class(pane == name, "front")

    def turn_pane(self, by: int) -> None:
        """The focus to the next pane; where one pane is shown at a time, show the next."""
        if self.has_class("single") and self.page == "run" and not self._asking:
            self._bring(PANES[(PANES.index(self.front) + by) % len(PANES)])
            front: Widget = self.query_one(f"#{self.front}")
            self.set_focus(front.query_one("#detail") if self.front == "inspector" else front)
            self.refresh_view()
        elif by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    @property
    def _asking(self) -> bool:
        """Whether a line at the bottom waits for words."""
        return self.bar.display or self.vary.display

    def close_lines(self) -> bool:
        """Hide the lines at the bottom; whether there was one."""
        was = self._asking
        self.bar.close()
        self.vary.display = False
        if was:
            self.set_focus(self.query_one("#detail") if self.front == "inspector" else self.query_one(f"#{self.front}"))
        return was

    def zoom(self, on: bool) -> None:
        """Show the pane with the focus alone, or all panes."""
        if on:
            near = self.focused
            names = [] if near is None else [each.id for each in near.ancestors_with_self]
            self.front = next((name for name in PANES if name in names), "tree")
        self.zoomed = on
        self.place(*self.size)

    # What follows the session.

    @property
    def due(self) -> bool:
        """Whether anything may have changed since it was drawn."""
        moving = self.session.version != self._version or self.session.going or self._typed
        return self.is_mounted and moving

    def refresh_view(self) -> None:
        """Draw what changed. Called ten times a second, and after a key."""
        if not self.due:
            return
        if self._typed:
            self._list_found()
        run = self.session.run
        run.frame()
        self._update_signs()
        if self.session.version == self._version:
            return
        self._version = self.session.version
        asked = run.view.settings or self.settings
        if run is not self._shown_run:
            self._shown_run, self._logged, self._followed, self.following = run, 0, None, True
            self._asked = None
            self.query_one("#log", TextPane).show(())
        self.search_tree.update(run, asked)
        if self.following and run.focus is not None and run.focus != self._followed:
            self._followed = run.focus  # once: what the user folds in between stays folded
            self.search_tree.go(run.focus)
        self.inspector.show(run, self.search_tree.cursor)
        self._log(run)
        self.retitle()

    def _log(self, run: Run) -> None:
        new = min(run.logged - self._logged, len(run.log))
        self._logged = run.logged
        if new:
            told = signs.chatter(list(run.log)[-new:], self.chatter)
            self.query_one("#log", TextPane).append(told, MAX_LOG)

    def show_chatter(self, which: Chatter) -> None:
        """Other lines of the log."""
        self.chatter = which
        self.query_one("#log", TextPane).show(signs.chatter(list(self.session.run.log), which))
        self.query_one("#log", TextPane).to_end()
        self.retitle()

    def retitle(self) -> None:
        """The titles of the panes. Setting one draws its pane again: only where something changed."""
        arranging = self.session.run.arranging
        state = (
            *(self.following, self.app.theme, self.classes, self.editor("problem").selection, self.chatter),
            *(arranging.sort, arranging.words, arranging.found),
        )
        if state == self._titled_for:
            return
        self._titled_for = state
        title(self.search_tree, signs.tree_title(self.session.run, following=self.following))
        title(self.query_one("#log"), line(("Log", "title"), "  ", (self.chatter, "dim")))
        editor = self.editor("problem")
        hint = "  type to replace it, → to edit it" if editor.text and editor.selected_text == editor.text else ""
        title(editor, line("Problem", (hint, "dim")))
        self._count_tests()

    def on_search_tree_moved(self, event: SearchTree.Moved) -> None:
        """The inspector shows the node at the cursor; one who moves it by hand follows no more."""
        if event.by_user:
            self.following = False
            self.retitle()
        self.inspector.show(self.session.run, event.node)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Examples typed into the problem are listed as its tests: with the next frame, not with each letter."""
        if event.text_area.id == "problem":
            self._typed = True
        elif event.text_area.id == "tests":
            self._count_tests()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """What is selected as a whole is replaced by the first letter: the title says so."""
        if event.text_area.id == "problem":
            self.retitle()

    def take(self, task: Task) -> None:
        """Put a task into the editors."""
        self.editor("problem").load_text(task.prompt)
        self._found, self._typed = composing.found(task.prompt), False
        self.editor("tests").load_text(composing.listed(task))
        self._count_tests()

    def _list_found(self) -> None:
        self._typed = False
        found = composing.found(self.editor("problem").text)
        if found != self._found:
            tests = self.editor("tests")
            tests.load_text(composing.synced(tests.text, self._found, found))
            self._found = found
        self._count_tests()

    def _count_tests(self) -> None:
        listed = sum(bool(row.strip()) for row in self.editor("tests").text.split("\n"))
        title(self.editor("tests"), line(f"Visible tests · {listed}" if listed else "Visible tests"))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Other keys count now."""
        del event
        self._update_signs()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Other keys count now."""
        del event
        self._update_signs()

    def _update_signs(self) -> None:
        for sign in self.query(Sign):
            sign.update()
        for setup in self.query(Setup):
            setup.refresh()

    # The fixed lines.

    def _keys(self, cells: int) -> list[Line]:
        labels = {"pause": "Resume" if self.session.run.view.state == "paused" else "Pause"}
        if any(bar.display for bar in self.query(Bar)):
            return [line(" ", ("Enter", "key"), " takes it  ", ("Esc", "key"), " does not")]
        if self.page == "run":
            ids = header.IN_RUN if self.session.going else header.IN_RESULT
            if not self.session.run.resumable or self.session.phase == "none":
                ids = tuple(id_ for id_ in ids if id_ != "again")
            return header.keys(ids, cells, labels | {"run": "Again"})
        if isinstance(self.focused, TextArea):
            labels = {"next": "Tests" if self.focused.id == "problem" else "Problem", "run": "Run", "help": "Help"}
            return header.keys(header.IN_EDITOR, cells, labels)
        ids = header.IN_PROBLEM if self.has_run else tuple(id_ for id_ in header.IN_PROBLEM if id_ != "leave")
        return header.keys(ids, cells, {"new": "Edit the problem", "leave": "To the run"})

    def _banner(self, cells: int) -> list[Line]:
        editing = isinstance(self.focused, TextArea)
        return header.banner(self.session, cells, editing=editing) or signs.question(self.session.run, cells)
