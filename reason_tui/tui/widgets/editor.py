"""The editors of the problem and of its tests. Code in them is coloured; control characters cannot get out."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.text import Text
from textual.widgets import TextArea

from reason_tui.text import clean
from reason_tui.tui import highlight
from reason_tui.tui.ink import Line
from reason_tui.tui.themes import styles

_SUSPECT = re.compile(r"[^\t -~]")


def shown(text: str) -> str:
    """`text`, as long as it was, with a substitute for each character that could drive a terminal or deceive."""
    return _SUSPECT.sub(lambda match: match[0] if clean(match[0]) == match[0] else "\ufffd", text)


class Editor(TextArea):
    """A text area that colours what looks like Python."""

    def __init__(
        self,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002
        placeholder: str = "",
        colour: Callable[[str], tuple[Line, ...]] = highlight.prompt,
    ) -> None:
        super().__init__(
            text,
            id=id,
            theme="css",
            soft_wrap=True,
            show_line_numbers=False,
            placeholder=placeholder,
            highlight_cursor_line=False,  # its colour would cover ours
        )
        self._colour = colour
        self._coloured: tuple[Line, ...] = ()
        self._coloured_for: str | None = None

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn: of the same length as in the document."""
        raw = self.document.get_line(line_index)
        text = Text(shown(raw), end="", no_wrap=True)
        looks, at = styles(self.app.theme), 0
        for part, style in self._spans(line_index, raw):
            if style:
                text.stylize(looks[style], at, at + len(part))
            at += len(part)
        return text

    def _spans(self, line_index: int, raw: str) -> Line:
        """The styled parts of a line; the whole text is looked at once per change."""
        if self._coloured_for != self.text:
            self._coloured_for = self.text
            self._coloured = self._colour(self.text)
        spans = self._coloured[line_index] if line_index < len(self._coloured) else ()
        return spans if sum(len(part) for part, _ in spans) == len(raw) else ()
