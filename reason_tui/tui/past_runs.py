"""Runs of before, as the app opens them: to look at, to branch off from, to be shown again."""

from __future__ import annotations

import math
from pathlib import Path

from textual import work

from reason_tui.errors import JournalError, ReasonTuiError
from reason_tui.runs import branch as branching
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.runs.journal import read_events
from reason_tui.runs.library import RunSummary, list_runs
from reason_tui.runs.replay import replay as paced
from reason_tui.search.events import SearchSettings
from reason_tui.tui.base import BaseApp

LONGEST_PAUSE_S = 3.0
"""Of a replay: someone may have paused overnight."""


class PastRuns(BaseApp):
    """The state folder's journals."""

    def runs(self) -> list[RunSummary]:
        """The runs of the state folder, newest first. Reads files."""
        return [] if self.state_dir is None else list_runs(self.state_dir)

    def open_run(self, run: str) -> None:
        """Show a run of the state folder. Raises JournalError."""
        if self.state_dir is not None:
            self.session.replay(list(read_events(runs_dir(self.state_dir) / run)))

    @property
    def folder(self) -> Path | None:
        """Where the run that is shown has its journal."""
        run = self.session.run.id
        folder = None if self.state_dir is None or run is None else runs_dir(self.state_dir) / run
        return folder if folder is not None and (folder / JOURNAL).is_file() else None

    def branch(self, node: int, settings: SearchSettings) -> None:
        """A new run that goes on from this node of the run that is shown, with these settings."""
        if self.state_dir is None or self.folder is None:
            self.tell("This run has no journal to branch off from.", severity="warning")
            return
        try:
            name = branching.branch(self.state_dir, self.folder, settings, node=node)
            self.open_run(name)
        except ReasonTuiError as error:
            self.tell_error(error)
            return
        self.tell(f"A new run goes on from n{node}.")
        self.solve.show_opened()
        self.go_on()

    def replay(self, speed: str) -> None:
        """Show the run again at a speed; 0 shows the rest at once."""
        try:
            pace = float(speed.strip().rstrip("xX") or 1)
        except ValueError:
            pace = math.nan
        if not 0 <= pace < math.inf:
            self.tell(f"`{speed}` is no speed: give a number, 1 as it was, 0 at once.", severity="warning")
            return
        folder = self.folder
        if self.session.replaying:
            self.workers.cancel_group(self, "replay")
        if folder is not None:
            self._again(folder, pace)
        elif not self.session.replaying:
            self.tell("This run has no journal to show again.", severity="warning")

    @work(group="replay", exclusive=True)
    async def _again(self, folder: Path, pace: float) -> None:
        session = self.session
        session.replaying = f"{pace:g}x" if pace > 0 else ""
        try:
            async for event in paced(read_events(folder), pace, longest=LONGEST_PAUSE_S):
                session.replay([event])
        except JournalError as error:
            self.tell_error(error)
        finally:
            session.replaying = ""
            session.version += 1
