"""The folders of jobs: where they lie, what is in them, who is at work."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from reason_tui.engine.jobs.records import RECORD, SCHEMA, JobSpec, Kind, Record
from reason_tui.errors import JobNotFoundError, StateError
from reason_tui.runs.folders import atomic_write, private_dir, reason
from reason_tui.runs.locks import is_held
from reason_tui.text import one_line

SPEC, PROGRESS, LOCK, LOG = "job.json", "progress.jsonl", "lock", "log"


def jobs_dir(state_dir: Path) -> Path:
    """The folder that holds a folder for each job."""
    return state_dir / "jobs"


def new_job_id(kind: Kind, now: datetime | None = None) -> str:
    """`<kind>-YYYYMMDD-HHMMSS-<4 hex>`, in local time."""
    return f"{kind}-{(now or datetime.now()).strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def make(state_dir: Path, spec: JobSpec) -> Path:
    """The folder of a new job. Raises StateError."""
    folder = jobs_dir(state_dir) / spec.id
    try:
        private_dir(folder)
        atomic_write(folder / SPEC, spec.model_dump_json(indent=1).encode("ascii", "backslashreplace"))
    except OSError as error:
        raise StateError(
            "The job cannot be saved.",
            why=f"{folder}: {reason(error)}",
            hint="Free space there, or set another state folder (--state-dir).",
        ) from error
    return folder


def read_spec(folder: Path) -> JobSpec:
    """What the job is. Raises StateError where job.json cannot be read, or is of a newer version."""
    path = folder / SPEC
    try:
        data = json.loads(path.read_bytes())
        if isinstance(data, dict) and data.get("schema_version", 0) > SCHEMA:
            raise StateError(f"{path} was written by a newer reason_tui.", hint="Install the newer version again.")
        return JobSpec.model_validate(data)
    except OSError as error:
        raise StateError(f"{path} cannot be read.", why=reason(error)) from error
    except (ValueError, TypeError, ValidationError) as error:
        raise StateError(
            f"{path} is damaged.", why=f"{type(error).__name__}.", hint=f"Remove it: reason-tui jobs rm {folder.name}"
        ) from error


def read_records(folder: Path, last_bytes: int | None = None) -> list[Record]:
    """What the job told, in order; of a long file the end alone, if `last_bytes` is given. Raises nothing.

    Lines that are damaged, torn, or of a kind that this version does not know are left out: of a job nothing is
    replayed.
    """
    try:
        with (folder / PROGRESS).open("rb") as file:
            if last_bytes is not None:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - last_bytes))
            content = file.read()
    except OSError:
        return []
    return list(parse(content))


def parse(content: bytes) -> Iterator[Record]:
    """The records of whole lines that are any."""
    for line in content.split(b"\n")[:-1]:
        try:
            yield RECORD.validate_json(line)
        except ValidationError:
            continue


def is_alive(folder: Path) -> bool:
    """Whether a process works on the job."""
    return is_held(folder / LOCK)


def pid_of(folder: Path) -> int | None:
    """The process that works on the job; None where none does."""
    if not is_alive(folder):
        return None
    try:
        return int((folder / LOCK).read_bytes())
    except (OSError, ValueError):
        return None


def list_jobs(state_dir: Path) -> list[Path]:
    """The folders of all jobs, newest first."""
    try:
        found = [folder for folder in jobs_dir(state_dir).iterdir() if (folder / SPEC).is_file()]
    except OSError:
        return []
    return sorted(found, key=lambda folder: (_made(folder), folder.name), reverse=True)


def _made(folder: Path) -> float:
    try:
        return read_spec(folder).created_at
    except StateError:
        return 0.0


def find_job(state_dir: Path, key: str) -> Path:
    """The folder of the job called `key`: its name, the only one that begins so, or `last`. Raises JobNotFoundError."""
    found = list_jobs(state_dir)
    if key == "last" and found:
        return found[0]
    fitting = [folder for folder in found if folder.name == key] or [
        folder for folder in found if key and folder.name.startswith(key)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise JobNotFoundError(
            f"{len(fitting)} jobs begin with `{one_line(key, 60)}`.",
            why=f"Among them: {', '.join(folder.name for folder in fitting[:3])}",
            hint="Give more of the name.",
        )
    raise JobNotFoundError(f"There is no job `{one_line(key, 60)}`.", hint="See them all: reason-tui jobs ls")
