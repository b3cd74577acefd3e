"""`sandbox`: what the walls of this machine hold, tried out."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import get_args

import click

from reason_tui.cli.live import Line
from reason_tui.cli.options import flags_of, state_option
from reason_tui.cli.settings import engine_settings, load
from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import SandboxError
from reason_tui.sandbox import WorkerSandbox, open_sandbox
from reason_tui.sandbox.attacks import Outcome, Range, attack_all
from reason_tui.sandbox.types import Choice, SelfTest
from reason_tui.sandbox.walls.docker import DockerWall
from reason_tui.text import one_line

LEVELS = tuple(level for level in get_args(Choice) if level != "auto")
NOT_HERE, GOT_THROUGH = 4, 4
_HEADINGS = ("level", "self-test", "contained", "forged passes", "seconds")
_ROW = "{:12} {:10} {:10} {:14} {}"


@dataclass(frozen=True)
class Tried:
    """What came out at one level. `missing`: why it is not to be had here."""

    level: str
    missing: str = ""
    proved: SelfTest | None = None
    attacks: Outcome | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing got through."""
        return self.proved is not None and self.proved.ok and (self.attacks is None or self.attacks.ok)


@click.group
def sandbox() -> None:
    """Attack the sandbox on this machine."""


@sandbox.command
@click.option("--level", type=click.Choice(LEVELS), help="Only this one; else every level that is to be had here.")
@click.option("--attacks", is_flag=True, help="Every hostile program and every forgery, not the self-test alone.")
@click.option("--image", "docker_image", metavar="IMAGE", help="The Docker image to run programs in.")
@click.option("--pull", is_flag=True, help="Fetch the Docker image first.")
@state_option
@click.pass_context
def check(ctx: click.Context, /, level: str | None, attacks: bool, pull: bool, **flags: object) -> int:
    """Attack each level and print what held.

    The exit code is 0 when every level that is to be had held, 4 when something got through, when there is no level at
    all, or when the one that was asked for is not to be had.
    """
    settings = engine_settings(load(flags_of(ctx, flags)))
    if pull:
        DockerWall(settings.docker_image, settings.docker_mode).pull()
    tried = asyncio.run(_all(LEVELS if level is None else (level,), settings, attacks))
    _print(tried)
    if any(not one.holds for one in tried if not one.missing):
        return GOT_THROUGH
    return NOT_HERE if all(one.missing for one in tried) else 0


async def _all(levels: tuple[str, ...], settings: EngineSettings, attacks: bool) -> list[Tried]:
    with Range() as around:
        return [await _try(level, settings, around, attacks) for level in levels]


async def _try(level: str, settings: EngineSettings, around: Range, attacks: bool) -> Tried:
    try:
        opened = await open_sandbox(
            slots=1,
            level=level,
            docker_image=settings.docker_image,
            docker_mode=settings.docker_mode,
            packages=settings.packages,
        )
    except SandboxError as error:
        return Tried(level, missing=error.why or error.what)
    async with opened:
        proved = await opened.selftest()
        outcome = await _attack(opened, around, level) if attacks else None
        return Tried(level, proved=proved, attacks=outcome)


async def _attack(opened: WorkerSandbox, around: Range, level: str) -> Outcome:
    count = itertools.count(1)
    with Line() as line:
        return await attack_all(opened, around, lambda name: line.draw(f"{level} {next(count)}: {name}"))


def _print(tried: list[Tried]) -> None:
    click.echo(_ROW.format(*_HEADINGS))
    for one in tried:
        click.echo(_row(one))
    for one in tried:
        for name, why in _wrong(one).items():
            click.echo(one_line(f"{one.level}: {name}: {why}"))


def _row(one: Tried) -> str:
    if one.proved is None:
        return f"{one.level:12} not to be had here: {one_line(one.missing)}"
    proved, attacks = one.proved, one.attacks
    cells = [one.level, f"{proved.tried - len(proved.escaped)}/{proved.tried}"]
    if attacks is None:
        return _ROW.format(*cells, "-", "-", f"{proved.ms / 1000:.1f}")
    contained = f"{attacks.tried - len(attacks.escaped)}/{attacks.tried}"
    return _ROW.format(*cells, contained, f"{len(attacks.passed)} of {attacks.forged}", f"{attacks.seconds:.1f}")


def _wrong(one: Tried) -> dict[str, str]:
    told = dict.fromkeys(one.proved.escaped, "self-test: it got through") if one.proved is not None else {}
    return told if one.attacks is None else {**told, **one.attacks.escaped, **one.attacks.passed}
