"""Jobs, as the app has them: looked at each second, begun, stopped, gone on with, removed; one that ends is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual import work

from reason_tui.engine import jobs as engine_jobs
from reason_tui.engine.jobs import JobView
from reason_tui.errors import ReasonTuiError
from reason_tui.text import one_line
from reason_tui.tui.base import BaseApp
from reason_tui.tui.board import Board, Tail, going
from reason_tui.tui.calling import call
from reason_tui.tui.command_line import Detached

LOOK_S = 1.0


class JobsDesk(BaseApp):
    """The state folder's jobs. Whoever began them, they are the same to us."""

    jobs: list[JobView]
    """Newest first, as they were at the last look."""
    board: Board | None
    tail: Tail | None
    """What the job that is looked at told."""
    _looking: bool

    def open_board(self) -> None:
        """Begin to look at jobs."""
        self.jobs, self.tail, self._looking = [], None, False
        self.board = None if self.state_dir is None else Board(self.state_dir)
        if self.board is not None:
            self.set_interval(LOOK_S, self.look_at_jobs)
            self.look_at_jobs()

    def look_at_jobs(self) -> None:
        """Look now; one look at a time."""
        if not self._looking and self.board is not None:
            self._looking = True
            self._look(self.board)

    @work(group="look")
    async def _look(self, board: Board) -> None:
        try:
            tail = self.tail
            found = await asyncio.to_thread(board.look)
            news = await asyncio.to_thread(tail.read) if tail is not None else False
        finally:
            self._looking = False
        before, self.jobs = {view.spec.id: view for view in self.jobs}, found
        for view in found:
            if view.spec.id in before and going(before[view.spec.id]) and not going(view):
                self._ended(view)
        running = sum(map(going, found))
        if running != self.session.jobs:
            self.session.jobs = running
            self.session.version += 1
        if news or list(before.values()) != found or running:
            self.jobs_changed()

    def jobs_changed(self) -> None:
        """Draw them, where they are shown."""

    def _ended(self, view: JobView) -> None:
        """Say so, and call the user back."""
        name = f"{view.spec.kind} job {one_line(view.spec.title, 40)}".rstrip()
        if view.state == "failed" and view.ended is not None:
            reasons = "\n".join(filter(None, (view.ended.what, view.ended.why, view.ended.hint)))
            self.tell(f"The {name} failed.\n{reasons}", severity="error")
        elif view.state == "done" and view.ended is not None:
            self.tell("\n".join([f"The {name} is done.", *view.ended.result.split("\n")[:2]]).rstrip())
        else:
            self.tell(f"The {name} was {view.state}. It can be resumed.", severity="warning")
        if not self.app_focus:
            words = {"done": "is done", "failed": "failed"}.get(view.state, f"was {view.state}")
            call(self, f"The {view.spec.kind} job {words}.", self.look.notify)

    def follow_job(self, job: str | None) -> None:
        """Read along with this job from now on."""
        if self.board is None or job is None:
            self.tail = None
        elif self.tail is None or self.tail.job != job:
            self.tail = Tail(self.board.folder(job))
            self.look_at_jobs()

    def job(self, name: str | None) -> JobView | None:
        """The job of this name."""
        return next((view for view in self.jobs if view.spec.id == name), None)

    # What is done to them.

    async def begin_job(self, command: Detached) -> str | None:
        """Begin this command in the background: its name, or None where it did not begin, which was told."""
        model, backend = self.chosen_model
        given = {"model": model, "backend": backend, "state_dir": str(self.state_dir)}
        settings = self.settings.model_dump(mode="json", exclude={"preset"}) | given
        state, title = self.state_dir, one_line(f"{' '.join(command.arguments[1:])} with {Path(model).name}", 60)
        assert state is not None, "there is a board"
        how: dict[str, Any] = {"title": title, "settings": settings, "entry": self.job_entry}
        begun: list[str] = []
        await self._done(lambda: begun.append(engine_jobs.start(state, command.kind, command.arguments, **how)))
        return begun[0] if begun else None

    job_entry: Sequence[str] = ("-m", "reason_tui")
    """What Python runs for a job; tests have their own."""

    @work(group="do")
    async def stop_job(self, job: str) -> None:
        """Ask it to end."""
        assert self.board is not None, "there is a job"
        folder = self.board.folder(job)
        self.tell(f"{job} is asked to end …")
        await self._done(partial(engine_jobs.stop, folder))

    @work(group="do")
    async def resume_job(self, job: str) -> None:
        """Let it go on with what is left."""
        assert self.board is not None, "there is a job"
        folder = self.board.folder(job)
        if await self._done(partial(engine_jobs.resume, folder, entry=self.job_entry)):
            self.tell(f"{job} goes on.")

    @work(group="do")
    async def remove_job(self, job: str) -> None:
        """Delete its folder."""
        assert self.board is not None, "there is a job"
        folder = self.board.folder(job)
        if self.tail is not None and self.tail.job == job:
            self.tail = None
        if await self._done(partial(engine_jobs.remove, folder)):
            self.tell(f"{job} is removed.")

    async def _done(self, act: Callable[[], object]) -> bool:
        """In a thread: it may take a moment. Whether it could be done; else why not was told."""
        try:
            await asyncio.to_thread(act)
        except ReasonTuiError as error:
            self.tell_error(error)
            return False
        finally:
            self.look_at_jobs()
        return True
