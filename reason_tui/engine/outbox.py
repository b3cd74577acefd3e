"""What the engine sends to its client: messages in order, telemetry dropped where the client does not keep up."""

from __future__ import annotations

import asyncio
import contextlib

from reason_tui.engine import wire
from reason_tui.engine.protocol import Message, Metrics, TokenText

_FULL = 1024 * 1024
"""Bytes waiting to be read by the client from which telemetry is dropped. Events never are."""


class Outbox:
    """The engine's end of the stream, for writing. Used from the event loop's thread; a lost client is silence."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: list[bytes] = []
        """What was said in this turn of the event loop: sent together, for each sending wakes the client."""

    def send(self, message: Message) -> None:
        """Send without waiting, at the end of this turn of the event loop."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if isinstance(message, TokenText | Metrics) and transport.get_write_buffer_size() > _FULL:
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._send)
        self._waiting.append(wire.encode(message))

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not self._writer.transport.is_closing():
            self._writer.writelines(waiting)

    async def close(self) -> None:
        """Send what waits, then close the stream."""
        self._send()
        self._writer.close()
        with contextlib.suppress(OSError):  # the client went first
            await self._writer.wait_closed()
