"""One sandbox with one worker for a test module: what one program leaves behind, the next one would meet."""

from __future__ import annotations

import sys

import pytest
import pytest_asyncio

from reason_tui.errors import SandboxError
from reason_tui.sandbox import open_sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    """Landlock and seccomp, one slot."""
    if sys.platform != "linux":
        pytest.skip("needs landlock: a part of Linux")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("REASON_TUI_SECRET", "hidden")
        try:
            opened = await open_sandbox(slots=1, level="landlock")
        except SandboxError as error:
            pytest.skip(f"needs landlock: {error}")
        async with opened:
            yield opened
