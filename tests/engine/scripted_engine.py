"""An engine process with a scripted model in it: everything else is the real thing.

The script is the settings' `model`: `solve`, `slow`, `hang`, `crash`, `abort`, `fault`, `missing` or `stream`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends"), str(_ROOT / "tests")]

from support.scripted import ScriptedPolicy, TableSandbox  # noqa: E402

from reason_tui.engine.__main__ import leave, main  # noqa: E402
from reason_tui.engine.protocol import EngineSettings  # noqa: E402
from reason_tui.errors import ModelNotFoundError  # noqa: E402
from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink  # noqa: E402

GOOD = "def add(a, b):\n    return a + b\n"
TABLE = {"return a + b": 1.0, "return a - b": 0.5}


class Scenario(ScriptedPolicy):
    """A scripted policy that can also misbehave as a model's library might."""

    def __init__(self, scenario: str) -> None:
        super().__init__(self._texts)
        self._scenario = scenario

    def _texts(self, request: SampleRequest) -> list[str]:
        if self._scenario == "solve" and len(self.requests) > 1:
            return [f"```python\n{GOOD}```"] * request.n
        call = len(self.requests)
        return [f"```python\ndef add(a, b):\n    return {call} * {i + 2} + a - b\n```" for i in range(request.n)]

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        match self._scenario:
            case "hang":
                on_token(0, "waiting")
                while not cancel.cancelled:
                    threading.Event().wait(0.005)
            case "deaf":
                on_token(0, "waiting")
                threading.Event().wait()
            case "crash":
                print("a library's last words", file=sys.stderr, flush=True)
                os._exit(77)
            case "abort":
                os.abort()
            case "fault":
                raise ZeroDivisionError("nobody foresaw this")
        return super().sample(request, on_token, cancel)


def load(settings: EngineSettings) -> Scenario:
    print("a library prints to standard output", flush=True)
    if settings.model == "missing":
        raise ModelNotFoundError("There is no model `missing`.", why="No such file.", hint="Choose another.")
    return Scenario(settings.model)


async def open_table(settings: EngineSettings) -> TableSandbox:
    return TableSandbox(TABLE)


def run(arguments: Sequence[str]) -> None:
    leave(main(arguments, load, open_table))


if __name__ == "__main__":
    run(sys.argv[1:])
