"""Lines of standard input for a command that goes on meanwhile: nothing blocks, and Ctrl+C is not held up."""

from __future__ import annotations

import asyncio
import contextlib
import os

_PIECE = 4096
_LONGEST = 64 * 1024
"""Bytes of a line beyond which it is cut: nobody types that."""


class Lines:
    """The lines, one at a time. Used from one event loop."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._kept = b""
        self._ended = False

    async def next(self) -> str | None:
        """The next line without its end; None when there are no more."""
        while b"\n" not in self._kept and not self._ended and len(self._kept) < _LONGEST:
            piece = await self._read()
            self._ended = not piece
            self._kept += piece
        if self._ended and not self._kept:
            return None
        line, _, self._kept = self._kept.partition(b"\n")
        return line.decode("utf-8", "replace").strip()

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        try:
            loop.add_reader(self._descriptor, _note, ready)
        except (OSError, NotImplementedError):  # a file: it never keeps anyone waiting
            return self._now()
        try:
            await ready
        finally:
            loop.remove_reader(self._descriptor)
        return self._now()

    def _now(self) -> bytes:
        with contextlib.suppress(OSError):  # closed, or a terminal that is gone
            return os.read(self._descriptor, _PIECE)
        return b""


def _note(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
