"""Which walls to try, in which order."""

from __future__ import annotations

from reason_tui.sandbox.walls.base import Wall
from reason_tui.sandbox.walls.direct import LandlockWall, NoWall

_WALLS: tuple[type[Wall], ...] = (LandlockWall,)


def candidates(level: str, *, unsafe_local: bool) -> list[Wall]:
    """The walls for `level` (`auto`: all there are), best first; no wall last, and only if that was asked for."""
    walls: list[Wall] = [wall() for wall in _WALLS if level in ("auto", wall.level)]
    return [*walls, NoWall()] if unsafe_local else walls
