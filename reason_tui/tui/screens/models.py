"""The dialog that chooses another model, backend or preset; or a model of one's own, by its path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from reason_tui.engine.protocol import EngineSettings, Ready
from reason_tui.models.outlook import Outlook
from reason_tui.text import one_line
from reason_tui.tui.ink import Line, fit, line, lines, wrap
from reason_tui.tui.model_choices import Choice
from reason_tui.tui.outlook_lines import held, now_lines, outlook_lines
from reason_tui.tui.widgets.options import option
from reason_tui.tui.widgets.sign import Sign

MOST = 3
"""Lines of what is said of a choice; the whole is told where it is chosen."""
SETTLE_S = 0.2
"""Who moves on sooner does not want to know what a model takes."""
Foresee = Callable[[Choice], Awaitable[Outlook]]


class ModelsScreen(ModalScreen[Choice | str | None]):
    """Gives back what was chosen, a path that was written, or None. `foresee` says what a choice takes of memory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("j", "app.simulate_key('down')", show=False),
        Binding("k", "app.simulate_key('up')", show=False),
    ]

    def __init__(
        self, choices: Sequence[Choice], now: EngineSettings, info: Ready | None, foresee: Foresee, *, going: bool
    ) -> None:
        super().__init__()
        self._choices = {choice.id: choice for choice in choices}
        self._now = now
        self._info = info
        self._foresee = foresee
        self._going = going
        self._known: dict[str, Outlook] = {}
        self._said: list[Line] = []

    def compose(self) -> ComposeResult:
        """What is used, what else there is, and a path."""
        with Vertical(id="models-box") as box:
            box.border_title = "Another model"
            box.border_subtitle = "Enter loads it, Esc does not"
            yield Sign(self._head, id="models-head")
            rows = (option(self._row(choice), self.app.theme, id=id_) for id_, choice in self._choices.items())
            yield OptionList(*rows, id="models")
            yield Sign(lambda cells: [row for each in self._said for row in wrap(each, cells)][:MOST], id="models-said")
            yield Input(id="model-path", placeholder="or the path of a GGUF file or of a model folder, then Enter")

    def on_mount(self) -> None:
        """The list first."""
        listed = self.query_one(OptionList)
        listed.highlighted = 0
        listed.focus()

    def _head(self, cells: int) -> list[Line]:
        del cells
        rows = [line(("Now: ", "dim"), (one_line(self._now.model, 60), "strong"), f" by {one_line(self._now.backend)}")]
        rows += now_lines(self._info)
        if self._going:
            rows.append(line(("The run that goes on is stopped and kept for its own model.", "warning")))
        return [*rows, ()]

    def _row(self, choice: Choice) -> Line:
        used = choice.engine.get("model", self._now.model) == self._now.model and choice.what == "model"
        used = used or (choice.what == "backend" and choice.name == self._now.backend)
        style = "faint" if choice.why else "best" if used else "strong"
        words = "cannot be used" if choice.why and not choice.words else choice.words
        return line(
            (f"{choice.what:<8}", "dim"), (fit(one_line(choice.name), 18), style), "  ", (one_line(words), "dim")
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what it takes of memory, or why it cannot be used."""
        self._look(self._choices[event.option.id or ""])

    @work(group="foresee", exclusive=True)
    async def _look(self, choice: Choice) -> None:
        if choice.why:
            self._say(lines(choice.why, "warning"))
            return
        if choice.id not in self._known:
            self._say([line(("Looking what it takes of memory …", "dim"))])
            await asyncio.sleep(SETTLE_S)
            self._known[choice.id] = await self._foresee(choice)
        self._say(outlook_lines(self._known[choice.id], held(self._info)))

    def _say(self, said: list[Line]) -> None:
        self._said = said
        self.query_one("#models-said", Sign).update()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """That one."""
        self.dismiss(self._choices.get(event.option.id or ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A path."""
        if event.value.strip():
            self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Not now."""
        self.dismiss(None)
