"""What there is to be had on this machine while it is attacked: a file, a folder, a process, a server, a variable."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from reason_tui.sandbox.walls.owners import temporary

VARIABLE = "REASON_TUI_SECRET"
_FOLDERS = ("/", "/home", "/root", "/Users", "/var", "/etc", "/run", "/opt", "/srv", "/tmp")


class Range:
    """A context. Enter it before a sandbox is opened, so that the workers' parent has the variable."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=temporary("range"))))
            self.file = self._folder / "file"
            self.file.write_text("of the user", encoding="utf-8")
            self.file.chmod(0o640)
            self._before = self._look()
            self._token = uuid.uuid4().hex
            command = [sys.executable, "-c", "input()", self._token]
            self.victim = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
            stack.callback(self.victim.kill)
            self._server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            self._server.setblocking(False)
            stack.callback(os.environ.pop, VARIABLE, None)
            os.environ[VARIABLE] = self._token
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def facts(self) -> dict[str, object]:
        """HOST, as the attacks know it."""
        return {
            "file": str(self.file),
            "folder": str(self._folder),
            "home": str(Path.home()),
            "listings": {path: _listing(path) for path in (*_FOLDERS, str(self._folder), str(Path.home()))},
            "passwd": _hash(Path("/etc/passwd")),
            "victim": self.victim.pid,
            "token": self._token,
            "port": self._server.getsockname()[1],
            "variable": VARIABLE,
        }

    def harm(self) -> str:
        """What was done to any of it; empty where nothing."""
        if self.victim.poll() is not None:
            return "another process was ended"
        if self._look() != self._before:
            return "the files of the user are not as they were"
        with contextlib.suppress(BlockingIOError):
            self._server.accept()[0].close()
            return "a server on this machine was reached"
        return ""

    def _look(self) -> tuple[object, ...]:
        try:
            told = self.file.stat()
            names = sorted(path.name for path in self._folder.iterdir())
            return told.st_mode, told.st_uid, told.st_mtime_ns, told.st_nlink, self.file.read_text("utf-8"), *names
        except OSError as error:
            return (repr(error),)


def _listing(path: str) -> str:
    try:
        names = sorted(entry.name for entry in Path(path).iterdir())
    except OSError:
        return ""
    return hashlib.sha256(repr(names).encode("utf-8", "surrogateescape")).hexdigest() if names else ""


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
