"""The Learn screen: collect, train, measure, promote, in one table, with what each has to show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.containers import Container
from textual.widget import Widget

from reason_tui.engine.jobs import JobView
from reason_tui.errors import ReasonTuiError
from reason_tui.learning.adapters.manifest import Manifest, check_base
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.gathering import gather
from reason_tui.learning.report import compared_words
from reason_tui.learning.store import Store
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.text import one_line
from reason_tui.tui.command_line import Detached, parse, written
from reason_tui.tui.glyphs import many, size
from reason_tui.tui.ink import line
from reason_tui.tui.keymap import Where
from reason_tui.tui.learn_lines import adapter_row, compared, damaged_row, step_lines
from reason_tui.tui.lore import Lore, Reader
from reason_tui.tui.outlook_lines import held
from reason_tui.tui.screens.job_keys import JobKeys
from reason_tui.tui.screens.told import ToldScreen
from reason_tui.tui.steps import Step, step_row, steps
from reason_tui.tui.widgets.bar import Bar
from reason_tui.tui.widgets.listing import Listing
from reason_tui.tui.widgets.text_pane import TextPane

_NONE = line(("  None yet: collect, then train.", "dim"))
_ENTER = {"collect": "Take in", "train": "Train", "measure": "Measure", "promote": "Promote"}
_WORTH_IT = 1 << 28
"""Bytes of a loaded model that a training would miss."""
TALL = 34
"""Rows of the terminal from which curves are drawn three rows high."""


class LearnScreen(JobKeys):
    """Everything is done by jobs, or by functions of `learning`; here is only what a person sees and says."""

    NAME, ID = "Learn", "to_learn"
    PLACES: ClassVar[tuple[Where, ...]] = ("job", "learn")
    KEYS: ClassVar[tuple[str, ...]] = (
        *("list_open", "job_stop", "job_resume", "learn_attach", "learn_tasks", "learn_rounds"),
        *("learn_compare", "learn_promote", "learn_rollback", "next"),
    )

    def __init__(self, command: str = "") -> None:
        """`command` stands in the line at the bottom at once."""
        super().__init__()
        self._command = command
        self._reader: Reader | None = None
        self.lore = Lore()
        self.steps: list[Step] = steps([], Lore())

    def body(self) -> Iterable[Widget]:
        """The table; below it what the chosen step has to show, and the adapters."""
        yield Listing(id="steps")
        with Container(id="below"):
            yield TextPane(id="step", wrapped=True, hang=2)
            yield Listing(id="adapters", empty=_NONE)

    def on_mount(self) -> None:
        """Look at what there is."""
        self._reader = Reader(self.room.state_dir) if self.room.state_dir is not None else None
        self._table.focus()
        super().on_mount()
        self.read(at_once=True)
        if self._command:
            self._table.go(parse(self._command).kind)
            self.ask(self._command)

    @property
    def _table(self) -> Listing:
        return self.query_one("#steps", Listing)

    @property
    def step(self) -> Step:
        """The one at the cursor."""
        name = self._table.row
        return next((step for step in self.steps if step.name == name), self.steps[0])

    @property
    def adapter(self) -> str | None:
        """The adapter at the cursor."""
        return self.query_one("#adapters", Listing).row

    # Drawing.

    def refresh_view(self) -> None:
        """The table, the chosen step, the adapters."""
        if not self.whole:
            return
        self.read()
        self._draw()

    @work(group="read", exclusive=True)
    async def read(self, *, at_once: bool = False) -> None:
        """What learning has now, read in a thread."""
        if self._reader is not None:
            model = self.room.chosen_model[0]
            found = await asyncio.to_thread(self._reader.read, model, at_once=at_once)
            if found != self.lore and self.whole:
                self.lore = found
                self._draw()

    def _draw(self) -> None:
        glyphs, lore = self.room.session.glyphs, self.lore
        self.steps = steps(self.room.jobs, lore)
        rows = [(step.name, step_row(step, at, lore, glyphs)) for at, step in enumerate(self.steps, 1)]
        self._table.show(rows)
        listed = self.query_one("#adapters", Listing)
        whole = [(found.name, adapter_row(found, lore, glyphs)) for found in lore.adapters]
        listed.show(whole + [(found.name, damaged_row(found, lore, glyphs)) for found in lore.damaged])
        self.retitle("steps", ("Learning", "title"))
        self.retitle("adapters", ("Adapters", "title"), (f"  {len(lore.adapters)}" if lore.adapters else "", "dim"))
        self._draw_step()

    def _draw_step(self) -> None:
        step, room = self.step, self.room
        room.follow_job(None if step.job is None else step.job.spec.id)
        told = room.tail.records if room.tail is not None and step.job is not None else []
        pane = self.query_one("#step", TextPane)
        cells = pane.scrollable_content_region.width or self.size.width
        height = 3 if self.size.height >= TALL else 1
        shown = step_lines(step, self.lore, told, room.session.glyphs, cells - 1, height)
        if shown != pane.lines:
            pane.show(shown)
        self.retitle("step", (step.name.capitalize(), "title"))
        self.update_signs()

    @on(Listing.Moved, "#steps")
    def _another(self) -> None:
        self._draw_step()

    @on(Listing.Moved, "#adapters")
    def _another_adapter(self) -> None:
        self._draw_step()

    # What Enter does.

    @on(Listing.Opened, "#steps")
    def _do(self, event: Listing.Opened) -> None:
        if self.step.why:
            self.room.tell(self.step.why, severity="warning")
            return
        match event.row:
            case "collect":
                self._gather()
            case "train":
                self.ask(written(*self._training()))
            case "measure":
                found = self.lore.adapter(self.adapter)
                self.ask(written("adapters", "measure", "last" if found is None else found.name))
            case "promote":
                self.action_learn_promote()

    @on(Listing.Opened, "#adapters")
    def _adapter_opened(self) -> None:
        self.action_learn_promote()

    def _training(self) -> tuple[str, ...]:
        """SFT first; where that was done, DPO goes on from it."""
        newest = self.lore.adapters[0] if self.lore.adapters else None
        if self.lore.can_dpo and newest is not None and newest.method == "sft":
            return ("train", "dpo", "--from", newest.name)
        return ("train", "sft" if self.lore.can_sft else "dpo")

    @work(group="gather", exclusive=True)
    async def _gather(self) -> None:
        state = self.room.state_dir
        if state is None:
            return
        left_out: list[str] = []
        try:
            found = await asyncio.to_thread(lambda: gather(Store(state), _own_runs(state), left_out.append))
        except ReasonTuiError as error:
            self.room.tell_error(error)
            return
        words = f"{found.samples:,} judged replies of {many(found.runs, 'run')} taken in."
        if found.held_out:
            words += f" {many(found.held_out, 'run')} of held-out tasks left out."
        self.room.tell("\n".join([words, *left_out[:3]]))
        self.read(at_once=True)

    # Jobs.

    def ask(self, command: str) -> None:
        """Let the user change the command, and begin it."""
        self.bar.ask("command", "reason-tui", command, "train sft --epochs 2")
        self.refresh_view()

    @on(Bar.Given)
    def _given(self, event: Bar.Given) -> None:
        if not event.done:
            return
        try:
            command = parse(event.text)
        except ReasonTuiError as error:
            self.room.tell_error(error)
            return
        self.close_bar()
        self._begin(command)

    @work(group="begin", exclusive=True)
    async def _begin(self, command: Detached) -> None:
        name = await self.room.begin_job(command)
        if name is None:
            return
        words = f"{name} goes on in the background, also when the app is left."
        loaded = held(self.room.session.info)
        if command.kind in ("train", "learn") and loaded >= _WORTH_IT:
            words += (
                f"\nThe model that is loaded here keeps its {size(loaded / 2**20)} meanwhile: M loads a smaller one."
            )
        self.room.tell(words)

    def close_bar(self) -> None:
        """The focus goes back to the table."""
        self.bar.close()
        self._table.focus()

    def labels(self) -> dict[str, str]:
        """What Enter does here."""
        return {"list_open": _ENTER[self.step.name]}

    @property
    def job(self) -> JobView | None:
        """The job of the step at the cursor."""
        return self.step.job

    def why_not(self, action: str) -> str:
        """By the step and the adapter at the cursor."""
        match action:
            case "list_open":
                return self.step.why
            case "learn_attach" if self.job is None:
                return "No job is, or was, at this step."
            case "learn_promote" if self.lore.damage(self.adapter):
                return self.lore.damage(self.adapter)
            case "learn_compare" | "learn_promote" if not self.lore.adapters:
                return "There is no adapter yet: train one."
            case "learn_promote" if self.adapter == self.lore.promoted:
                return f"{self.adapter} is used already."
            case "learn_rollback" if not self.lore.history:
                return "Nothing was promoted yet."
            case "learn_rounds":
                return self.lore.no_training
        return super().why_not(action)

    def action_learn_attach(self) -> None:
        """To the job."""
        if self.may("learn_attach") and self.job is not None:
            self.run_soon(f"to_jobs('{self.job.spec.id}')")

    def action_learn_tasks(self) -> None:
        """Searches over a task set."""
        self.ask("collect --tasks ")

    def action_learn_rounds(self) -> None:
        """All of it."""
        if self.may("learn_rounds"):
            self.ask("learn --tasks ")

    # Adapters.

    def action_learn_compare(self) -> None:
        """Before and after."""
        if self.may("learn_compare"):
            rows = compared(self.lore, self.room.session.glyphs)
            self.app.push_screen(ToldScreen("Before and after", rows))

    @work(group="ask", exclusive=True)
    async def action_learn_promote(self) -> None:
        """Use it, once agreed."""
        found = self.lore.adapter(self.adapter)
        if not self.may("learn_promote") or found is None:
            return
        rows = [line(compared_words(one)) for one in found.evaluations]
        rows = rows or [line(("It was never measured. Measure shows what it changes.", "warning"))]
        if elsewhere := await asyncio.to_thread(_elsewhere, found, self.room.chosen_model[0]):
            rows.append(line((elsewhere, "warning")))
        asked = ToldScreen(f"Use {found.name} from now on?", rows, yes="uses it")
        if await self.app.push_screen_wait(asked):
            await self._change(lambda shelf: shelf.promote(found.name))

    @work(group="ask", exclusive=True)
    async def action_learn_rollback(self) -> None:
        """What was used before."""
        if self.may("learn_rollback"):
            await self._change(lambda shelf: shelf.roll_back())

    async def _change(self, act: Callable[[Shelf], object]) -> None:
        """Promote, or take a promotion back; searches use it from now on."""
        state = self.room.state_dir
        if state is None:
            return
        try:
            await asyncio.to_thread(act, Shelf(state))
            used = await asyncio.to_thread(Shelf(state).promoted)
        except ReasonTuiError as error:
            self.room.tell_error(error)
            return
        self.room.tell(f"Now used: {used or 'the base alone'}.")
        self.read(at_once=True)
        self.room.adapter_changed()


def _elsewhere(adapter: Manifest, model: str) -> str:
    """That the adapter is for another model than this one, empty where it is not. May read weights: blocks."""
    try:
        check_base(adapter, model)
    except ReasonTuiError:
        base, other = one_line(adapter.base.name, 60), one_line(model, 60)
        return f"It belongs to {base}: searches with {other} go on without it."
    return ""


def _own_runs(state_dir: Path) -> list[Path]:
    return sorted(path.parent for path in runs_dir(state_dir).glob(f"*/{JOURNAL}"))
