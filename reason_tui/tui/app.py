"""The app: owns the engine and the session, drains the engine's messages ten times a second, and shows a screen.

The engine is another process. Its messages go into a list; one timer folds them in and draws what changed, so that
neither a token nor an event costs a frame of its own.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from textual import work
from textual.app import App, SystemCommand
from textual.screen import Screen

from reason_tui.config import Settings
from reason_tui.engine.protocol import Command, EngineSettings, Message, Problem, Ready
from reason_tui.errors import EngineError, JournalError, ReasonTuiError
from reason_tui.search.events import Event, SearchSettings
from reason_tui.tasks.types import Task
from reason_tui.text import clean
from reason_tui.tui import keymap
from reason_tui.tui.base import Inbox
from reason_tui.tui.bindings import of_the_app
from reason_tui.tui.calling import News, call
from reason_tui.tui.composing import EXAMPLE
from reason_tui.tui.ending import leave_on_signals
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.keymap import KEYS, Key
from reason_tui.tui.look import Look
from reason_tui.tui.past_runs import PastRuns
from reason_tui.tui.port import EnginePort
from reason_tui.tui.room import Room
from reason_tui.tui.run import Run
from reason_tui.tui.screens.jobs import JobsScreen
from reason_tui.tui.screens.solve import SolveScreen
from reason_tui.tui.screens.station import Station
from reason_tui.tui.session import Session
from reason_tui.tui.themes import PLAIN, THEMES
from reason_tui.tui.why_not import why_not

FRAME_S = 0.1
SETTLE_NODES = 2000
"""New nodes after which the collector is told that they stay."""


class ReasonApp(PastRuns, Room):
    """`port` None: nothing but a recorded run is shown. `state_dir` is where the engine keeps its journals."""

    CSS_PATH = Path(__file__).with_name("styles.tcss")
    TITLE = "reason_tui"

    def __init__(
        self,
        port: EnginePort | None,
        search: SearchSettings,
        *,
        prompt: str | None = None,
        replay: Iterable[Event] | None = None,
        look: Look | None = None,
        state_dir: Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.animation_level = "none"
        self.look = look or Look()
        for theme in THEMES:
            self.register_theme(theme)
        # With NO_COLOR Textual's ANSI themes come out black on black.
        self.theme = PLAIN if self.no_color else self.look.theme
        self._strange_keys = keymap.move(self.look.keymap)
        self.set_keymap(keymap.moved())
        self.port = port
        self.session = Session(Glyphs(ascii=self.look.ascii))
        self.inbox: Inbox = deque()
        self._waiting: tuple[Task, SearchSettings] | None = None
        self.state_dir = state_dir
        self.goes_on = False
        self._leaving = False
        self._news = News()
        self._settled = 0
        """How many nodes the garbage collector leaves out."""
        if replay is not None:
            self.session.replay(replay)
        self.solve = SolveScreen(self.session, search, EXAMPLE if prompt is None else prompt)

    def get_default_screen(self) -> Screen[None]:
        """The first screen."""
        return self.solve

    def on_mount(self) -> None:
        """The clock, and the engine."""
        self.set_interval(FRAME_S, self.flush)
        self.app_resume_signal.subscribe(self, self._resumed)
        for name in self._strange_keys:
            self.tell(f"There is no action `{name}`: the keymap in your settings has it.", severity="warning")
        self._without_signals = leave_on_signals(lambda code: self.exit(code, return_code=code))
        if self.port is not None:
            self.session.loading()
            self.serve(self.port, self.port.open)
        self.open_board()
        self.call_after_refresh(gc.freeze)  # modules and widgets: walking over them would hold up every tenth frame

    def on_unmount(self) -> None:
        """Signals are someone else's again."""
        self._without_signals()

    def _resumed(self, app: App[int]) -> None:
        """Back from the shell or an editor: the terminal was someone else's, so everything is drawn again."""
        del app
        for widget in self.screen.walk_children():
            widget.refresh()
        self.screen.refresh(layout=True)

    # The engine.

    def flush(self) -> None:
        """Fold in what came since the last frame, and draw it."""
        if not self.is_running:
            return
        while self.inbox:
            self._take(self.inbox.popleft())
        while self.session.problems:
            self._told(self.session.problems.popleft())
        while self.session.notes:
            self.tell(self.session.notes.popleft(), severity="warning")
        while self.session.refusals:
            refused = self.session.refusals.popleft()
            self.tell("\n".join(filter(None, (refused.what, refused.why, refused.hint))), severity="warning")
        if self.solve.due:
            with self.batch_update():
                self.solve.refresh_view()
            self._settle()
        news = self._news.of(self.session)
        if news and not self.app_focus:
            call(self, news, self.look.notify)

    def _settle(self) -> None:
        """What a long run keeps is no garbage: the collector, which would walk over all of it, leaves it out."""
        nodes = len(self.session.run.view.tree.nodes)
        if nodes < self._settled:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._settled = nodes
        elif nodes >= self._settled + SETTLE_NODES:
            gc.collect(1)
            gc.freeze()
            self._settled = nodes

    def _take(self, item: Message | ReasonTuiError) -> None:
        if isinstance(item, ReasonTuiError):
            self.session.died(item)
            return
        self.session.apply(item)
        if isinstance(item, Ready) and self._waiting is None:
            self.session.starting = False  # what the engine before this one was asked for ended with it
        if self._waiting is not None and self.session.phase == "ready":
            (task, settings), self._waiting = self._waiting, None
            self._ask(task, settings)
        if isinstance(item, Ready) and self.goes_on:
            self._resume()

    def _told(self, problem: Problem) -> None:
        self.tell_error(EngineError(problem.what, why=problem.why, hint=problem.hint))
        if self.session.run.view.started is None:
            self.solve.show_page("problem")

    # What the screens ask for.

    def start(self, task: Task, settings: SearchSettings) -> None:
        """Search this task now, or when the model is loaded."""
        self.session.starting = True
        self.session.run = Run()
        self.session.version += 1
        if self.session.phase == "ready":
            self._ask(task, settings)
        else:
            self._waiting = (task, settings)

    @work(group="commands")
    async def _ask(self, task: Task, settings: SearchSettings) -> None:
        if self.port is not None:
            try:
                await self.port.start(task, settings)
            except EngineError as error:
                self.inbox.append(error)

    @work(group="commands")
    async def command(self, command: Command) -> None:
        """Send this to the engine."""
        if self.port is not None:
            try:
                await self.port.send(command)
            except EngineError as error:
                self.inbox.append(error)

    def go_on(self) -> None:
        """A new engine in the place of a dead one; then the unfinished run that is shown."""
        other = self.engine_of_run()
        if self.session.phase == "ready" and other is not None:
            self.goes_on = True
            self.switch(other)
        elif self.session.phase == "ready":
            self._resume()
        elif self.port is not None:
            self._waiting, self.goes_on = None, self.session.run.resumable
            self.session.loading()
            self.serve(self.port, self.port.restart)

    def _resume(self) -> None:
        """Show the run as its journal has it, which may know more than was sent, and ask for the rest."""
        self.goes_on, run = False, self.session.run.id
        if run is None:
            return
        try:
            self.open_run(run)
        except JournalError as error:
            self.tell_error(error)
            return
        self.session.starting = True
        self.session.version += 1
        self._ask_on(run)

    @work(group="commands")
    async def _ask_on(self, run: str) -> None:
        if self.port is not None:
            try:
                await self.port.resume(run)
            except EngineError as error:
                self.inbox.append(error)

    # Everywhere.

    def action_theme(self) -> None:
        """The next theme; without colours there is but one."""
        if self.no_color:
            self.tell("NO_COLOR is set: there is one theme.", severity="warning")
            return
        names = [theme.name for theme in THEMES if theme.name != PLAIN]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        self.session.version += 1
        self.solve.refresh_view()

    def action_suspend(self) -> None:
        """To the shell."""
        self.action_suspend_process()

    async def action_quit(self) -> None:
        """End the engine, which stops and keeps a run that is going on, then leave. Asked again: leave at once."""
        if self.port is None or self._leaving:
            self.exit(0)
            return
        self._leaving = True
        self.tell("Stopping the engine; what was found is kept. ^Q again leaves at once.")
        self._leave(self.port)

    @work(group="leave")
    async def _leave(self, port: EnginePort) -> None:
        self.workers.cancel_group(self, "engine")
        await port.close()
        self.exit(0)

    # Where one is.

    def action_to_solve(self) -> None:
        """The problem and its search."""
        while len(self.screen_stack) > 1:
            self.pop_screen()  # not awaited: the screen that is left may be asking for it
        self.session.version += 1
        self.solve.refresh_view()

    async def action_to_learn(self, command: str = "") -> None:
        """Collect, train, measure, promote."""
        from reason_tui.tui.screens.learn import LearnScreen  # not needed to draw the first frame

        if self._may_leave():
            await self._show(LearnScreen(command))

    async def action_to_jobs(self, job: str | None = None) -> None:
        """What goes on in the background."""
        if self._may_leave():
            await self._show(JobsScreen(job))

    def _may_leave(self) -> bool:
        if self.state_dir is None:
            self.tell("This is a recorded run: there is no state folder.", severity="warning")
        return self.state_dir is not None

    async def _show(self, station: Station) -> None:
        self.action_to_solve()
        await self.push_screen(station)

    def jobs_changed(self) -> None:
        """Draw them where they are shown."""
        for screen in self.screen_stack:
            if isinstance(screen, Station):
                screen.refresh_view()

    # The palette.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the keymap, with the reason where it is of no use now; those of the shown screen first."""
        if isinstance(screen, Station):
            for key in keymap.keys_of(*screen.PLACES):
                yield _command(key, screen.why_not(key.id), partial(screen.run_action, key.id))
        for key in KEYS:
            if key.where in ("all", "app") and key.id not in ("palette", "command", "leave", "next", "back"):
                yield _command(key, why_not(key.id, self.session, self.solve.node), self._action(key.id))

    def _action(self, name: str) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            if of_the_app(name):
                await self.run_action(name)
            elif isinstance(self.screen, Station) and name == "help":
                await self.screen.run_action(name)
            else:
                self.action_to_solve()
                await self.solve.run_action(name)

        return act


def _command(key: Key, why: str, act: Callable[[], Awaitable[object]]) -> SystemCommand:
    words = f"Not now: {why}" if why else key.help
    return SystemCommand(f"{key.label}  ({keymap.shown(key)})", clean(words), act)


def run(
    engine: EngineSettings,
    search: SearchSettings,
    settings: Settings,
    *,
    prompt: str | None,
    replay: Iterable[Event] | None,
) -> int:
    """Draw the app until the user leaves it; the exit code."""
    from reason_tui.engine.client import EngineClient

    # Textual would paint animated transitions over a slow link and on a busy machine.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    port = EngineClient(engine) if replay is None else None
    # Someone sits before it: what the tests leave open is asked.
    search = search.model_copy(update={"ask": True})
    app = ReasonApp(
        port,
        search,
        prompt=prompt,
        replay=replay,
        look=Look.of(settings),
        state_dir=Path(engine.state_dir),
        settings=settings,
    )
    app.run()
    return app.return_code or 0
