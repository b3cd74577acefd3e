"""Another model in mid-session: an engine with it takes the place of the one there is; where it cannot, that stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual import work

from reason_tui.engine.protocol import EngineSettings, Problem
from reason_tui.engine.same import described, own_engine
from reason_tui.errors import EngineError, ReasonTuiError
from reason_tui.models.outlook import Outlook, foresee
from reason_tui.search.events import SearchSettings
from reason_tui.tui.base import BaseApp
from reason_tui.tui.model_choices import Choice, applied, by_name, changed, choices
from reason_tui.tui.outlook_lines import held, refuses
from reason_tui.tui.port import EnginePort
from reason_tui.tui.screens.models import ModelsScreen
from reason_tui.tui.why_not import why_not
from reason_tui.tui.widgets.setup import Setup

Begin = Callable[[], Awaitable[None]]


class Switching(BaseApp):
    """The engine: begun, listened to, replaced."""

    goes_on: bool
    """Whether the unfinished run goes on when the engine is ready."""

    @work(exclusive=True, group="engine")
    async def serve(self, port: EnginePort, begin: Begin, former: EngineSettings | None = None) -> None:
        """Let an engine begin and collect what it says, until it ends.

        Where it cannot begin, that is told and the engine of `former` begins, if there is one.
        """
        try:
            await self._begun(port, begin, former)
            async for message in port.messages():
                self.inbox.append(message)
                if isinstance(message, Problem) and message.fatal:
                    self.inbox.append(EngineError(message.what, why=message.why, hint=message.hint))
        except ReasonTuiError as error:
            self.inbox.append(error)

    async def _begun(self, port: EnginePort, begin: Begin, former: EngineSettings | None) -> None:
        try:
            await begin()
            self.inbox.append(await port.ready())
        except ReasonTuiError as error:
            if former is None:
                raise
            self.goes_on = False
            self.tell(f"{error}\n\nThe former model stays.", severity="error")
            await port.switch(former)
            self.inbox.append(await port.ready())

    # Choosing.

    @work(group="models", exclusive=True)
    async def action_models(self) -> None:
        """Another model, backend or preset."""
        reason = why_not("models", self.session, self.solve.node)
        if self.port is None or reason:
            self.tell(reason, severity="warning")
            return
        found = await asyncio.to_thread(choices, self.port.settings)
        dialog = ModelsScreen(found, self.port.settings, self.session.info, self._foreseen, going=self.session.going)
        chosen = await self.push_screen_wait(dialog)
        if isinstance(chosen, str):
            chosen = await asyncio.to_thread(by_name, chosen)
        if chosen is not None:
            await self._choose(self.port, chosen)

    async def _choose(self, port: EnginePort, choice: Choice) -> None:
        if choice.why:
            self.tell(choice.why, severity="warning")
            return
        try:
            wanted = await asyncio.to_thread(applied, choice, port.settings, self.settings.adapter)
        except ReasonTuiError as error:
            self.tell(f"{error}\n\nThe former model stays.", severity="error")
            return
        if wanted == port.settings and self.session.phase != "dead":
            self._search_like(choice.search)
            self.tell(f"{choice.id} is what is used already.")
            return
        outlook = await foresee(wanted.model, wanted.backend, wanted.model_options())
        if refuses(outlook, held(self.session.info)):
            self.tell(f"{outlook.problem}\n\nThe former model stays.", severity="error")
            return
        self._search_like(choice.search)
        self.switch(wanted)

    async def _foreseen(self, choice: Choice) -> Outlook:
        """What the choice would take of memory, in the place of what is loaded."""
        assert self.port is not None, "there is a model to be replaced"
        try:
            wanted = changed(choice, self.port.settings)
        except ReasonTuiError as error:
            return Outlook(problem=str(error))
        return await foresee(wanted.model, wanted.backend, wanted.model_options())

    def _search_like(self, values: dict[str, Any]) -> None:
        """The search settings of a preset are those of the next run."""
        if values:
            settings = SearchSettings.model_validate(self.solve.settings.model_dump() | values)
            self.solve.settings = settings
            self.solve.query_one("#setup", Setup).show(settings)

    def switch(self, wanted: EngineSettings) -> None:
        """An engine with these settings in the place of the one there is. A run that goes on is stopped and kept."""
        port = self.port
        if port is None:
            return
        self.flush()  # what the engine said last is of its run, not of the next one's
        former = port.settings
        if self.session.going and not self.session.starting:
            self.session.stopping = False
            self.tell("The run is stopped and kept. Its samples are of the former model: r goes on with that one.")
        self.session.loading()
        self.session.run.lost = self.session.run.view.started is not None and self.session.run.view.finished is None
        self.serve(port, lambda: port.switch(wanted), former)

    @work(group="models", exclusive=True)
    async def adapter_changed(self) -> None:
        """Another adapter was promoted: the engine is to use it."""
        port = self.port
        if port is None or self.settings.adapter is not None:
            return
        try:
            wanted = await asyncio.to_thread(applied, Choice("model", ""), port.settings, None)
        except ReasonTuiError as error:
            self.tell_error(error)
            return
        if wanted == port.settings:
            return
        if self.session.going:
            self.tell("The run goes on with what it began with. M loads the model with the adapter afterwards.")
            return
        self.switch(wanted)

    def engine_of_run(self) -> EngineSettings | None:
        """The engine that could go on with the run that is shown, where the one there is could not."""
        started, info = self.session.run.view.started, self.session.info
        if self.port is None or started is None or info is None:
            return None
        if described(started.policy) == described(info.policy):
            return None
        return self.port.settings.model_copy(update=own_engine(started.policy))

    @property
    def chosen_model(self) -> tuple[str, str]:
        """Model and backend by name, as the engine was started with them."""
        if self.port is None:
            return self.settings.model, self.settings.backend
        return self.port.settings.model, self.port.settings.backend
