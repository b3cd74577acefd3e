"""Every error a user can meet, in one tree.

    ReasonTuiError             exit code 5   something we did not foresee, or an internal fault
    ├── UsageError             exit code 2   what the user gave us cannot be used
    │   ├── TaskError                        an empty prompt, tests that do not parse
    │   ├── RefusedError                     an act upon a run that makes no sense at the time
    │   ├── DatasetError                     a dataset that is missing or damaged
    │   └── ConfigError                      a setting that is unknown or out of range
    ├── BackendError           exit code 3   the model cannot be had
    │   ├── ModelNotFoundError               no file, no such model
    │   ├── ModelDamagedError                a file that is not what it says it is
    │   ├── ModelTooLargeError               it does not fit the memory there is
    │   └── PromptTooLongError               the prompt does not fit the context
    ├── SandboxError           exit code 4   no safe way to run a program on this machine
    ├── StateError             exit code 5   journals and folders
    │   ├── JournalError                     a journal that cannot be read or written
    │   ├── RunNotFoundError   exit code 2   no run of that name
    │   ├── JobNotFoundError   exit code 2   no job of that name
    │   └── AdapterNotFoundError exit code 2   no adapter of that name
    ├── TrainingError          exit code 5   a training diverged, or needs more than this machine has
    └── EngineError            exit code 5   the engine process died or does not answer

Each says what happened, why, and what to do next; a printer shows the three on lines of their own.
"""

from __future__ import annotations


class ReasonTuiError(Exception):
    """Base of the tree: `what` happened, `why`, and what to do next (`hint`)."""

    exit_code = 5

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.hint) if part)


class UsageError(ReasonTuiError):
    """What the user gave us cannot be used."""

    exit_code = 2


class TaskError(UsageError):
    """A prompt or its tests cannot be made into a task."""


class RefusedError(UsageError):
    """What was asked of a run makes no sense as it is now; nothing was changed."""


class DatasetError(UsageError):
    """A dataset is missing, damaged, or of a format we do not read."""


class ConfigError(UsageError):
    """A setting is unknown or out of range."""


class BackendError(ReasonTuiError):
    """The model cannot be had, or failed while it worked."""

    exit_code = 3


class ModelNotFoundError(BackendError):
    """No file and no known model has this name."""


class ModelDamagedError(BackendError):
    """The file is there, and is not a model this backend can load."""


class ModelTooLargeError(BackendError):
    """The model was not loaded, because its weights and caches do not fit the memory there is.

    `missing` is how many bytes more would have to be free at least; 0 where that would not help, or is not known.
    """

    def __init__(self, what: str, *, why: str = "", hint: str = "", missing: int = 0) -> None:
        super().__init__(what, why=why, hint=hint)
        self.missing = missing


class PromptTooLongError(BackendError):
    """The prompt leaves no room for an answer in the model's context."""


class SandboxError(ReasonTuiError):
    """There is no safe way to run programs on this machine, or the sandbox broke."""

    exit_code = 4


class StateError(ReasonTuiError):
    """Journals and folders."""


class JournalError(StateError):
    """A journal cannot be read or written."""


class RunNotFoundError(StateError):
    """No run has this name."""

    exit_code = 2


class JobNotFoundError(StateError):
    """No job has this name."""

    exit_code = 2


class AdapterNotFoundError(StateError):
    """No adapter has this name."""

    exit_code = 2


class EngineError(ReasonTuiError):
    """The engine process died, or does not answer."""


class TrainingError(ReasonTuiError):
    """A training diverged, or needs more than this machine has."""
