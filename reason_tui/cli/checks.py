"""The checks of `doctor`. Each really tries what it reports on, and raises nothing a user can meet."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import reason_tui
from reason_tui.cli.digest import sha256
from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings
from reason_tui.engine.walls import open_walls
from reason_tui.errors import ReasonTuiError
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import AUTO, backend_names
from reason_tui.runs.folders import private_dir

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """What a check found. `exit_code` is 0 unless nothing can be solved because of it."""

    level: Literal["ok", "warn", "fail"]
    text: str
    hint: str = ""
    exit_code: int = 0


def _failed(error: ReasonTuiError) -> Finding:
    return Finding("fail", f"{error.what} {error.why}".strip(), error.hint, error.exit_code)


async def python(_: EngineSettings) -> Finding:
    """The interpreter."""
    text = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("fail", text, "Python 3.11 or newer is needed.", 5)
    return Finding("ok", text)


async def system(_: EngineSettings) -> Finding:
    """The machine."""
    text = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    if sys.platform not in ("linux", "darwin"):
        return Finding("warn", text, "Only Linux is tested; macOS is meant to work.")
    return Finding("ok", text)


async def install(_: EngineSettings) -> Finding:
    """The package: its version and where it lies."""
    place = Path(reason_tui.__file__).parent
    try:
        version = importlib.metadata.version("reason-tui")
    except importlib.metadata.PackageNotFoundError:
        return Finding("warn", f"{reason_tui.__version__} at {place}, not installed", "make run, or pip install .")
    return Finding("ok", f"{version} at {place}")


async def terminal(_: EngineSettings) -> Finding:
    """What the app would draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Finding("warn", "none: the app cannot start here", "The commands work without one.")
    size = os.get_terminal_size()
    text = f"{os.environ.get('TERM', 'unknown')}, {size.columns}x{size.lines}, {sys.stdout.encoding}"
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        return Finding("warn", text, "Set a UTF-8 locale to see the tree as it is meant.")
    return Finding("ok", text)


async def state(settings: EngineSettings) -> Finding:
    """The folder of journals: can a file be written there?"""
    folder = Path(settings.state_dir)
    try:
        private_dir(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = f"{folder}: {error.strerror or error}"
        return Finding("fail", why, "Free space there, or set another folder (--state-dir).", 5)
    return Finding("ok", str(folder))


async def model(settings: EngineSettings) -> Finding:
    """The model's file, and the beginning of its SHA-256."""
    try:
        path = find_model(settings.model)
        digest = await asyncio.to_thread(sha256, path)
        files = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in files) / 1e6
    except ReasonTuiError as error:
        return _failed(error)
    except OSError as error:
        return Finding("fail", f"{settings.model}: {error.strerror or error}", "Make the file readable.", 3)
    return Finding("ok", f"{settings.model}: {path}, {size:.1f} MB, sha256 {digest[:16]}")


async def backend(settings: EngineSettings) -> Finding:
    """The backends there are. Whether the chosen one works is for `engine` to find out."""
    names = backend_names()
    text = ", ".join(_with_version(name) for name in names)
    if settings.backend not in (AUTO, *names):
        return Finding("fail", f"{settings.backend} is not among {text}", f"Use one of these, or `{AUTO}`.", 3)
    return Finding("ok", f"{settings.backend} of {text}")


def _with_version(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name


async def sandbox(settings: EngineSettings) -> Finding:
    """The sandbox: attacked before it is believed."""
    try:
        walls = await open_walls(settings)
    except ReasonTuiError as error:
        return _failed(error)
    try:
        proved = await walls.selftest()
    except ReasonTuiError as error:
        return _failed(error)
    finally:
        await walls.close()
    if proved.ok:
        return Finding("ok", walls.describe())
    text = f"{walls.describe()}; got through: {', '.join(proved.escaped)}"
    if settings.unsafe_local:
        return Finding("warn", text, "You asked for --unsafe-local: programs can read and delete your files.")
    return Finding("fail", text, "Do not run programs of a model here.", 4)


async def engine(settings: EngineSettings) -> Finding:
    """The engine process: does it start, load the model and get ready?"""
    try:
        async with EngineClient(settings) as client:
            ready = await client.ready()
    except ReasonTuiError as error:
        return _failed(error)
    loaded = ready.policy
    text = f"{loaded.model} by {loaded.backend} on {loaded.device}, {loaded.context_length} tokens of context, "
    memory = f"{loaded.memory_bytes / 1e6:.0f} MB predicted, {ready.model_mb * 1.048576:.0f} MB measured"
    width = f"{loaded.width} siblings at a time, " if loaded.width else ""
    return Finding("ok", text + width + memory)
