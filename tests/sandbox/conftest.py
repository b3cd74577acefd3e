"""One sandbox with one worker for a test module: what one program leaves behind, the next one would meet."""

from __future__ import annotations

import pytest
import pytest_asyncio
from support.levels import opened

from reason_tui.sandbox.attacks import Range

LEVELS = ("landlock", "bubblewrap", "docker")


@pytest.fixture(scope="module", params=LEVELS)
def level(request):
    """Each level in turn; skips where the machine lacks it."""
    return request.param


@pytest.fixture(scope="module")
def around():
    """What there is to be had outside of the sandbox."""
    with Range() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(level, around):
    """One slot, at this level."""
    with pytest.MonkeyPatch.context() as patched:
        async with await opened(level, patched, slots=1) as sandbox:
            yield sandbox
