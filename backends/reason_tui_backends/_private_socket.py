"""A Unix socket that only this user's processes can reach, and the few JSON calls we make over it.

llama.cpp's server always listens somewhere. Here it listens in a folder of mode 0700, and asks for a key that
never leaves this process, so that no port of the machine is open and a stranger who finds the socket gets nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from reason_tui.errors import BackendError

_PREFIX = "reason-tui-model-"
_NAME = "model.sock"
_LONGEST_PATH = 100
"""`sun_path` holds 104 bytes on macOS and 108 on Linux."""
_SHORT = "/tmp"
"""Where the folder lies if it would have a longer path in the usual place."""
_PATIENCE_SECONDS = 60.0
_FRESH_SECONDS = 60
"""A younger folder may belong to a server that is just about to listen."""


class PrivateSocket:
    """A fresh folder with a socket's place in it; `close` removes both. The server makes the socket itself."""

    def __init__(self) -> None:
        _sweep()
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        if len(os.fsencode(folder)) + len(_NAME) + 1 > _LONGEST_PATH:
            shutil.rmtree(folder, ignore_errors=True)
            folder = tempfile.mkdtemp(prefix=_PREFIX, dir=_SHORT)
        self.folder = Path(folder)
        self.path = self.folder / _NAME
        self.key = secrets.token_hex(16)

    def call(self, route: str, body: dict[str, Any] | None = None) -> Any:
        """POST `body` (GET without one) and return the JSON answer. Raises BackendError where there is none."""
        connection = _UnixConnection(self.path)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        try:
            method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
            connection.request(method, route, data, headers)
            response = connection.getresponse()
            status, answer = response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BackendError(
                "The model's engine does not answer.", why=f"{route}: {error}", hint="Load the model again."
            ) from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise BackendError(
                "The model's engine refused a request.", why=f"{route}: {answer}", hint="Try another model."
            )
        return answer

    def close(self) -> None:
        """Remove the folder. Calling it twice is harmless."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _sweep() -> None:
    """Remove the folders of processes that were killed before they could: nobody listens there any more."""
    for place in {tempfile.gettempdir(), _SHORT}:
        for folder in Path(place).glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                found = folder.stat()
                is_old = time.time() - found.st_mtime > _FRESH_SECONDS
                if found.st_uid == os.getuid() and is_old and _deaf(folder / _NAME):
                    shutil.rmtree(folder, ignore_errors=True)


def _deaf(path: Path) -> bool:
    """Whether nobody listens at this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return True
    return False
