"""A job's process: begun in a session of its own, so that neither the app's end nor the terminal's is its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from reason_tui import __version__
from reason_tui.engine.jobs.folder import LOG, is_alive, make, new_job_id, read_records, read_spec
from reason_tui.engine.jobs.records import Begun, Data, JobSpec, Kind
from reason_tui.engine.jobs.seat import SHARED
from reason_tui.errors import EngineError, StateError
from reason_tui.runs.folders import reason
from reason_tui.text import clean

ENTRY = ("-m", "reason_tui")
_LAUNCH = """
import subprocess, sys
subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, pass_fds=(int(sys.argv[1]),), start_new_session=True)
"""
"""In a process between: who starts a job has no child to wait for, and the job no parent that takes it along."""
_WORDS = 4 * 1024


def start(
    state_dir: Path,
    kind: Kind,
    arguments: Sequence[str],
    *,
    title: str = "",
    settings: Data | None = None,
    entry: Sequence[str] = ENTRY,
) -> str:
    """Begin `reason-tui <arguments>` as a job in the working folder; its name, once its process has begun.

    `settings` are those of `config.Settings`, by name. Raises StateError where it cannot be saved, EngineError where it
    did not begin.
    """
    spec = JobSpec(
        id=new_job_id(kind),
        kind=kind,
        title=title,
        arguments=tuple(arguments),
        settings=settings or {},
        cwd=os.getcwd(),  # noqa: PTH109 Path.cwd() is the same and no string
        created_at=time.time(),
        app_version=__version__,
    )
    folder = make(state_dir, spec)
    _begin(folder, spec, entry)
    return spec.id


def resume(folder: Path, *, entry: Sequence[str] = ENTRY) -> None:
    """Begin a job again that has come to an end: it goes on with what is left.

    Raises StateError where a process works on it, EngineError where it did not begin.
    """
    if is_alive(folder):
        raise StateError(f"The job {folder.name} is going on.", hint=f"Look: reason-tui jobs attach {folder.name}")
    _begin(folder, read_spec(folder), entry)


def _begin(folder: Path, spec: JobSpec, entry: Sequence[str]) -> None:
    before = _begun(folder)
    reader, writer = os.pipe()
    command = (sys.executable, "-P", *entry, "--job", str(folder), "--job-begun", str(writer), *spec.arguments)
    environment = {name: value for name, value in os.environ.items() if name != SHARED}
    try:
        with (folder / LOG).open("ab") as log:
            said = os.fstat(log.fileno()).st_size
            subprocess.run(
                (sys.executable, "-I", "-S", "-c", _LAUNCH, str(writer), *command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(writer,),
                cwd=spec.cwd,
                env=environment,
                check=True,
            )
        os.close(writer)
        writer = -1
        os.read(reader, 1)  # the end of the pipe: it has begun, or is gone
    except (OSError, subprocess.SubprocessError) as error:
        why = f"{error.filename}: {reason(error)}" if isinstance(error, OSError) else str(error)
        raise EngineError(f"The job {folder.name} could not be started.", why=why) from error
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    if _begun(folder) == before:
        words = (folder / LOG).read_bytes()[said:][-_WORDS:].decode("utf-8", "replace").strip()
        raise EngineError(f"The job {folder.name} did not begin.", why=clean(words), hint=f"Its log: {folder / LOG}")


def _begun(folder: Path) -> int:
    return sum(isinstance(record, Begun) for record in read_records(folder))
