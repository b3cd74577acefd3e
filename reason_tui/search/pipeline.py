"""Expansions in flight: while programs of one are run, the next one is sampled already.

What a strategy sees when it is asked depends on nothing but the run's past. Before expansion k is asked for, the
verdicts of all expansions up to k - `limit` are told, in the order asked, and of no later one; whoever is done sooner
waits. So a seed reproduces a run, and a run that was cut off goes on as it would have.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from reason_tui.search.expanding import Expanding
from reason_tui.search.judging import Judging
from reason_tui.search.node import Expansion
from reason_tui.search.strategies import Ask
from reason_tui.search.tree import Tree


class Pipeline:
    """The expansions of `tree` whose verdicts were not all told, oldest first; `limit` of them at most."""

    def __init__(
        self,
        tree: Tree,
        expanding: Expanding,
        judging: Judging,
        limit: int,
        over: Callable[[], bool],
        cut_short: Callable[[], None],
    ) -> None:
        """`over` says whether what was told ends the search; `cut_short` ends the policy call in progress."""
        self._tree = tree
        self._expanding = expanding
        self._judging = judging
        self._limit = limit
        self._over = over
        self._cut_short = cut_short
        self._flying: deque[Expansion] = deque()
        self.overtaken = False
        """Whether the end of the search came while something was sampled: if it is none after all, `catch_up`."""

    @property
    def flying(self) -> bool:
        """Whether there are expansions whose verdicts were not all told."""
        return bool(self._flying)

    async def catch_up(self) -> None:
        """Bring what an interrupted run had in flight to where the next expansion would have been asked for."""
        self._flying.clear()
        self.overtaken = False
        await self._judging.confirm()
        unfinished = self._tree.unfinished()
        open_still = {expansion.id for expansion in unfinished}
        for expansion in list(self._tree.expansions.values()):
            if expansion.id not in open_still and not self._over():
                await self._expanding.consult(expansion)
        for expansion in unfinished:
            nodes = self._tree.of(expansion)
            told = [node for node in nodes if node.reward is not None]
            if told and not (self._over() and all(node.program is None for node in told)):  # else the end overtook it
                await self._expanding.sample(expansion)
                await self._judging.judge(nodes)
                await self._judging.confirm()
                await self._expanding.consult(expansion)
            elif not self._over():
                await self._advance(expansion)

    async def expand(self, ask: Ask) -> None:
        """A new expansion: sampled when this returns, and as many verdicts told as the next one may see."""
        await self._advance(self._expanding.begin(ask))

    async def tell_oldest(self) -> bool:
        """Tell the verdicts of the oldest expansion in flight; whether there was one."""
        if not self._flying:
            return False
        oldest = self._flying[0]
        await self._judging.judge(self._tree.of(oldest))
        await self._judging.confirm()
        await self._expanding.consult(oldest)
        self._flying.popleft()
        return True

    async def land(self) -> None:
        """Tell all verdicts in flight, unless one of them ends the search: what was asked after it is void then."""
        while not self._over() and await self.tell_oldest():
            pass

    async def _advance(self, newest: Expansion) -> None:
        sampling = asyncio.create_task(self._expanding.sample(newest))
        try:
            await self._tell(newest.id)
            if self._over():
                self.overtaken = True
                self._cut_short()
            await sampling
        finally:
            if not sampling.done():
                sampling.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sampling
        if self._over():
            self._judging.give_up(self._tree.of(newest))
            self._judging.tell_empty(self._tree.of(newest))  # a screen need not wait for those
        elif not newest.failed:
            self._flying.append(newest)
            await self._tell(newest.id)

    async def _tell(self, newest: int) -> None:
        """Tell what the expansion after `newest` may see."""
        while self._flying and self._flying[0].id <= newest + 1 - self._limit and not self._over():
            await self.tell_oldest()
