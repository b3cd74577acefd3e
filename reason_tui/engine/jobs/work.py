"""A job from inside: the process that does the work."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from reason_tui import __version__
from reason_tui.engine.jobs.folder import LOCK, PROGRESS
from reason_tui.engine.jobs.records import Begun, Data, Ended, Kind, Note, Progress, Record, Waiting, Working
from reason_tui.engine.jobs.seat import Seat
from reason_tui.errors import ReasonTuiError, StateError
from reason_tui.runs.folders import reason
from reason_tui.runs.lines import dump
from reason_tui.runs.locks import take

Show = Callable[[Record], None]
_PAUSE_S = 0.2
"""Between two records of progress that hold no data."""
INTERRUPTED = 130


def _hide(record: Record) -> None:
    """For callers that show nothing."""


class Job:
    """What the work reports to. In the foreground (`folder` is None) nothing is kept, everything is shown."""

    def __init__(self, state_dir: Path, kind: Kind, folder: Path | None, show: Show, polls: bool) -> None:
        self.state_dir = state_dir
        self.folder = folder
        self.stop_asked = False
        """Whether to come to an end; only of use with `polls`."""
        self._kind = kind
        self._show = show
        self._polls = polls
        self._lock = self._file = -1
        self._torn = False
        """Whether the last record may stand there by halves: the next one then begins on a line of its own."""
        self._told = 0.0
        self._result: tuple[str, Data] = ("", {})

    @classmethod
    @contextlib.contextmanager
    def open(
        cls,
        state_dir: Path,
        kind: Kind,
        folder: str | Path | None = None,
        *,
        show: Show = _hide,
        polls: bool = False,
        begun: int | None = None,
    ) -> Iterator[Job]:
        """The job for as long as the block lasts; how the block is left is how it ends.

        `show` hears every record. `begun` is a descriptor that is closed once the job has begun. Raises StateError
        where another process works on it, or its folder cannot be written.
        """
        job = cls(state_dir, kind, None if folder is None else Path(folder), show, polls)
        job._enter()
        if begun is not None:
            os.close(begun)
        try:
            yield job
        except BaseException as error:
            job._end(_ending_of(error))
            raise
        else:
            job._end(Ended(outcome="done"))

    def progress(self, done: int, total: int | None = None, text: str = "", *, data: Data | None = None) -> None:
        """Say how far it is. Records without data that come too fast are left out."""
        now = time.monotonic()
        if data or now - self._told >= _PAUSE_S or done == total:
            self._told = now
            self._tell(Progress(done=done, total=total, text=text, data=data or {}))

    def note(self, text: str) -> None:
        """Say something that the user should know of."""
        self._tell(Note(text=text))

    def result(self, text: str, *, data: Data | None = None) -> None:
        """What is told at the end, if the work ends well."""
        self._result = (text, data or {})

    @contextlib.contextmanager
    def model(self, name: str) -> Iterator[None]:
        """The block has the machine's model: waits until no other process has one, and says for whom."""
        seat = self._seat(name)
        try:
            if seat is not None:
                seat.wait(lambda ahead: self._tell(Waiting(behind=tuple(map(str, ahead)))))
            self._tell(Working(model=name))
            yield
        finally:
            if seat is not None:
                seat.leave()

    def _seat(self, name: str) -> Seat | None:
        """A place in the queue; none where the state folder cannot be written: then nobody can wait for us."""
        try:
            return Seat(self.state_dir, self._kind if self.folder is None else self.folder.name, name)
        except OSError:
            return None

    def _enter(self) -> None:
        if self.folder is None:
            return
        try:
            lock = take(self.folder / LOCK)
            if lock is None:
                raise StateError(f"Another process works on {self.folder.name}.", hint="reason-tui jobs ls")
            self._lock = lock
            os.ftruncate(lock, 0)
            os.write(lock, str(os.getpid()).encode())
            self._file = _appendable(self.folder / PROGRESS)
        except OSError as error:
            raise StateError("The job cannot be saved.", why=f"{self.folder}: {reason(error)}") from error
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal it was started from may go
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us with it ignored
        signal.signal(signal.SIGTERM, self._stop)
        self._tell(Begun(pid=os.getpid(), app_version=__version__))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_asked = True
        if not self._polls:
            signal.raise_signal(signal.SIGINT)

    def _tell(self, record: Record) -> None:
        if self._file >= 0:
            line = (b"\n" if self._torn else b"") + dump(record) + b"\n"
            self._torn = True
            with contextlib.suppress(OSError):  # a full disk ends no job: what it makes is kept elsewhere
                self._torn = os.write(self._file, line) < len(line)
        self._show(record)

    def _end(self, ended: Ended) -> None:
        if ended.outcome == "done":
            text, data = self._result
            ended = ended.model_copy(update={"result": text, "data": data})
        self._tell(ended)
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.fsync(descriptor)
                os.close(descriptor)
        self._file = self._lock = -1


def _ending_of(error: BaseException) -> Ended:
    if isinstance(error, KeyboardInterrupt):
        return Ended(outcome="stopped", exit_code=INTERRUPTED)
    if isinstance(error, ReasonTuiError):
        return Ended(outcome="failed", exit_code=error.exit_code, what=error.what, why=error.why, hint=error.hint)
    return Ended(
        outcome="failed",
        exit_code=ReasonTuiError.exit_code,
        what="Something broke inside reason_tui.",
        why=f"{type(error).__name__}: {error}",
        hint="The job's log says more.",
    )


def _appendable(path: Path) -> int:
    """The file, behind its last whole line. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")  # a line torn by a crash ends here, and is left out on reading
    return descriptor
