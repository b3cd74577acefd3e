"""Runs of before, new ones that branch off, replay, what another strategy would have done, training on a run."""

from __future__ import annotations

import asyncio

from textual import work

from reason_tui.errors import ReasonTuiError
from reason_tui.tui.screens.layout import SolveLayout
from reason_tui.tui.screens.runs import RunsScreen
from reason_tui.tui.screens.told import ToldScreen
from reason_tui.tui.what_if import what_if


class PastKeys(SolveLayout):
    """The keys that look back."""

    @work(exclusive=True, group="runs")
    async def action_runs(self) -> None:
        """Choose a run of before."""
        if not self.may("runs"):
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
        except ReasonTuiError as error:
            self.desk.tell_error(error)
            return
        self.show_opened()

    def show_opened(self) -> None:
        """The run that was opened, and its problem in the editors."""
        task = self.session.run.view.task
        if task is not None:
            self.take(task)
        self.show_page("run")

    def action_branch(self) -> None:
        """A new run from this node on."""
        if self.may("branch"):
            settings, sampled = self.session.run.settings, self.session.run.view.ledger.completions
            budget = None if settings.budget is None else max(settings.budget, 2 * sampled)
            self.vary.show(settings.model_copy(update={"budget": budget}))
            self.varying = "branch"
            self.vary.display = True
            self.vary.focus()

    def action_replay(self) -> None:
        """Show it again, or stop doing so."""
        if self.session.replaying:
            self.desk.replay("0")
        elif self.may("replay"):
            self.bar.ask("speed", "replay at speed", "4", "1 as it was, 10 ten times as fast, 0 at once")

    @work(exclusive=True, group="what if")
    async def action_compare(self) -> None:
        """What best-of-n would have done."""
        if not self.may("compare"):
            return
        folder = self.desk.folder
        try:
            lines = await what_if(folder) if folder is not None else []
        except ReasonTuiError as error:
            self.desk.tell_error(error)
            return
        self.app.push_screen(ToldScreen("What if it had been best-of-n?", lines))

    def action_train_run(self) -> None:
        """Take the run in, and train on it."""
        folder = self.desk.folder
        if self.may("train_run") and folder is not None:
            self.desk.train_on(folder)
