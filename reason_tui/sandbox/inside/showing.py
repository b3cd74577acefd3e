"""Values as a reader sees them."""

from __future__ import annotations

import reprlib

_MAX_NODES = 200
_MAX_TEXT = 600
_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = _SHORT.maxdict = 30
_SHORT.maxstring = _SHORT.maxother = 300


def brief(value: object) -> str:
    """A bounded repr of a value that has crossed."""
    try:
        text = repr(value) if _nodes(value, _MAX_NODES) <= _MAX_NODES else _SHORT.repr(value)
    except (ValueError, RecursionError, MemoryError):  # an int of more digits than Python writes; a ring
        text = f"<{type(value).__name__} too large to show>"
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _nodes(value: object, left: int) -> int:
    """How many parts `value` has; stops counting once there are more than `left`."""
    if isinstance(value, (str, bytes, bytearray)):
        return 1 + len(value) // 20
    if isinstance(value, dict):
        parts: list[object] = [*value.keys(), *value.values()] if len(value) <= left else [None] * len(value)
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value) if len(value) <= left else [None] * len(value)
    else:
        return 1
    count = 1
    for part in parts:
        count += _nodes(part, left - count)
        if count > left:
            break
    return count
