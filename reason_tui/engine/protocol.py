"""What crosses the socketpair between a screen (or the CLI) and the engine process: JSON lines, versioned.

Commands go in; events of the run and telemetry come out. An event is journalled before it is sent; telemetry is
sent and never journalled.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from reason_tui.policy import PolicyInfo
from reason_tui.sandbox.types import Choice, DockerMode, Level
from reason_tui.search.acts import Act
from reason_tui.search.events import Event, SearchSettings
from reason_tui.tasks.types import Frozen, Task

PROTOCOL = 1


class EngineSettings(Frozen):
    """How to start an engine: given once, on its command line."""

    model: str = "embedded"
    backend: str = "auto"
    context_length: int = Field(default=4096, ge=256)
    threads: int = Field(default=1, ge=1)
    width: int = Field(default=4, ge=1, le=64)
    device: str = Field(default="auto", min_length=1)
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    quantise: Literal["none", "nf4"] = "none"
    serial: bool = False
    gpu_layers: int | None = Field(default=None, ge=0)
    adapter: str | None = Field(default=None, min_length=1)
    memory_gb: float | None = Field(default=None, gt=0)
    slots: int = Field(default=2, ge=1)
    sandbox: Choice = "auto"
    docker_image: str | None = Field(default=None, min_length=1)
    docker_mode: DockerMode = "warm"
    numpy: bool = False
    unsafe_local: bool = False
    state_dir: str

    def model_options(self) -> dict[str, Any]:
        """What `models.loader.load_policy` is given besides model and backend. `width` siblings fit at a time."""
        names = ("context_length", "threads", "device", "dtype", "quantise", "serial", "gpu_layers", "adapter")
        limit = None if self.memory_gb is None else int(self.memory_gb * 1e9)
        return {name: getattr(self, name) for name in names} | {"parallel": self.width, "memory_limit": limit}

    @property
    def packages(self) -> tuple[str, ...]:
        """What programs may import beside the standard library."""
        return ("numpy",) if self.numpy else ()


class StartRun(Frozen):
    """Search this task. One run at a time; refused while another is going on."""

    type: Literal["start_run"] = "start_run"
    task: Task
    settings: SearchSettings


class ResumeRun(Frozen):
    """Go on with a run of the state folder that was interrupted, stopped or failed. `run` is its whole name.

    Its events from RunContinued on are sent, numbered as in its journal. Refused where the engine's model or sandbox
    is another than the run's.
    """

    type: Literal["resume_run"] = "resume_run"
    run: str


class Pause(Frozen):
    """Hold the run before its next expansion."""

    type: Literal["pause"] = "pause"


class Resume(Frozen):
    """Let a paused run go on."""

    type: Literal["resume"] = "resume"


class Step(Frozen):
    """While paused: make one expansion."""

    type: Literal["step"] = "step"


class Stop(Frozen):
    """End the run and keep the best."""

    type: Literal["stop"] = "stop"


class Shutdown(Frozen):
    """End the engine; a run going on is stopped and kept."""

    type: Literal["shutdown"] = "shutdown"


# What else a person may do to the run: see `reason_tui.search.acts`. Each is told by its event, or by a Refused.

Command = Annotated[
    StartRun | ResumeRun | Pause | Resume | Step | Stop | Shutdown | Act,
    Field(discriminator="type"),
]


class Ready(Frozen):
    """The model is loaded and the sandbox tested. The first message of an engine that could start.

    `level` is how the sandbox holds programs, as verdicts name it. `model_mb` is by how much the engine's memory grew
    while the model was loaded, in MiB, and what the model took of an accelerator's own; what was predicted is
    `policy.memory_bytes`.
    """

    type: Literal["ready"] = "ready"
    protocol: int = PROTOCOL
    policy: PolicyInfo
    sandbox: str
    sandbox_ok: bool
    level: Level
    model_mb: float = 0.0


class RunEvent(Frozen):
    """An event of a run, already in its journal."""

    type: Literal["event"] = "event"
    run: str
    seq: int
    event: Event


class TokenText(Frozen):
    """New text of a node that is being generated (raw; clean it before it reaches a terminal)."""

    type: Literal["token_text"] = "token_text"
    node: int
    text: str


class Metrics(Frozen):
    """A few times a second while a run goes on."""

    type: Literal["metrics"] = "metrics"
    tokens_per_s: float
    engine_memory_mb: float


class Problem(Frozen):
    """An error a user can meet.

    `fatal`: the engine ends after it. Else `run` names the run that is over because of it (its RunFinished came
    before, unless it is the journal that failed), and without a run a command was refused.
    """

    type: Literal["problem"] = "problem"
    what: str
    why: str = ""
    hint: str = ""
    exit_code: int
    fatal: bool = False
    run: str | None = None


class Note(Frozen):
    """What a backend wants a user to know, such as that memory suffices for fewer siblings at a time. Nothing failed.

    The text may be anyone's: clean it before it reaches a terminal.
    """

    type: Literal["note"] = "note"
    text: str


class Refused(Frozen):
    """An act upon the run that makes no sense as it is now. Nothing was changed, and the run goes on."""

    type: Literal["refused"] = "refused"
    act: Act
    what: str
    why: str = ""
    hint: str = ""


Message = Annotated[
    Ready | RunEvent | TokenText | Metrics | Note | Refused | Problem,
    Field(discriminator="type"),
]

COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
