"""What a model would take of memory, asked of a process of its own: the libraries that a backend needs to answer are
heavy, may write to the terminal, and stay where they were imported.

`python -P -m reason_tui.models.outlook` reads the question and prints the answer, both as JSON; `foresee` asks it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from reason_tui.errors import ModelTooLargeError, ReasonTuiError
from reason_tui.policy import Forecast

_WAIT_S = 20.0
"""After this it counts as not known: the engine finds out."""


class Outlook(BaseModel):
    """The `forecast`, None where it is not known, or why the model cannot be loaded (`problem`, on lines).

    Where more memory that is free would mend it, `missing` is how many bytes; a limit that was set stays, whatever
    comes free.
    """

    model_config = ConfigDict(frozen=True)

    forecast: Forecast | None = None
    problem: str = ""
    missing: int = 0


async def foresee(model: str, backend: str, options: Mapping[str, Any]) -> Outlook:
    """What `models.loader.load_policy` would take with these arguments. Cancelled, it leaves no process behind."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "reason_tui.models.outlook"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return Outlook()
    asked = json.dumps({**options, "model": model, "backend": backend}).encode()
    try:
        told, _ = await asyncio.wait_for(process.communicate(asked), _WAIT_S)
        return Outlook.model_validate_json(told)
    except (TimeoutError, ValidationError):
        return Outlook()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def look(asked: Mapping[str, Any]) -> Outlook:
    """The answer, in the process that may import what it needs."""
    from reason_tui.models.loader import forecast_memory

    try:
        return Outlook(forecast=forecast_memory(**asked))
    except ModelTooLargeError as error:
        return Outlook(problem=str(error), missing=error.missing)
    except ReasonTuiError as error:
        return Outlook(problem=str(error))


def main() -> None:
    """Answer; what libraries print goes elsewhere."""
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.write(answer, look(json.load(sys.stdin)).model_dump_json().encode())


if __name__ == "__main__":
    main()
