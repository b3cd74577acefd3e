"""The word for what a candidate is worth: the ladder of SEARCH.md."""

from __future__ import annotations

from typing import Literal

Status = Literal["passed", "partial", "failed", "error", "timeout", "unparsable", "unverified"]
