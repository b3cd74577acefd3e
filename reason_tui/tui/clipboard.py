"""Copying: by the terminal itself (OSC 52, also over ssh), and by the desktop's tool where there is one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping

WAIT_S = 2.0


def tool(environment: Mapping[str, str] | None = None) -> tuple[str, ...] | None:
    """The command that takes a text for the clipboard on its standard input; None where there is none."""
    env = os.environ if environment is None else environment
    candidates: list[tuple[str, ...]] = [("pbcopy",)] if sys.platform == "darwin" else []
    if env.get("WAYLAND_DISPLAY"):
        candidates.append(("wl-copy",))
    if env.get("DISPLAY"):
        candidates += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    return next((command for command in candidates if shutil.which(command[0], path=env.get("PATH"))), None)


async def copy(text: str, command: tuple[str, ...] | None) -> str:
    """Give `text` to the tool; the tool's name, or "" where it did not take it."""
    if command is None:
        return ""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        await asyncio.wait_for(process.communicate(text.encode("utf-8", "replace")), WAIT_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):  # it ended just now
            process.kill()
        await process.wait()
        return ""
    return command[0] if process.returncode == 0 else ""
