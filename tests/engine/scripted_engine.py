"""An engine process with a scripted model in it: everything else is the real thing.

The settings' `model` names the script; a `+walls` after it puts the real sandbox in the place of a table.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import resource
import signal
import sys
import threading
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends"), str(_ROOT / "tests")]

from support.evil import EVIL  # noqa: E402
from support.scripted import ScriptedPolicy, TableSandbox  # noqa: E402

from reason_tui.engine import parts  # noqa: E402
from reason_tui.engine.__main__ import leave, main  # noqa: E402
from reason_tui.engine.__main__ import open_walls as open_real  # noqa: E402
from reason_tui.engine.protocol import EngineSettings  # noqa: E402
from reason_tui.errors import ModelNotFoundError  # noqa: E402
from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink  # noqa: E402
from reason_tui.sandbox.types import Sandbox  # noqa: E402

GOOD = "def add(a, b):\n    return a + b\n"
_EVIL = (
    f"```python\ndef add(a, b):\n    # {EVIL}\n    return a + b\n```",
    f"```python\ndef add(a, b):\n    raise type('Evil' + {EVIL!r}, (Exception,), {{}})({EVIL!r})  # {EVIL}\n```",
    f"```python\ndef add(a, b):\n    print({EVIL!r})\n    return {EVIL!r}\n```",
    f"{EVIL} no program {EVIL}",
)
"""The first one comes last."""
_SCARCE = logging.getLogger("reason_tui_backends._scarce")
TABLE = {"return a + b": 1.0, "return a - b": 0.5}


class Scenario(ScriptedPolicy):
    """A scripted policy that can also misbehave as a model's library might."""

    def __init__(self, name: str, state: Path) -> None:
        super().__init__(self._texts)
        self._name = name
        self._state = state

    def _texts(self, request: SampleRequest) -> list[str]:
        if self._name == "big":
            return ["x = '" + "y" * 400_000 + "'"] * request.n
        if self._name == "evil":
            return [_EVIL[len(self.requests) % len(_EVIL)]] * request.n
        if self._name == "solve" and len(self.requests) > 1:
            return [f"```python\n{GOOD}```"] * request.n
        if self._name.startswith("steady"):  # the same request gives the same siblings
            return _drawn(request)
        call = len(self.requests)
        return [f"```python\ndef add(a, b):\n    return {call} * {i + 2} + a - b\n```" for i in range(request.n)]

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        match self._name:
            case "wait":  # until it is cancelled, as a slow model
                on_token(0, "waiting")
                while not cancel.cancelled:
                    threading.Event().wait(0.005)
            case "deaf":  # to every cancellation
                parts.GRACE_S = 0.2
                on_token(0, "waiting")
                threading.Event().wait()
            case "steady-slow":
                on_token(0, "waiting")
                threading.Event().wait(0.02)
            case "steady-mortal" if len(self.requests) == 2:
                os._exit(77)
            case "steady-hung" if len(self.requests) == 2 and not (self._state / "hung").exists():
                (self._state / "hung").touch()  # once; in a library that does not let go of the interpreter
                ctypes.PyDLL(None).sleep(1000)
            case "stopped":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "no-memory":
                print("terminate called after throwing an instance of 'std::bad_alloc'", file=sys.stderr, flush=True)
                os.abort()
            case "big-list":
                raise MemoryError
            case "scarce":
                _SCARCE.warning("Out of memory with %d siblings at a time: %d at a time from now on.", 4, 2)
            case "exit":
                print("a library's last words \x1b[2J", file=sys.stderr, flush=True)
                os._exit(77)
            case "abort":
                os.abort()
            case "fault" if not self.requests:
                self.requests.append(request)
                raise ZeroDivisionError("nobody foresaw this")
            case "full":  # the disk: no file may grow any more
                resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
        return super().sample(request, on_token, cancel)

    @property
    def device_bytes(self) -> int:
        """What it takes of an accelerator's memory."""
        return 3 << 30 if self._name == "scarce" else 0

    def close(self) -> None:
        print("the policy was closed", flush=True)


def _drawn(request: SampleRequest) -> list[str]:
    bodies = ("a", "b", "a - b", "b - a", "a * b", "(", "a - c", "0 + a", "b + 0", "a // b", "a % b", "a ** b")
    draws = [hashlib.blake2b(f"{request.seed}:{i}".encode()).digest()[0] for i in range(request.n)]
    return [f"```python\ndef add(a, b):\n    return {bodies[draw % len(bodies)]}\n```" for draw in draws]


class Table(TableSandbox):
    """Says when it is closed."""

    async def close(self) -> None:
        print("the sandbox was closed", flush=True)


def load(settings: EngineSettings) -> Scenario:
    """The scripted policy, or what loading a model can end in."""
    print("a library prints to standard output", flush=True)
    name = settings.model.removesuffix("+walls")
    if name == "missing":
        raise ModelNotFoundError("There is no model `missing`.", why="No such file.", hint="Choose another.")
    if name == "broken":
        raise ZeroDivisionError("nobody foresaw this")
    if name == "scarce":
        _SCARCE.warning("There is memory for %d siblings at a time, not for %d.", 4, 8)
    if name == "slow-load":
        threading.Event().wait()
    return Scenario(name, Path(settings.state_dir))


async def open_walls(settings: EngineSettings) -> Sandbox:
    """A table, or the real sandbox."""
    return await open_real(settings) if settings.model.endswith("+walls") else Table(TABLE)


if __name__ == "__main__":
    leave(main(sys.argv[1:], load, open_walls))
