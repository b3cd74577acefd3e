"""The language of a node: a glyph, a word and a style for each state it can be in. Never colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reason_tui.search.node import Node

State = Literal[
    "passed",
    "partial",
    "failed",
    "error",
    "timeout",
    "running",
    "queued",
    "pruned",
    "cut",
    "stale",
    "unverified",
    "root",
]


@dataclass(frozen=True)
class Look:
    """`word` is what the inspector and a screen reader say."""

    glyph: str
    ascii: str
    word: str
    style: str


LOOKS: dict[State, Look] = {
    "passed": Look("✓", "+", "passes", "passed"),
    "partial": Look("◐", "%", "passes some", "partial"),
    "failed": Look("✗", "x", "fails", "failed"),
    "error": Look("!", "!", "raises", "error"),
    "timeout": Look("T", "T", "times out", "timeout"),
    "running": Look("▸", ">", "generating", "running"),
    "queued": Look("·", ".", "waits for its verdict", "queued"),
    "pruned": Look("⊘", "0", "pruned", "pruned"),
    "cut": Look("⊘", "0", "cut short", "pruned"),
    "stale": Look("·", ".", "judged by earlier tests", "queued"),
    "unverified": Look("?", "?", "unverified", "partial"),
    "root": Look(" ", " ", "the problem", "strong"),
}

SYMBOLS = {
    "best": ("★", "*"),
    "pinned": ("◆", "^"),
    "repair": ("↻", "~"),
    "edit": ("✎", "e"),
    "branch": ("├ ", "|-"),
    "corner": ("└ ", "`-"),
    "bar": ("│ ", "| "),
    "gap": ("  ", "  "),
    "folded": ("▸", ">"),
    "deep": ("‥", ".."),
    "ok": ("✓", "+"),
    "not ok": ("✗", "x"),
    "done": ("■", "#"),
    "spark": ("▁▂▃▄▅▆▇█", "_.-=+*#@"),
}


@dataclass(frozen=True)
class Glyphs:
    """The glyphs of one terminal: `ascii` where the others are missing or wide."""

    ascii: bool = False

    def of(self, state: State) -> str:
        """The glyph of a state."""
        look = LOOKS[state]
        return look.ascii if self.ascii else look.glyph

    def __getitem__(self, name: str) -> str:
        return SYMBOLS[name][1 if self.ascii else 0]

    def spark(self, values: list[float], cells: int, top: float | None = None) -> str:
        """The last `cells` values as bars, from 0 to `top` (their largest, if None)."""
        shown = values[-cells:]
        bars = self["spark"]
        top = max(shown, default=0.0) if top is None else top
        if top <= 0:
            return bars[0] * len(shown)
        return "".join(bars[min(int(value / top * len(bars)), len(bars) - 1)] for value in shown)


def state_of(node: Node) -> State:
    """What a node is doing, or what came of it."""
    if node.dead:
        return "pruned"
    if (outcome := outcome_of(node)) is not None:
        return outcome
    if node.parent is None:
        return "root"
    return "running" if generating(node) else "queued"


def outcome_of(node: Node) -> State | None:
    """What came of it, whether it is pruned or not; None where it has no verdict yet."""
    if node.cancelled:
        return "cut"
    return "error" if node.status == "unparsable" else node.status


def generating(node: Node) -> bool:
    """Whether the policy is, or will be, writing it."""
    return node.parent is not None and node.completion is None and node.program is None


def tests_of(node: Node) -> str:
    """Visible tests passed of those run, e.g. `3/5`; a word of three letters where there is no such figure."""
    if node.cancelled:
        return "cut"
    if node.status is None:
        return "" if node.parent is None else "gen" if generating(node) else "···"
    if node.verdict is None:
        return "-"
    if node.verdict.records:
        return f"{node.verdict.passed}/{len(node.verdict.records)}"
    return "t/o" if node.status == "timeout" else "err" if node.status == "error" else "-"


def number(value: float | None) -> str:
    """A figure in [0, 1] in four cells or fewer: `.94`, `1.0`; `—` where there is none."""
    if value is None:
        return "—"
    if value != value or value in (float("inf"), float("-inf")):  # NaN or infinite
        return "∞"
    text = f"{value:.2f}"
    return text[1:] if text.startswith("0.") else text[:4]


def many(number: int, noun: str) -> str:
    """`1 run`, `2 runs`, `1,200 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def count(value: int) -> str:
    """`980`, `1.2k`, `34k`, `1.2M`."""
    if value < 1000:
        return str(value)
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            scaled = value / size
            return f"{scaled:.1f}{letter}" if scaled < 9.95 else f"{scaled:.0f}{letter}"
    raise AssertionError("unreachable")


def size(megabytes: float) -> str:
    """`48M`, `1.2G`."""
    return f"{megabytes:.0f}M" if megabytes < 1000 else f"{megabytes / 1024:.1f}G"


def span(seconds: float) -> str:
    """Five cells: ` 4.2s` below a hundred seconds, else a clock."""
    return f"{max(seconds, 0.0):4.1f}s" if seconds < 99.95 else clock(seconds)


def clock(seconds: float) -> str:
    """`00:28`, `1:02:03`."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
