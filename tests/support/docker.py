"""Docker for the tests that ask for it, and for no other: what the rest runs in shall not depend on who runs an engine.

`.ci/docker start FOLDER` starts an engine of our own and makes the image `reason-tui-test:local`, offline.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

_KEPT, _NOWHERE = "REASON_TUI_TESTS_DOCKER_HOST", "unix:///nonexistent/docker.sock"
_IMAGE = "reason-tui-test:local"


def hide() -> None:
    """No test, and no process that a test starts, finds an engine, unless it calls `show`."""
    if os.environ.get("DOCKER_HOST") != _NOWHERE:
        os.environ[_KEPT] = os.environ.get("DOCKER_HOST", "")
        os.environ["DOCKER_HOST"] = _NOWHERE


def show(patch: pytest.MonkeyPatch) -> str:
    """Bring the engine back. Returns the image to run programs in; skips where there is no engine or no image."""
    from reason_tui.sandbox.walls.docker import DockerWall

    if os.environ.get(_KEPT):
        patch.setenv("DOCKER_HOST", os.environ[_KEPT])
    else:
        patch.delenv("DOCKER_HOST", raising=False)
    reasons = []
    for wall in (DockerWall(_IMAGE), DockerWall()):
        reason = wall.unavailable()
        if not reason:
            return wall.image
        reasons.append(reason)
    pytest.skip(f"needs docker: {' '.join(reasons)}")


def told(*words: str) -> str:
    """What the client says. Raises CalledProcessError."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def containers(app: int | None = None) -> list[str]:
    """Those of the sandboxes that this process opened, or the process `app`: others may use the same engine."""
    from reason_tui.sandbox.walls.docker import LABEL

    shown = "{{.ID}} {{.Label " + json.dumps(LABEL) + "}}"
    rows = told("ps", "--all", "--no-trunc", "--filter", f"label={LABEL}", "--format", shown).splitlines()
    owners = dict(row.split() for row in rows)
    return [container for container, owner in owners.items() if owner.split("/")[1] == str(app or os.getpid())]


def is_busy(container: str) -> bool:
    """Whether a job runs in it: a server, a supervisor and a candidate, under a line of headings."""
    try:
        return len(told("top", container).splitlines()) > 3
    except subprocess.CalledProcessError:  # it does not run yet, or not any more
        return False
