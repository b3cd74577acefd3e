"""The command `reason-tui`: the one place that knows both the command line and the app, and imports the app lazily."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reason_tui.cli.main import run

if TYPE_CHECKING:
    from reason_tui.config import Settings
    from reason_tui.engine.protocol import EngineSettings
    from reason_tui.search.events import SearchSettings


def start_app(engine: EngineSettings, search: SearchSettings, settings: Settings) -> int:
    """Draw the app until the user leaves it."""
    from reason_tui.tui import run_app

    return run_app(engine, search, settings)


def main() -> None:
    """Entry point of the script and of `python -m reason_tui`."""
    sys.exit(run(sys.argv[1:], start_app))


if __name__ == "__main__":
    main()
