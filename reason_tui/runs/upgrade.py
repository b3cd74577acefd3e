"""Events of older journals in the form they have now: one step from each format to the next, applied one after another.

A journal says its format in its first event, and again where another version went on with it; what stands between is
in that format. A file is never changed: who reads upgrades. A step takes the event as data, in format n, and gives it
in format n + 1; it fills in what readers of format n took for granted and format n + 1 may say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reason_tui.search.events import SCHEMA

Data = dict[str, Any]
Step = Callable[[Data], Data]

_SEAMS = ("run_started", "run_continued")
_FENCE_ENDS = "\n```"


class NewerSchemaError(Exception):
    """The journal was written by a newer version; the message names its schema."""


def _to_2(data: Data) -> Data:
    """Format 1 had one way to end a sample, and compared only what it put into groups. (Format 2 can be steered.)"""
    match data.get("type"):
        case "expansion_started":
            data.setdefault("stop", [_FENCE_ENDS])
        case "candidates_compared" if isinstance(groups := data.get("groups"), list):
            data.setdefault("nodes", [node for group in groups for node in group.get("nodes", ())])
    return data


STEPS: Mapping[int, Step] = {1: _to_2}
"""By the format they take."""


class Upgrade:
    """Takes the events of one journal in their order, as data."""

    def __init__(self, steps: Mapping[int, Step] = STEPS, newest: int = SCHEMA) -> None:
        self._steps = steps
        self._newest = newest
        self.schema = newest
        """The format of the events that come now."""

    def apply(self, data: Any) -> Any:
        """The event in the newest format. Raises NewerSchemaError; ValueError where it says no format that ever was."""
        if not isinstance(data, dict):
            return data
        seam = data.get("type") in _SEAMS
        if seam:
            self.schema = self._format_of(data)
        for step in range(self.schema, self._newest):
            data = self._steps[step](data)
        return {**data, "schema_version": self._newest} if seam else data

    def _format_of(self, data: Data) -> int:
        found = data.get("schema_version", 1)
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise ValueError("it says no format that ever was")
        if found > self._newest:
            raise NewerSchemaError(f"it has format {found}, and this version reads up to {self._newest}")
        return found
