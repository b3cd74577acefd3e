"""The user's own editor: the app steps aside until it is left; the engine's messages are taken in meanwhile."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from textual.app import App, SuspendNotSupported

from reason_tui.errors import UsageError
from reason_tui.runs.folders import reason

FALLBACKS = ("nano", "vim", "vi")


def editor(environment: Mapping[str, str] | None = None) -> list[str] | None:
    """$VISUAL, else $EDITOR, else one that is there; None where there is none. Raises UsageError."""
    env = os.environ if environment is None else environment
    for variable in ("VISUAL", "EDITOR"):
        try:
            named = shlex.split(env.get(variable, ""))
        except ValueError as error:
            raise UsageError(
                f"${variable} is no command.", why=f"{env[variable]}: {error}.", hint="Set it to your editor."
            ) from None
        if named:
            return named
    return next(([name] for name in FALLBACKS if shutil.which(name, path=env.get("PATH"))), None)


async def edited(app: App[int], text: str, name: str) -> str | UsageError:
    """The text after the user edited it, or why that was not possible."""
    try:
        command = editor()
    except UsageError as error:
        return error
    if command is None:
        return UsageError("There is no editor.", hint="Set $EDITOR to one.")
    with tempfile.TemporaryDirectory(prefix="reason-tui-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            # Nothing is drawn while the terminal is the editor's.
            with app.suspend(), app.batch_update():
                process = await asyncio.create_subprocess_exec(*command, str(path))
                status = await process.wait()
        except (OSError, SuspendNotSupported) as error:
            return UsageError(f"{command[0]} could not be started.", why=str(error))
        app.refresh(layout=True)
        if status:
            return UsageError(f"{command[0]} ended with status {status}.", why="The program stays as it was.")
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            return UsageError(
                f"{command[0]} left no file that can be read.", why=reason(error), hint="The program stays as it was."
            )
