"""`doctor`: what works on this machine, each in a line, and what to do about what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import click

from reason_tui.cli import checks
from reason_tui.cli.checks import Finding
from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.settings import engine_settings, load
from reason_tui.engine.protocol import EngineSettings
from reason_tui.text import one_line

CHECKS: dict[str, Callable[[EngineSettings], Awaitable[Finding]]] = {
    "python": checks.python,
    "platform": checks.system,
    "install": checks.install,
    "terminal": checks.terminal,
    "state": checks.state,
    "model": checks.model,
    "backend": checks.backend,
    "sandbox": checks.sandbox,
    "engine": checks.engine,
}


@click.command
@engine_options
@click.pass_context
def doctor(ctx: click.Context, /, **flags: object) -> int:
    """Say what works on this machine, and what to do about the rest.

    The exit code is 0 when problems can be solved here, else that of the first thing in the way: 3 for the model or its
    backend, 4 for the sandbox, 5 for the rest.
    """
    settings = engine_settings(load(flags_of(ctx, flags)))
    return asyncio.run(_all(settings))


async def _all(settings: EngineSettings) -> int:
    code = 0
    for name, check in CHECKS.items():
        finding = await check(settings)
        click.echo(f"{finding.level:4}  {name:8}  {one_line(finding.text)}")
        if finding.hint:
            click.echo(f"{'':16}{one_line(finding.hint)}")
        code = code or finding.exit_code
    return code
