"""A sandbox at a level, for tests that open one themselves."""

from __future__ import annotations

from typing import Any

import pytest

from reason_tui.errors import SandboxError
from reason_tui.sandbox import WorkerSandbox, open_sandbox
from support import docker


async def opened(level: str, patch: pytest.MonkeyPatch, slots: int = 2, **options: Any) -> WorkerSandbox:
    """For the caller to close. Skips where the machine lacks the level; `patch` brings Docker's engine in sight."""
    image = docker.show(patch) if level == "docker" else None
    try:
        return await open_sandbox(slots=slots, level=level, docker_image=image, **options)
    except SandboxError as error:
        pytest.skip(f"needs {level}: {error}")
