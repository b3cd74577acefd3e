"""What the keys of the Solve screen do."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from reason_tui.engine.protocol import Pause, Resume, Step, Stop
from reason_tui.errors import ReasonTuiError, TaskError
from reason_tui.search.acts import Pin
from reason_tui.tui import accepting, clipboard, composing
from reason_tui.tui.arranging import SORTS
from reason_tui.tui.bindings import bindings
from reason_tui.tui.ink import line
from reason_tui.tui.keymap import Where
from reason_tui.tui.screens.export import ExportScreen
from reason_tui.tui.screens.help import HelpScreen
from reason_tui.tui.screens.past import PastKeys
from reason_tui.tui.screens.signs import CHATTER
from reason_tui.tui.screens.steering import SteeringKeys
from reason_tui.tui.screens.told import ToldScreen
from reason_tui.tui.taking import kinds
from reason_tui.tui.widgets.search_tree import SearchTree
from reason_tui.tui.widgets.setup import Setup
from reason_tui.tui.widgets.text_pane import TextPane


class SolveScreen(SteeringKeys, PastKeys):
    """The layout with its actions. An action that is of no use now says why."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("all", "app")

    # The run.

    def action_run(self) -> None:
        """Search for a program."""
        if not self.may("run"):
            return
        self._list_found()
        problem = self.editor("problem").text
        try:
            task = composing.compose_task(problem, self.editor("tests").text)
            _, opened = composing.attached(problem)
        except TaskError as error:
            self.desk.tell_error(error)
            return
        if opened is not None:
            self.opened[task.id] = opened
        self.desk.start(task, self.settings)
        self.show_page("run")

    @on(Setup.Changed, "#setup")
    def _set_up(self, event: Setup.Changed) -> None:
        """The next run is searched like this."""
        self.settings = event.settings
        self._update_signs()

    @on(Setup.Done, "#setup")
    def _run_as_set_up(self) -> None:
        """Enter in the line of settings."""
        self.action_run()

    @on(Setup.Choose, "#setup")
    async def _choose_model(self) -> None:
        """Enter on the model."""
        await self.app.run_action("models")

    def action_stop(self) -> None:
        """End the run."""
        if self.session.replaying:
            self.desk.replay("0")
        elif self.may("stop"):
            self.session.stopping = True
            self.desk.command(Stop())
            self.refresh_view()

    def action_pause(self) -> None:
        """Hold the run, or let it go on."""
        if self.may("pause"):
            self.desk.command(Resume() if self.session.run.view.state == "paused" else Pause())

    def action_step(self) -> None:
        """Make one expansion."""
        if self.may("step"):
            self.desk.command(Step())

    def action_again(self) -> None:
        """Start a dead engine again; go on with a run that was cut off or stopped."""
        if self.may("again"):
            self.desk.go_on()

    # Looking around.

    def action_new(self) -> None:
        """To the problem."""
        self.show_page("problem")

    def action_leave(self) -> None:
        """Out of an editor or a line at the bottom: to the run, where there is one."""
        if self.close_lines():
            return
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
        if self.may("best") and self.session.run.best is not None:
            self.search_tree.go(self.session.run.best.id, by_user=True)

    def action_tab_next(self) -> None:
        """The next tab."""
        self.inspector.turn(1)

    def action_tab_back(self) -> None:
        """The tab before."""
        self.inspector.turn(-1)

    def action_target(self) -> None:
        """Compare with something else."""
        self.desk.tell(f"Diff: from {self.inspector.turn_target()}.")

    def action_zoom(self) -> None:
        """The pane with the focus alone, or all again."""
        if self.may("zoom"):
            self.zoom(not self.zoomed)

    def action_unzoom(self) -> None:
        """All panes."""
        self.zoom(False)

    def action_filter(self) -> None:
        """Show only some nodes."""
        if self.may("filter"):
            words = " ".join(self.session.run.arranging.words)
            self.bar.ask("filter", "filter", words, "e.g. error, passed, n12, !timeout, a word of a program")

    def action_match(self) -> None:
        """The next node the filter found."""
        if self.may("match"):
            self.search_tree.to_match(1)

    def action_match_back(self) -> None:
        """The one before."""
        if self.may("match"):
            self.search_tree.to_match(-1)

    def action_sort(self) -> None:
        """Another order of siblings."""
        run = self.session.run
        run.arranging.by(SORTS[(SORTS.index(run.arranging.sort) + 1) % len(SORTS)], run.forest)
        self._redraw()

    def action_roll(self) -> None:
        """Roll failed subtrees up, or show them."""
        run = self.session.run
        run.rollup.say(not run.rollup.on(run.view.tree), run.view.tree, run.forest)
        rolled = run.rollup.on(run.view.tree)
        self.desk.tell("Failed subtrees are rolled up." if rolled else "Failed subtrees are shown.")
        self._redraw()

    def _redraw(self) -> None:
        self.session.version += 1
        self.refresh_view()

    def action_chatter(self) -> None:
        """Other lines of the log."""
        self.show_chatter(CHATTER[(CHATTER.index(self.chatter) + 1) % len(CHATTER)])

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

    # Taking the program.

    @work(exclusive=True, group="copy")
    async def action_copy(self) -> None:
        """The program at the cursor to the clipboard."""
        node = self.node
        if self.may("copy") and node.program is not None:
            await self._copy(node.program, f"n{node.id}")

    @work(exclusive=True, group="copy")
    async def action_copy_pane(self) -> None:
        """What the pane with the focus shows."""
        if isinstance(self.focused, TextPane):
            await self._copy(self.focused.text, "what the pane shows")
        else:
            await self._copy(self.inspector.text, f"the tab {self.inspector.tab_name} of n{self.node.id}")

    async def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text)
        tool = await clipboard.copy(text, clipboard.tool())
        how = f"through the terminal (OSC 52) and {tool}" if tool else "through the terminal (OSC 52); w writes a file"
        self.desk.tell(f"Copied {what} {how}.")

    def action_export(self) -> None:
        """To a file."""
        if self.may("export"):
            found = kinds(self.node, self.session.run, self.session.glyphs, self.desk.folder, self.app.theme)
            self.app.push_screen(ExportScreen(found), self._exported)

    def _exported(self, path: str | None) -> None:
        if path is not None:
            self.desk.tell(f"Wrote {path}")

    def action_accept(self) -> None:
        """This is the solution."""
        node = self.node
        if not self.may("accept") or node.program is None:
            return
        task = self.session.run.view.task
        opened = self.opened.get(task.id) if task is not None else None
        if opened is None:
            self._accepted(node.id)
            self.action_export()
            return
        try:
            change = accepting.change(opened, node.program)
        except ReasonTuiError as error:
            self.desk.tell_error(error)
            return
        looks = {"+": "added", "-": "removed", "@": "hunk"}
        rows = [line((f"{opened.path}  ", "strong"), (change.summary, "strong")), ()]
        rows += [line((row, looks.get(row[:1], ""))) for row in change.lines] or [line("The file has it already.")]
        shown = ToldScreen(f"Accept n{node.id}", rows, yes="writes it and keeps a copy", wrapped=False)
        self.app.push_screen(shown, lambda agreed: self._write(node.id, opened) if agreed else None)

    def _write(self, node: int, opened: composing.Opened) -> None:
        try:
            copy = accepting.write(opened, self.session.run.node(node).program or "")
        except ReasonTuiError as error:
            self.desk.tell_error(error)
            return
        self._accepted(node)
        self.desk.tell(f"Wrote {opened.path}; what was there is kept as {copy}.")

    def _accepted(self, number: int) -> None:
        """The node is pinned and the run, which has its answer, ends. The cursor may be elsewhere by now."""
        if self.session.going and not self.session.starting:
            if not self.session.run.node(number).pinned:
                self.desk.command(Pin(node=number))
            self.desk.command(Stop())

    def action_help(self) -> None:
        """The keys that count here."""
        where: Where = "all"
        if isinstance(self.focused, SearchTree):
            where = "tree"
        elif isinstance(self.focused, TextPane):
            where = "text"
        self.app.push_screen(HelpScreen(where, self.session.glyphs, editing=self.page == "problem"))
