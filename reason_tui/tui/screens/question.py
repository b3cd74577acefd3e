"""The question that tells candidates apart: an input, and what each group of programs does with it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from reason_tui.search.acts import Answer
from reason_tui.search.steered import QuestionAsked
from reason_tui.text import one_line
from reason_tui.tui.ink import Line, line, wrap
from reason_tui.tui.widgets.options import option
from reason_tui.tui.widgets.sign import Sign


class QuestionScreen(ModalScreen[Answer | None]):
    """Gives back the answer, or None: the question stays open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, question: QuestionAsked, entry_point: str) -> None:
        super().__init__()
        self._question = question
        self._call = question.case.call(entry_point)

    def compose(self) -> ComposeResult:
        """The input, the groups, and what else one may say."""
        with Vertical(id="question-box") as box:
            box.border_title = "Which is right?"
            box.border_subtitle = "Enter answers, Esc later"
            yield Sign(self._head, id="question-head")
            yield OptionList(*(option(row, self.app.theme, id=name) for name, row in self._choices()), id="choices")
            yield Input(id="own", placeholder="What it should give: a literal, or raises ValueError")

    def on_mount(self) -> None:
        """The largest group is chosen first."""
        self.query_one("#own").display = False
        choices = self.query_one(OptionList)
        choices.highlighted = 0
        choices.focus()

    def _head(self, cells: int) -> list[Line]:
        asked = line("For ", (one_line(self._call, 400), "strong"))
        tried = f"the programs differ; {self._question.inputs} inputs were tried."
        return [*wrap(asked, cells, 2)[:6], line((tried, "dim")), ()]

    def _choices(self) -> list[tuple[str, Line]]:
        rows: list[tuple[str, Line]] = []
        for at, group in enumerate(self._question.opinions):
            many = f"{len(group.nodes)} {'program' if len(group.nodes) == 1 else 'programs'}"
            names = ", ".join(f"n{node}" for node in group.nodes[:4])
            said = one_line(group.words(), 300)
            rows.append((f"group-{at}", line((f"{at + 1}  ", "key"), (said, "strong"), (f"   {many}: {names}", "dim"))))
        return [
            *rows,
            ("own", line(("o  ", "key"), "something else …")),
            ("neither", line(("0  ", "key"), "all of them are wrong")),
            ("skip", line(("-  ", "key"), "it does not matter")),
        ]

    def on_key(self, event: Key) -> None:
        """A digit answers at once."""
        if isinstance(self.focused, Input):
            return
        names = {"0": "neither", "-": "skip", "o": "own"}
        names |= {str(at + 1): f"group-{at}" for at in range(min(len(self._question.opinions), 9))}
        name = names.get(event.character or "")
        if name is not None:
            event.stop()
            self._answer(name)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """That one."""
        self._answer(event.option.id or "")

    def _answer(self, name: str) -> None:
        number = self._question.question
        if name == "own":
            own = self.query_one("#own", Input)
            own.display = True
            own.focus()
        elif name == "neither":
            self.dismiss(Answer(question=number, says="neither"))
        elif name == "skip":
            self.dismiss(Answer(question=number, says="skip"))
        else:
            self.dismiss(Answer(question=number, says="group", group=int(name.removeprefix("group-"))))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The value that is right."""
        if event.value.strip():
            self.dismiss(Answer(question=self._question.question, says="own", text=event.value.strip()))

    def action_cancel(self) -> None:
        """Not now."""
        self.dismiss(None)
