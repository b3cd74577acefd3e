from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.engines import SCRIPTED
from support.needs import skip_without

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings
from reason_tui.sandbox.walls.choose import candidates


@pytest.fixture
def walls() -> None:
    """Something to run programs in."""
    found = candidates("auto", unsafe_local=False)
    skip_without("landlock", any(not wall.unavailable() for wall in found), "no wall works on this machine")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Callable[..., EngineClient]]:
    """Makes clients of scripted engines over `tmp_path/state`, by the script's name, and closes them."""
    made: list[EngineClient] = []

    def make(script: str, state: Path | None = None) -> EngineClient:
        settings = EngineSettings(model=script, state_dir=str(state or tmp_path / "state"))
        made.append(EngineClient(settings, entry=SCRIPTED))
        return made[-1]

    yield make
    for client in made:
        await client.close()
