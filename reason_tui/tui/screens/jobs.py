"""The Jobs screen: what goes on in the background; the job at the cursor is followed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.widget import Widget

from reason_tui.engine.jobs import JobView
from reason_tui.tui.board import going
from reason_tui.tui.ink import Line, line, lines
from reason_tui.tui.job_rows import ending_lines, job_head, job_row, record_line
from reason_tui.tui.keymap import Where
from reason_tui.tui.screens.job_keys import JobKeys
from reason_tui.tui.screens.told import ToldScreen
from reason_tui.tui.widgets.listing import Listing
from reason_tui.tui.widgets.text_pane import TextPane

MOST = 500
"""Records of a job that are shown, the last ones."""
_NONE = line(("  None yet. 3 begins one (Learn), or the command line: reason-tui eval --detach", "dim"))


class JobsScreen(JobKeys):
    """A list, and below it what the chosen job told, or its log."""

    NAME, ID = "Jobs", "to_jobs"
    PLACES: ClassVar[tuple[Where, ...]] = ("job", "jobs")
    KEYS: ClassVar[tuple[str, ...]] = ("job_stop", "job_resume", "job_log", "job_remove", "next")

    def __init__(self, chosen: str | None = None) -> None:
        super().__init__()
        self._chosen = chosen
        self._log = False

    def body(self) -> Iterable[Widget]:
        """The jobs, and the one at the cursor."""
        yield Listing(id="jobs", empty=_NONE)
        yield TextPane(id="job", wrapped=True, hang=10, tail=True)

    def on_mount(self) -> None:
        """The newest first, or the one that was asked for."""
        self.query_one(Listing).focus()
        self.room.follow_job(self._chosen or next((view.spec.id for view in self.room.jobs), None))
        super().on_mount()

    @property
    def job(self) -> JobView | None:
        """The job at the cursor."""
        return self.room.job(self.query_one(Listing).row)

    def refresh_view(self) -> None:
        """The list, and what is new of the chosen job."""
        if not self.whole:
            return
        glyphs, listing = self.room.session.glyphs, self.query_one(Listing)
        listing.show([(view.spec.id, job_row(view, glyphs)) for view in self.room.jobs])
        if self._chosen is not None and self.room.job(self._chosen) is not None:
            chosen, self._chosen = self._chosen, None
            listing.go(chosen)
        running = sum(map(going, self.room.jobs))
        self.retitle("jobs", ("Jobs", "title"), (f"  {running} going on" if running else "", "running"))
        self._show_job()

    def _show_job(self) -> None:
        pane, view, tail = self.query_one("#job", TextPane), self.job, self.room.tail
        if view is None or tail is None or tail.job != view.spec.id:
            self.room.follow_job(None if view is None else view.spec.id)
            pane.show(())
            self.retitle("job", (("" if view is None else view.spec.id), "title"))
            self.update_signs()
            return
        if self._log:
            shown: list[Line] = lines(tail.log)
        else:
            shown = [*job_head(view), (), *map(record_line, tail.records[-MOST:])]
            shown += ending_lines(None if going(view) else view.ended)
            if view.state in ("failed", "interrupted") and tail.log:
                shown += [(), line(("The end of its log:", "dim")), *lines(tail.log)[-12:]]
        if shown != pane.lines:
            pane.show(shown)
        what = ("its log", "o what it told") if self._log else ("what it told", "o its log")
        self.update_signs()
        self.retitle("job", (view.spec.id, "title"), (f"  {what[0]}  ", ""), (what[1], "dim"))

    @on(Listing.Moved)
    def _another(self, event: Listing.Moved) -> None:
        self.room.follow_job(event.row)
        self._show_job()
        self.query_one("#job", TextPane).action_text_bottom()

    @on(Listing.Opened)
    def _read(self) -> None:
        self.query_one("#job", TextPane).focus()

    # Keys.

    def action_job_log(self) -> None:
        """The log, or what it told."""
        self._log = not self._log
        self._show_job()

    @work(group="ask", exclusive=True)
    async def action_job_remove(self) -> None:
        """Delete its folder, once agreed."""
        view = self.job
        if not self.may("job_remove") or view is None:
            return
        words = "Its folder is deleted, with what it found and did not write elsewhere."
        shown = ToldScreen(f"Remove {view.spec.id}?", [line(words)], yes="removes it")
        if await self.app.push_screen_wait(shown):
            self.room.remove_job(view.spec.id)
