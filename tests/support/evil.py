"""Text that would drive a terminal or deceive its reader, and what must never be on a screen."""

from __future__ import annotations

from typing import Any

EVIL = "\x1b[31m\x1b]0;owned\x07 [/x] [bold]\u202eabc\u2066\x9b2J\x08\x7f\ufeff"
FORBIDDEN = "\x1b\x07\x9b\x08\x7f\u202e\u2066\ufeff\r"


def unsafe(driven: Any) -> str:
    """What of the screen could drive a terminal."""
    return "".join(sorted({character for row in driven.frame() for character in row if character in FORBIDDEN}))
