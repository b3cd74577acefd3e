"""How a worker is started. A wall is a command line and what to say of it; everything else is the same for all."""

from reason_tui.sandbox.walls.base import Wall
from reason_tui.sandbox.walls.choose import candidates

__all__ = ["Wall", "candidates"]
