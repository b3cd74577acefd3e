"""A scripted engine whose sandbox fails its self-test."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))

import scripted_engine
from support.scripted import TableSandbox

from reason_tui.engine.__main__ import leave, main
from reason_tui.engine.protocol import EngineSettings
from reason_tui.sandbox.types import SelfTest


class Leaky(TableSandbox):
    async def selftest(self) -> SelfTest:
        return SelfTest(level="landlock", tried=2, escaped=("open a connection",))


async def open_leaky(settings: EngineSettings) -> Leaky:
    return Leaky(scripted_engine.TABLE)


if __name__ == "__main__":
    leave(main(sys.argv[1:], scripted_engine.load, open_leaky))
