"""What the user may do to a running search, as flags that the driver looks at. Used from the event loop's thread."""

from __future__ import annotations

import asyncio

from reason_tui.policy import CancelToken


class Control:
    """Pause, step, stop. A pause takes effect before the next expansion, a stop at once."""

    def __init__(self) -> None:
        self._may_go = asyncio.Event()
        self._may_go.set()
        self._stepping = False
        self.stopped = False
        self.cancel = CancelToken()
        """Handed to the policy call in progress."""

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
        self.cancel.cancel()
        self._may_go.set()

    async def wait_for_turn(self) -> None:
        """Return when the next expansion may be made, or the search was stopped."""
        await self._may_go.wait()
        if self._stepping and not self.stopped:
            self._stepping = False
            self._may_go.clear()
