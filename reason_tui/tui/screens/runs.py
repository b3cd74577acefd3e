"""The runs of before, newest first: one is chosen to be looked at, or to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from reason_tui.runs.library import RunSummary
from reason_tui.tui.glyphs import span
from reason_tui.tui.ink import Line, fit, line
from reason_tui.tui.widgets.options import option

MAX_RUNS = 500
_STYLES = {"solved": "best", "unverified": "warning", "damaged": "error", "interrupted": "warning"}


class RunsScreen(ModalScreen[str | None]):
    """Gives back the id of the run that was chosen, or None."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q", "cancel", show=False),
        Binding("j", "app.simulate_key('down')", show=False),
        Binding("k", "app.simulate_key('up')", show=False),
    ]

    def __init__(self, runs: Sequence[RunSummary]) -> None:
        super().__init__()
        self._runs = runs[:MAX_RUNS]

    def compose(self) -> ComposeResult:
        """One row a run."""
        with Vertical(id="runs-box") as box:
            box.border_title = "Runs"
            box.border_subtitle = "Enter opens, Esc closes"
            yield OptionList(*(option(row(run), self.app.theme, id=run.id) for run in self._runs), id="runs")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """That one."""
        self.dismiss(event.option.id)

    def action_cancel(self) -> None:
        """None of them."""
        self.dismiss(None)


def row(run: RunSummary) -> Line:
    """When, what came of it, what it cost, what was asked."""
    when = datetime.fromtimestamp(run.started_at).strftime("%m-%d %H:%M")
    ended = run.outcome if run.state == "finished" and run.outcome is not None else run.state
    return line(
        (f"{when}  ", "dim"),
        (fit(ended, 12), _STYLES.get(ended, "")),
        (f"{run.nodes:>4} nodes {span(run.seconds):>7}  ", "dim"),
        run.title or run.id,
    )
