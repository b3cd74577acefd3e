"""What the keys of the Solve screen do."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from reason_tui.engine.protocol import Pause, Resume, Step, Stop
from reason_tui.errors import JournalError, TaskError
from reason_tui.tui import clipboard, composing
from reason_tui.tui.bindings import bindings
from reason_tui.tui.desk import Desk
from reason_tui.tui.keymap import Where
from reason_tui.tui.screens.export import ExportScreen
from reason_tui.tui.screens.help import HelpScreen
from reason_tui.tui.screens.layout import SolveLayout
from reason_tui.tui.screens.runs import RunsScreen
from reason_tui.tui.why_not import why_not
from reason_tui.tui.widgets.search_tree import SearchTree
from reason_tui.tui.widgets.text_pane import TextPane


class SolveScreen(SolveLayout):
    """The layout with its actions. An action that is of no use now says why."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("all", "app")

    @property
    def desk(self) -> Desk:
        """What the app does for its screens."""
        assert isinstance(self.app, Desk), "the app is one"
        return self.app

    def _may(self, action: str) -> bool:
        """Whether the action makes sense now; else the user is told why not."""
        reason = why_not(action, self.session, self.node)
        if reason:
            self.desk.tell(reason, severity="warning")
        return not reason

    # The run.

    def action_run(self) -> None:
        """Search for a program."""
        if not self._may("run"):
            return
        self._list_found()
        try:
            task = composing.compose_task(self.editor("problem").text, self.editor("tests").text)
        except TaskError as error:
            self.desk.tell_error(error)
            return
        self.desk.start(task)
        self.show_page("run")

    def action_stop(self) -> None:
        """End the run."""
        if self._may("stop"):
            self.session.stopping = True
            self.desk.command(Stop())
            self.refresh_view()

    def action_pause(self) -> None:
        """Hold the run, or let it go on."""
        if self._may("pause"):
            self.desk.command(Resume() if self.session.run.view.state == "paused" else Pause())

    def action_step(self) -> None:
        """Make one expansion."""
        if self._may("step"):
            self.desk.command(Step())

    def action_again(self) -> None:
        """Start a dead engine again; go on with a run that was cut off or stopped."""
        if self._may("again"):
            self.desk.go_on()

    # Looking around.

    def action_new(self) -> None:
        """To the problem."""
        self.show_page("problem")

    def action_leave(self) -> None:
        """Out of an editor: to the run, where there is one."""
        if self.page == "problem" and self.has_run:
            self.show_page("run")
        elif self.page == "problem":
            self.set_focus(None)
        else:
            self.set_focus(self.search_tree)

    def action_follow(self) -> None:
        """Follow the search, or stay."""
        self.following = not self.following
        if self.following and self.session.run.focus is not None:
            self.search_tree.go(self.session.run.focus)
        self.retitle()

    def action_best(self) -> None:
        """To the best program."""
        if self._may("best") and self.session.run.best is not None:
            self.search_tree.go(self.session.run.best.id, by_user=True)

    def action_tab_next(self) -> None:
        """The next tab."""
        self.inspector.turn(1)

    def action_tab_back(self) -> None:
        """The tab before."""
        self.inspector.turn(-1)

    def action_log(self) -> None:
        """The log to the side or below."""
        self.log_moved = not self.log_moved
        self.place(*self.size)

    def action_next(self) -> None:
        """The next pane."""
        self.turn_pane(1)

    def action_back(self) -> None:
        """The pane before."""
        self.turn_pane(-1)

    @work(exclusive=True, group="runs")
    async def action_runs(self) -> None:
        """Choose a run of before."""
        if not self._may("runs"):
            return
        found = await asyncio.to_thread(self.desk.runs)
        if found:
            self.app.push_screen(RunsScreen(found), self._opened)
        else:
            self.desk.tell("There is no run yet.", severity="warning")

    def _opened(self, run: str | None) -> None:
        if run is None:
            return
        try:
            self.desk.open_run(run)
        except JournalError as error:
            self.desk.tell_error(error)
            return
        task = self.session.run.view.task
        if task is not None:
            self.take(task)
        self.show_page("run")

    # Taking the program.

    @work(exclusive=True, group="copy")
    async def action_copy(self) -> None:
        """The program at the cursor to the clipboard."""
        node = self.node
        if not self._may("copy") or node.program is None:
            return
        self.app.copy_to_clipboard(node.program)
        tool = await clipboard.copy(node.program, clipboard.tool())
        how = f"through the terminal (OSC 52) and {tool}" if tool else "through the terminal (OSC 52); w writes a file"
        self.desk.tell(f"Copied n{node.id} {how}.")

    def action_export(self) -> None:
        """The program at the cursor to a file."""
        if self._may("export"):
            task = self.session.run.view.task
            entry = (task.entry_point if task is not None else None) or ""
            name = f"{entry if entry.isidentifier() else 'solution'}.py"
            self.app.push_screen(ExportScreen(self.node, name, self.session.glyphs), self._exported)

    def _exported(self, path: str | None) -> None:
        if path is not None:
            self.desk.tell(f"Wrote {path}")

    def action_help(self) -> None:
        """The keys that count here."""
        where: Where = "all"
        if isinstance(self.focused, SearchTree):
            where = "tree"
        elif isinstance(self.focused, TextPane):
            where = "text"
        self.app.push_screen(HelpScreen(where, self.session.glyphs, editing=self.page == "problem"))
