"""Runs to which something is done as soon as an event comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from reason_tui.errors import RefusedError
from reason_tui.policy import SampleRequest
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree
from support.executing import InProcess
from support.resuming import Bench, by_seed


class Steered(Bench):
    """A run of programs that are executed for real; `on(type, what)` does something when an event comes."""

    def __init__(self, *bodies: str, script: Callable[[SampleRequest], list[str]] | None = None) -> None:
        super().__init__(script or by_seed(*bodies))
        self.sandbox = InProcess()
        self.tree = Tree()
        self.refused: list[RefusedError] = []
        self._plans: list[tuple[str, Callable[[Any], acts.Act | None]]] = []

    def on(self, event: str, what: Callable[[Any], acts.Act | None]) -> None:
        """Once."""
        self._plans.append((event, what))

    def told(self, event: ev.Event) -> None:
        self.tree.apply(event)
        for plan in [plan for plan in self._plans if plan[0] == event.type]:
            act = plan[1](event)
            if act is not None:
                self._plans.remove(plan)
                asyncio.get_running_loop().call_soon(self.act, act)
                break

    def act(self, act: acts.Act) -> None:
        try:
            self.control.act(act)
        except RefusedError as error:
            self.refused.append(error)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
