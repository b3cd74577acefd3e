"""The one place that makes foreign text (model, candidate, server) safe to show in a terminal.

Stored text stays raw; it passes through here on every way to a screen or a tty.
"""

from __future__ import annotations

import re

# Bidirectional controls can show a program in another order than it runs; zero-width characters
# hide in names; the line and paragraph separators break a line where no one sees it.
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u00ad\u180e\u200b-\u200d\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
_TAGS = "\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}{_INVISIBLE}{_TAGS}]")
ELLIPSIS = "…"


def clean(text: str) -> str:
    """`text` with every character that could drive a terminal or deceive a reader written as an escape.

    C0 (but newline and tab), DEL, C1, bidirectional and zero-width controls and surrogates become
    `\\x1b`, `\\u202e` and the like; a carriage return before a newline is dropped.
    """
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str, width: int | None = None) -> str:
    """`text`, cleaned, on one line, cut to at most `width` characters."""
    line = " ".join(clean(text).split())
    return line if width is None else shorten(line, width)


def shorten(text: str, width: int) -> str:
    """`text` cut to at most `width` characters, with an ellipsis where something is missing."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
