"""Themes, and what the style names of `ink` look like in each. Colours are Okabe and Ito's: told apart by everyone.

Nothing is told by colour alone: every status has its glyph and its word.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from rich.style import Style
from textual.theme import Theme

DARK, LIGHT, CONTRAST, PLAIN = "reason-dark", "reason-light", "reason-contrast", "reason-plain"
ANSI_DARK, ANSI_LIGHT = "reason-ansi-dark", "reason-ansi-light"
"""The terminal's own colours, on its own background."""


@dataclass(frozen=True)
class _Colours:
    """Okabe and Ito's colours, shifted only as far as the background demands."""

    ground: str
    surface: str
    panel: str
    text: str
    dim: str
    faint: str
    cursor: str
    sky: str
    green: str
    yellow: str
    orange: str
    vermillion: str
    purple: str
    blue: str


_DARK = _Colours(
    ground="#11151a",
    surface="#151a21",
    panel="#1d242d",
    text="#d7dde4",
    dim="#8f9aa6",
    faint="#56616d",
    cursor="#26303c",
    sky="#56b4e9",
    green="#2fbf95",
    yellow="#e8d84a",
    orange="#e69f00",
    vermillion="#f0753a",
    purple="#d58bb4",
    blue="#7aa7ff",
)
_LIGHT = _Colours(
    ground="#fbfaf7",
    surface="#f4f2ed",
    panel="#e9e6df",
    text="#20262d",
    dim="#5a646e",
    faint="#a3a9af",
    cursor="#dfe7ef",
    sky="#00629b",
    green="#00704f",
    yellow="#7a6500",
    orange="#9a5b00",
    vermillion="#b34700",
    purple="#8f3f70",
    blue="#0a58a8",
)
_CONTRAST = _Colours(
    ground="#000000",
    surface="#000000",
    panel="#1c1c1c",
    text="#ffffff",
    dim="#d0d0d0",
    faint="#9a9a9a",
    cursor="#3a3a3a",
    sky="#6fd3ff",
    green="#3cf0b8",
    yellow="#fff35c",
    orange="#ffb733",
    vermillion="#ff8f5c",
    purple="#ffb0dc",
    blue="#9cc2ff",
)
_HUES = ("sky", "green", "yellow", "orange", "vermillion", "purple", "blue")
_PLAIN = replace(
    _CONTRAST,
    panel="#000000",
    dim="#ffffff",
    faint="#bbbbbb",
    cursor="#444444",
    **dict.fromkeys(_HUES, "#ffffff"),
)
_ANSI_DARK = _Colours(
    ground="default",
    surface="default",
    panel="default",
    text="default",
    dim="dim default",
    faint="bright_black",
    cursor="bright_black",
    sky="bright_cyan",
    green="bright_green",
    yellow="bright_yellow",
    orange="yellow",
    vermillion="bright_red",
    purple="bright_magenta",
    blue="bright_blue",
)
_ANSI_LIGHT = replace(
    _ANSI_DARK,
    cursor="white",
    sky="blue",
    green="green",
    yellow="cyan",
    orange="magenta",
    vermillion="red",
)
_COLOURS = {
    DARK: _DARK,
    LIGHT: _LIGHT,
    CONTRAST: _CONTRAST,
    PLAIN: _PLAIN,
    ANSI_DARK: _ANSI_DARK,
    ANSI_LIGHT: _ANSI_LIGHT,
}
BY_SETTING = {
    "dark": DARK,
    "light": LIGHT,
    "high-contrast": CONTRAST,
    "plain": PLAIN,
    "ansi-dark": ANSI_DARK,
    "ansi-light": ANSI_LIGHT,
}
"""The themes by the names that the settings have for them."""

PAPER = {ANSI_DARK: DARK, ANSI_LIGHT: LIGHT}
"""The theme of a picture, where the terminal's colours are nobody's."""

STYLES: dict[str, str] = {
    "dim": "{dim}",
    "faint": "{faint}",
    "strong": "bold {text}",
    "key": "bold {sky}",
    "title": "bold {text}",
    "chosen": "bold reverse {sky}",
    "passed": "{green}",
    "partial": "{yellow}",
    "failed": "{vermillion}",
    "error": "{purple}",
    "timeout": "{orange}",
    "running": "{sky}",
    "queued": "{dim}",
    "pruned": "{faint}",
    "best": "bold {green}",
    "warning": "{orange}",
    "added": "{green}",
    "removed": "{vermillion}",
    "hunk": "{sky}",
    "keyword": "{sky}",
    "string": "{green}",
    "number": "{orange}",
    "comment": "italic {dim}",
    "name": "bold {blue}",
    "builtin": "{purple}",
}


@cache
def styles(theme: str) -> dict[str, Style]:
    """The style of each name under this theme; under one that is not ours, those of the dark theme."""
    colours = _COLOURS.get(theme, _DARK)
    made = {name: Style.parse(text.format(**vars(colours))) for name, text in STYLES.items()}
    made[""] = Style.null()
    return made


def _theme(name: str, colours: _Colours, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=colours.sky,
        secondary=colours.blue,
        accent=colours.orange,
        success=colours.green,
        warning=colours.orange,
        error=colours.vermillion,
        foreground=colours.text,
        background=colours.ground,
        surface=colours.surface,
        panel=colours.panel,
        dark=dark,
        variables={
            "rule": colours.faint,
            "dim": colours.dim,
            "cursor": colours.cursor,
            "focus": colours.sky,
            "block-cursor-background": colours.sky,
            "block-cursor-foreground": colours.ground,
            "input-selection-background": f"{colours.sky} 35%",
            "scrollbar": colours.faint,
            "scrollbar-hover": colours.dim,
            "scrollbar-active": colours.sky,
            "scrollbar-background": colours.ground,
            "scrollbar-background-hover": colours.ground,
            "scrollbar-background-active": colours.ground,
        },
    )


def _ansi(name: str, colours: _Colours, *, dark: bool) -> Theme:
    """A theme of the terminal's sixteen colours; Textual calls them by names of its own."""
    own = _Colours(**{field: f"ansi_{colour.split()[-1]}" for field, colour in vars(colours).items()})
    made = _theme(name, replace(own, dim="ansi_bright_black"), dark=dark)
    made.ansi = True
    ink, paper = ("ansi_white", "ansi_black") if dark else ("ansi_black", "ansi_white")
    made.variables |= {
        "ansi-background": paper,
        "ansi-foreground": ink,
        "border-blurred": paper,
        "block-cursor-foreground": paper,
        "input-cursor-background": own.sky,
        "input-cursor-foreground": paper,
        "input-selection-background": own.sky,
        "input-selection-foreground": paper,
        "screen-selection-background": own.sky,
        "screen-selection-foreground": paper,
        "scrollbar-corner-color": "ansi_default",
    }
    return made


THEMES = (
    _theme(DARK, _DARK, dark=True),
    _theme(LIGHT, _LIGHT, dark=False),
    _theme(CONTRAST, _CONTRAST, dark=True),
    _theme(PLAIN, _PLAIN, dark=True),
    _ansi(ANSI_DARK, _ANSI_DARK, dark=True),
    _ansi(ANSI_LIGHT, _ANSI_LIGHT, dark=False),
)
