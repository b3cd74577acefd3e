"""What a job is, and what it tells: records of JSON, one a line."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter

from reason_tui.tasks.types import Frozen

SCHEMA = 1

Kind = Literal["collect", "train", "eval", "compare", "learn"]
Ending = Literal["done", "stopped", "failed"]
Data = dict[str, JsonValue]


class JobSpec(Frozen):
    """`job.json`. The command is `reason-tui <arguments>`, run in the folder `cwd` under these `settings`.

    Settings hold as if each were given as a flag: what the user changes later does not change a job.
    """

    schema_version: int = SCHEMA
    id: str
    kind: Kind
    title: str = ""
    arguments: tuple[str, ...]
    settings: Data = Field(default_factory=dict)
    cwd: str
    created_at: float = Field(ge=0, description="Unix time")
    app_version: str


class _Told(Frozen):
    """Base of the records: `at` is Unix time. What a newer version adds to one is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: float = Field(default_factory=time.time, ge=0)


class Begun(_Told):
    """A process began, or went on with, the job."""

    type: Literal["begun"] = "begun"
    schema_version: int = SCHEMA
    pid: int
    app_version: str


class Waiting(_Told):
    """Another process has a model loaded. `behind` says who, in words, the owner first."""

    type: Literal["waiting"] = "waiting"
    behind: tuple[str, ...]


class Working(_Told):
    """Nobody else has a model any more: the work begins."""

    type: Literal["working"] = "working"
    model: str


class Progress(_Told):
    """So much of the work is done. `total` is None where nobody knows; `data` holds figures for curves."""

    type: Literal["progress"] = "progress"
    done: int
    total: int | None = None
    text: str = ""
    data: Data = Field(default_factory=dict)


class Note(_Told):
    """Something a user should know of."""

    type: Literal["note"] = "note"
    text: str


class Ended(_Told):
    """The last record of a process that could say how it ended. `result` is text for people, `data` for programs."""

    type: Literal["ended"] = "ended"
    outcome: Ending
    result: str = ""
    data: Data = Field(default_factory=dict)
    exit_code: int = 0
    what: str = ""
    why: str = ""
    hint: str = ""


Record = Annotated[Begun | Waiting | Working | Progress | Note | Ended, Field(discriminator="type")]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)
