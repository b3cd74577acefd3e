"""How a test says that it needs something this machine may lack. See tests/conftest.py."""

from __future__ import annotations

import re
from collections.abc import Set

import pytest

_REASON = re.compile(r"(?:Skipped: )?needs ([\w-]+)")


def skip_without(name: str, found: object, why: str = "") -> None:
    """Skip with the reason `needs NAME: why`, unless `found`."""
    if not found:
        pytest.skip(f"needs {name}: {why or 'not found here'}", allow_module_level=True)


def required_by(reason: str, required: Set[str]) -> str | None:
    """The name in `reason`, if it is one of those that must not be missing."""
    match = _REASON.match(reason)
    return match.group(1) if match and match.group(1) in required else None
