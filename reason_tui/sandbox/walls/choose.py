"""Which walls to try, in which order."""

from __future__ import annotations

from reason_tui.sandbox.types import DockerMode
from reason_tui.sandbox.walls.base import Wall
from reason_tui.sandbox.walls.bubblewrap import BubblewrapWall
from reason_tui.sandbox.walls.direct import LandlockWall, NoWall
from reason_tui.sandbox.walls.docker import SOON_S, DockerWall
from reason_tui.sandbox.walls.seatbelt import SeatbeltWall


def candidates(
    level: str,
    *,
    unsafe_local: bool,
    docker_image: str | None = None,
    docker_mode: DockerMode = "warm",
    packages: tuple[str, ...] = (),
) -> list[Wall]:
    """The walls for `level` (`auto`: all there are), best first; no wall last, and only if that was asked for."""
    docker = DockerWall(docker_image, docker_mode, SOON_S) if level == "auto" else DockerWall(docker_image, docker_mode)
    walls: list[Wall] = [wall for wall in _all(docker) if level in ("auto", wall.level)]
    walls += [NoWall()] if unsafe_local else []
    for wall in walls:
        wall.packages = packages
    return walls


def _all(docker: DockerWall) -> list[Wall]:
    return [docker, BubblewrapWall(), LandlockWall(), SeatbeltWall()]
