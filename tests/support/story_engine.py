"""An engine for a whole session at the keyboard: the model is wrong until it gets a hint, then right in two ways.

As long as the file `full` is in its state folder, no file can be written: its disk is full.
"""

from __future__ import annotations

import itertools
import resource
import sys
import threading
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends"), str(_ROOT / "tests")]

from reason_tui.engine.__main__ import leave, main  # noqa: E402
from reason_tui.engine.protocol import EngineSettings  # noqa: E402
from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink  # noqa: E402
from support.scripted import ScriptedPolicy  # noqa: E402

HINT = "add them up"
CALL_S = 0.3
"""Slow enough for a person, and for a journal that does not get long while a test reads the screen."""


class Story(ScriptedPolicy):
    """`add`, wrong in ever new ways."""

    def __init__(self) -> None:
        super().__init__(self._texts)
        self._wrong = itertools.count(1)

    def _texts(self, request: SampleRequest) -> list[str]:
        if any(HINT in message.content for message in request.messages):
            right = itertools.cycle(("a + b", "a + abs(b)"))
            return [_reply(next(right)) for _ in range(request.n)]
        return [_reply(f"a - b - {next(self._wrong)}") for _ in range(request.n)]

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        threading.Event().wait(CALL_S)
        return super().sample(request, on_token, cancel)


def _reply(body: str) -> str:
    return f"```python\ndef add(a, b):\n    return {body}\n```"


def load(settings: EngineSettings) -> Story:
    """The story, whatever model is asked for."""
    threading.Thread(target=_disk, args=(Path(settings.state_dir) / "full",), daemon=True).start()
    return Story()


def _disk(full: Path) -> None:
    """No room while this file is there; the file `room` says that there is some again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    was_full = False
    while True:
        is_full = full.exists()
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 if is_full else soft, hard))
        if was_full and not is_full:
            full.with_name("room").touch()
        was_full = is_full
        threading.Event().wait(0.05)


if __name__ == "__main__":
    leave(main(sys.argv[1:], load))
