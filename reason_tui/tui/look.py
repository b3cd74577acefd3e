"""How the app looks and sounds: what the settings say, and what the terminal can do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from reason_tui.config import Settings
from reason_tui.tui.calling import Notify
from reason_tui.tui.themes import BY_SETTING, DARK, LIGHT

_FEW_GLYPHS = frozenset(("linux", "vt100", "vt220", "dumb"))
"""Terminals whose fonts lack the glyphs of the nodes."""


@dataclass(frozen=True)
class Look:
    """`theme` is a name that Textual knows; `keymap` the user's own keys by the id of the action."""

    theme: str = DARK
    ascii: bool = False
    notify: Notify = "bell"
    keymap: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, environment: Mapping[str, str] | None = None, encoding: str | None = None) -> Look:
        """What the settings say; `auto` is decided by the terminal."""
        env = os.environ if environment is None else environment
        written = (encoding if encoding is not None else sys.stdout.encoding) or ""
        plain = env.get("TERM") in _FEW_GLYPHS or "utf" not in written.lower()
        theme = BY_SETTING.get(settings.theme) or _theme_of(env)
        chosen = {"unicode": False, "ascii": True}.get(settings.glyphs, plain)
        return cls(theme=theme, ascii=chosen, notify=settings.notify, keymap=settings.keymap)


def _theme_of(env: Mapping[str, str]) -> str:
    """By COLORFGBG, which some terminals set: its last number is the background."""
    ground = env.get("COLORFGBG", "").split(";")[-1]
    return LIGHT if ground in ("7", "15") else DARK
