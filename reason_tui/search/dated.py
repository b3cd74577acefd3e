"""What every event has: when it was."""

from __future__ import annotations

import time

from pydantic import Field

from reason_tui.tasks.types import Frozen


class Dated(Frozen):
    """Base of the events."""

    at: float = Field(default_factory=time.time, ge=0, le=1e11, allow_inf_nan=False)
    """Unix time by the wall clock, which can be set back."""
