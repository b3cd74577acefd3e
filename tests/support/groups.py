"""Which tests must stay in one process when there are several (`make test`)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

DOCKER = "docker"
_FILES = ("test_containers", "test_docker_faults")
_LEVEL = re.compile(r"[\[-]docker[\]-]")


def group_of(nodeid: str) -> str:
    """The file, since its tests share fixtures; one group for all that start and count containers of the one engine."""
    file, _, name = nodeid.partition("::")
    stem = PurePosixPath(file).stem
    return DOCKER if stem in _FILES or _LEVEL.search(name) else stem
