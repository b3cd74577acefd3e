"""What a person does to a run that goes on: each key asks what it must, and sends an act to the engine."""

from __future__ import annotations

from textual import on, work

from reason_tui.search import acts
from reason_tui.tui import external
from reason_tui.tui.composing import written
from reason_tui.tui.screens.layout import SolveLayout
from reason_tui.tui.screens.question import QuestionScreen
from reason_tui.tui.screens.tests import TestsScreen
from reason_tui.tui.undoing import changes
from reason_tui.tui.widgets.bar import Bar
from reason_tui.tui.widgets.setup import Setup


class SteeringKeys(SolveLayout):
    """The keys that steer. A refusal of the engine is told as it says it."""

    def _act(self, act: acts.Act) -> None:
        self.desk.command(act)

    def action_prune(self) -> None:
        """No more tries here."""
        if self.may("prune"):
            self._act(acts.Prune(node=self.node.id))

    def action_pin(self) -> None:
        """Keep the program, or let go of it."""
        if self.may("pin"):
            self._act(acts.Pin(node=self.node.id, pinned=not self.node.pinned))

    def action_undo(self) -> None:
        """Take the last act back."""
        undoing = self.session.run.undoing
        if self.may("undo") and undoing.last is not None:
            undoing.ask()
            self._act(undoing.last)

    def action_hint(self) -> None:
        """Say something to the model."""
        if self.may("hint"):
            self.bar.ask("hint", "hint", placeholder="told from the next expansion on, e.g. the input may be empty")

    def action_tests(self) -> None:
        """Change the visible tests."""
        if self.may("tests"):
            task = self.session.run.view.task
            entry = (task.entry_point if task else None) or "f"
            tests = [written(case, entry) for case in task.visible] if task is not None else []
            self.app.push_screen(TestsScreen(tests), self._given)

    def action_question(self) -> None:
        """Answer the open question, or look for one."""
        if not self.may("question"):
            return
        question, task = self.session.run.view.tree.question, self.session.run.view.task
        if question is None:
            self._act(acts.AskQuestion())
            self.desk.tell("Looking for an input on which the candidates differ …")
        else:
            entry = (task.entry_point if task else None) or "f"
            self.app.push_screen(QuestionScreen(question, entry), self._given)

    def _given(self, act: acts.Act | None) -> None:
        if act is not None:
            self._act(act)

    def action_vary(self) -> None:
        """Other settings in flight."""
        if self.may("vary"):
            self.vary.show(self.session.run.settings)
            self.varying = "flight"
            self.vary.display = True
            self.vary.focus()

    @on(Setup.Done, "#vary")
    def _varied(self, event: Setup.Done) -> None:
        """Enter in the line of settings."""
        self.close_lines()
        if self.varying == "branch":
            self.desk.branch(self.node.id, event.settings)
            return
        changed = changes(self.session.run.settings, event.settings)
        if changed:
            self._act(acts.ChangeSettings(changes=changed))

    @on(Bar.Given)
    def _said(self, event: Bar.Given) -> None:
        """Words in the line at the bottom."""
        if event.purpose == "filter":
            self.filter(event.text)
        if not event.done:
            return
        self.close_lines()
        if event.purpose == "hint" and event.text.strip():
            self._act(acts.GiveHint(text=event.text))
        elif event.purpose == "speed":
            self.desk.replay(event.text)

    def filter(self, text: str) -> None:
        """Show the nodes with these words."""
        run = self.session.run
        run.arranging.only(text, run.forest)
        self.session.version += 1
        self.refresh_view()

    @work(exclusive=True, group="edit")
    async def action_edit(self) -> None:
        """The program in the user's editor."""
        node = self.node
        if not self.may("edit") or node.program is None:
            return
        program = await external.edited(self.app, node.program, f"n{node.id}.py")
        if isinstance(program, str) and program.strip() != node.program.strip():
            self._act(acts.EditNode(node=node.id, program=program))
        else:
            self.desk.tell("Nothing was changed." if isinstance(program, str) else str(program), severity="warning")
