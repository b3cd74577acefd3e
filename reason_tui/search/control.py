"""What the user may do to a running search. Used from the event loop's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reason_tui.errors import RefusedError
from reason_tui.policy import CancelToken
from reason_tui.search.acts import Act

Steer = Callable[[Act], None]
Refuse = Callable[[Act, RefusedError], None]


def _ignore(act: Act, error: RefusedError) -> None:
    """For those who ask for nothing that takes its time."""


class Control:
    """Pause, step, stop, and acts upon the tree.

    A pause takes effect before the next expansion, a stop and an act at once.
    """

    def __init__(self) -> None:
        self._may_go = asyncio.Event()
        self._may_go.set()
        self._stepping = False
        self.stopped = False
        self.cancel = CancelToken()
        """Handed to the policy call in progress; another one after `renew`."""
        self.refuse: Refuse = _ignore
        """Called where an act turns out to make no sense only later."""
        self._steer: Steer | None = None
        self._stop = asyncio.Event()

    @property
    def paused(self) -> bool:
        """Whether the next expansion has to wait."""
        return not self._may_go.is_set() and not self.stopped

    def pause(self) -> None:
        """Hold before the next expansion."""
        self._may_go.clear()

    def resume(self) -> None:
        """Go on."""
        self._stepping = False
        self._may_go.set()

    def step(self) -> None:
        """Make one expansion, then hold again."""
        self._stepping = True
        self._may_go.set()

    def stop(self) -> None:
        """End the search; what is being generated is cut short."""
        self.stopped = True
        self._stop.set()
        self.cancel.cancel()
        self._may_go.set()

    def cut_short(self) -> None:
        """End the policy call in progress."""
        self.cancel.cancel()

    def renew(self) -> None:
        """Policy calls may be made again after one was cut short, unless the search was stopped."""
        if self.cancel.cancelled and not self.stopped:
            self.cancel = CancelToken()

    async def wait_for_turn(self) -> None:
        """Return when the next expansion may be made, or the search was stopped."""
        await self._may_go.wait()
        if self._stepping and not self.stopped:
            self._stepping = False
            self._may_go.clear()

    async def wait_for_stop(self) -> None:
        """Return when the search was stopped."""
        await self._stop.wait()

    def steered_by(self, steer: Steer | None) -> None:
        """Who takes the acts: a search, as long as it goes on."""
        self._steer = steer

    def act(self, act: Act) -> None:
        """Do something to the search. Raises RefusedError where it makes no sense, and what emitting events raises."""
        if self._steer is None:
            raise RefusedError("No search is going on.", hint="Branch from the run to go on with it.")
        self._steer(act)
