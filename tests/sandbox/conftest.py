"""One sandbox with one worker for a test module: what one program leaves behind, the next one would meet."""

from __future__ import annotations

import pytest
import pytest_asyncio
from support import docker

from reason_tui.errors import SandboxError
from reason_tui.sandbox import open_sandbox
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
        image = docker.show(patched) if level == "docker" else None
        try:
            opened = await open_sandbox(slots=1, level=level, docker_image=image)
        except SandboxError as error:
            pytest.skip(f"needs {level}: {error}")
        async with opened:
            yield opened
