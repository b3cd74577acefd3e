"""The command line in a process of its own, with scripted models. Starting the app prints its settings."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends"), str(_ROOT / "tests")]

from support.engines import SCRIPTED  # noqa: E402

from reason_tui.cli import session  # noqa: E402
from reason_tui.cli.main import run  # noqa: E402
from reason_tui.config import Settings  # noqa: E402
from reason_tui.engine.client import EngineClient  # noqa: E402
from reason_tui.engine.protocol import EngineSettings  # noqa: E402
from reason_tui.search.events import SearchSettings  # noqa: E402


def start_app(engine: EngineSettings, search: SearchSettings, settings: Settings) -> int:
    print(f"app with {engine.model} and {search.budget}")
    return 7


if __name__ == "__main__":
    session.EngineClient = partial(EngineClient, entry=SCRIPTED)  # type: ignore[misc,assignment]
    sys.exit(run(sys.argv[1:], start_app))
