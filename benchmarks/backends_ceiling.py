"""The ceiling of backends.py: bare_loop.c, compiled with `cc` (or $CC) and run on a policy's own context."""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from reason_tui_backends._llama_library import lib

_SOURCE = Path(__file__).resolve().with_name("bare_loop.c")
_POINTER, _INT = ctypes.c_void_p, ctypes.c_int32


class BareLoop:
    """Compiled into `folder`. Raises ClickException where that fails."""

    def __init__(self, folder: Path) -> None:
        library = folder / "bare_loop.so"
        compiler = shlex.split(os.environ.get("CC", "cc"))
        try:
            done = subprocess.run(
                [*compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)],
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            raise click.ClickException(f"The ceiling needs a C compiler ($CC, else cc): {error}") from error
        if done.returncode:
            raise click.ClickException(f"{_SOURCE.name} cannot be compiled:\n{done.stderr}")
        self._run = ctypes.CDLL(str(library)).bare_loop
        self._run.restype = _INT
        self._run.argtypes = [*[_POINTER] * 4, lib.llama_batch, ctypes.POINTER(_INT), *[_INT] * 4]
        functions = lib._lib
        self._decode = ctypes.cast(functions.llama_decode, _POINTER)
        self._share = ctypes.cast(functions.llama_memory_seq_cp, _POINTER)

    def run(self, engine: Any, prompt: Sequence[int], *, chunk: int, width: int, steps: int) -> None:
        """The prompt, then `steps` tokens of each of `width` siblings. The engine's context must be empty."""
        tokens = (_INT * len(prompt))(*prompt)
        context, memory = engine._context, engine._memory
        batch = lib.llama_batch_init(max(chunk, width), 0, 1)
        failed = self._run(self._decode, self._share, context, memory, batch, tokens, len(prompt), chunk, width, steps)
        lib.llama_batch_free(batch)
        if failed:
            raise click.ClickException(f"llama_decode failed in the bare loop: {failed}")
