"""Frames over pipes: four bytes of length, then that many bytes. Every read has a deadline and a bound."""

from __future__ import annotations

import os
import select
import struct
import time
from collections.abc import Callable

MAX_FRAME = 64 << 20
_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 16
_TICK_S = 0.05


class ChannelError(Exception):
    """The other side is gone, or talks nonsense."""


class DeadlineError(Exception):
    """The other side did not answer in time."""


class OutputError(Exception):
    """More was written than a job may write."""


def pack(data: bytes) -> bytes:
    """`data` as one frame."""
    return _LENGTH.pack(len(data)) + data


def write_frame(fd: int, data: bytes) -> None:
    """Write one frame to a blocking descriptor."""
    view = memoryview(pack(data))
    while view:
        view = view[os.write(fd, view) :]


def read_exactly(fd: int, count: int) -> bytes:
    """`count` bytes from a blocking descriptor, and not one more. Raises ChannelError at its end."""
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise ChannelError("end of stream")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> bytes:
    """One frame from a blocking descriptor."""
    (length,) = _LENGTH.unpack(read_exactly(fd, _LENGTH.size))
    if length > MAX_FRAME:
        raise ChannelError("a frame too long")
    return read_exactly(fd, length)


class Output:
    """What a program writes to one of its streams: counted, the beginning kept."""

    def __init__(self, keep: int, limit: int) -> None:
        self.keep, self.limit = keep, limit
        self.kept = bytearray()
        self.count = 0
        self.muted = False

    def feed(self, data: bytes) -> None:
        """Take what was read. Raises OutputError over the limit."""
        if self.muted:
            return
        self.count += len(data)
        self.kept += data[: max(self.keep - len(self.kept), 0)]
        if self.count > self.limit:
            raise OutputError


class Peer:
    """A candidate as its supervisor talks to it: frames to and from, its output drained meanwhile.

    Nothing the candidate does can block the supervisor: writes are non-blocking, and every wait ends at a deadline.
    """

    def __init__(self, to_fd: int, from_fd: int, max_frame: int) -> None:
        self.to_fd, self.from_fd = to_fd, from_fd
        self._max_frame = max_frame
        self._inbox = bytearray()
        self._streams: dict[int, Output] = {}
        self._tick: Callable[[], None] = lambda: None
        self._ticked = time.monotonic()
        os.set_blocking(to_fd, False)

    def drain(self, streams: dict[int, Output], tick: Callable[[], None]) -> None:
        """Read these descriptors in every wait; call `tick` about every 50 ms. Both may raise OutputError."""
        self._streams, self._tick = streams, tick

    @property
    def descriptors(self) -> set[int]:
        """All of this side."""
        return {self.to_fd, self.from_fd, *self._streams}

    def exchange(self, data: bytes, deadline: float) -> bytes:
        """Send one frame and wait for one. Raises ChannelError, DeadlineError, OutputError."""
        outgoing = memoryview(pack(data))
        while True:
            frame = None if outgoing else self._pop()
            if frame is not None:
                return frame
            wait = deadline - time.monotonic()
            if wait <= 0:
                raise DeadlineError
            outgoing = self._turn(outgoing, min(wait, _TICK_S))

    def _turn(self, outgoing: memoryview, wait_s: float) -> memoryview:
        """Wait for something to happen, take what there is; what is still to be sent is returned."""
        poll = select.poll()
        poll.register(self.from_fd, select.POLLIN)
        for fd in self._streams:
            poll.register(fd, select.POLLIN)
        if outgoing:
            poll.register(self.to_fd, select.POLLOUT)
        ready = dict(poll.poll(int(wait_s * 1000) + 1))
        if time.monotonic() - self._ticked > _TICK_S:
            self._tick()
            self._ticked = time.monotonic()
        self._read_streams(ready)
        if outgoing and self.to_fd in ready:
            outgoing = self._send(outgoing)
        if self.from_fd in ready:
            part = os.read(self.from_fd, _CHUNK)
            if not part:
                raise ChannelError
            self._inbox += part
        return outgoing

    def _read_streams(self, ready: dict[int, int]) -> None:
        for fd in [fd for fd in self._streams if fd in ready]:
            part = os.read(fd, _CHUNK)
            if part:
                self._streams[fd].feed(part)
            else:
                del self._streams[fd]
                os.close(fd)

    def _send(self, outgoing: memoryview) -> memoryview:
        try:
            return outgoing[os.write(self.to_fd, outgoing) :]
        except BlockingIOError:
            return outgoing
        except OSError as error:
            raise ChannelError from error

    def _pop(self) -> bytes | None:
        if len(self._inbox) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._inbox)
        if length > self._max_frame:
            raise ChannelError("a frame too long")
        end = _LENGTH.size + length
        if len(self._inbox) < end:
            return None
        frame = bytes(self._inbox[_LENGTH.size : end])
        del self._inbox[:end]
        return frame

    def close(self) -> None:
        """Close every descriptor of this side, after a last look at the output that is still in the pipes."""
        for fd, output in self._streams.items():
            os.set_blocking(fd, False)
            try:
                while part := os.read(fd, _CHUNK):
                    output.feed(part)
            except (BlockingIOError, OutputError):
                pass
            os.close(fd)
        self._streams = {}
        os.close(self.to_fd)
        os.close(self.from_fd)
