"""The app on the terminal. Importing this package costs nothing: Textual is imported when the app is started."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reason_tui.config import Settings
    from reason_tui.engine.protocol import EngineSettings
    from reason_tui.search.events import Event, SearchSettings

__all__ = ["run_app"]


def run_app(
    engine: EngineSettings,
    search: SearchSettings,
    settings: Settings,
    *,
    prompt: str | None = None,
    replay: Iterable[Event] | None = None,
) -> int:
    """Draw the app until the user leaves it; the exit code.

    `settings` say how the app looks and which keys it has, and go with the jobs that it begins. `prompt` stands in the
    editor instead of the example. With `replay`, the events of a journal are shown and no engine is started.
    """
    from reason_tui.tui.app import run

    return run(engine, search, settings, prompt=prompt, replay=replay)
