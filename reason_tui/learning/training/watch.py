"""Watches a training: what it tells, when it must stop, what its errors mean. Needs the extra `train`."""

from __future__ import annotations

import errno
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from reason_tui.engine.jobs import Job
from reason_tui.errors import ReasonTuiError, StateError, TrainingError

CURVES = "curves.jsonl"
_FULL = (
    *("no space left", "os error 28", "disk quota", "file too large", "os error 27"),
    *("failed writing file", "file write failed"),
)
_FIGURES = {"loss": "loss", "eval_loss": "validation loss", "grad_norm": "gradient"}
"""What must be a number for the weights to be numbers; a gradient that is none spoils them before any loss tells."""
_MEMORY = ("out of memory", "can't allocate memory", "failed to allocate", "cannot allocate")


class Watch(TrainerCallback):  # type: ignore[misc]
    """Tells the job each logged step, keeps the curves, ends the training when it is asked to or when it diverges."""

    def __init__(self, job: Job, curves: Path, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.stopped = False
        self._job = job
        self._curves = curves
        self._name = name
        self._clock = clock
        self._begun: tuple[float, int] | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The clock starts at the first step of this process."""
        self._begun = (self._clock(), state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Come to an end where it is asked for, with a checkpoint."""
        if self._job.stop_asked:
            self.stopped = control.should_save = control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """Raises TrainingError where the loss, or the step that was made of it, is no number any more."""
        figures = {name: float(value) for name, value in (logs or {}).items() if isinstance(value, int | float)}
        if not state.is_world_process_zero or not figures or "train_runtime" in figures:
            return
        for name in _FIGURES:
            if name in figures and not math.isfinite(figures[name]):
                raise diverged(name, state.global_step)
        with self._curves.open("a", encoding="ascii") as file:
            file.write(json.dumps({"step": state.global_step, **_finite(figures)}) + "\n")
        self._job.progress(
            state.global_step,
            state.max_steps,
            self._words(figures, state),
            data={"stage": self._name, **_finite(figures)},
        )

    def _words(self, figures: dict[str, float], state: Any) -> str:
        shown = [f"{self._name}:"]
        for name, label in (("loss", "loss"), ("eval_loss", "validation"), ("rewards/accuracies", "accuracy")):
            if name in figures:
                shown.append(f"{label} {figures[name]:.3f}")
        if self._begun is not None and (done := state.global_step - self._begun[1]) > 0:
            left = (self._clock() - self._begun[0]) / done * max(state.max_steps - state.global_step, 0)
            shown.append(f"{int(left // 60):02}:{int(left % 60):02} left")
        return " ".join(shown)


def _finite(figures: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def diverged(name: str, step: int) -> TrainingError:
    """What the trainer calls `name` became NaN or infinite."""
    return TrainingError(
        f"The training diverged at step {step}.",
        why=f"Its {_FIGURES[name]} is no number any more.",
        hint="Begin anew with a smaller learning rate (--lr). The adapters there are were not changed.",
    )


@contextmanager
def explained(where: Path) -> Iterator[None]:
    """Turns what the libraries raise for a lack of memory or disk into errors that say so."""
    try:
        yield
    except ReasonTuiError:
        raise
    except MemoryError as error:
        raise _no_memory(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _no_disk(where, str(error)) from error
        raise
    except Exception as error:  # the libraries have no exceptions of their own for these
        words = str(error).lower()
        if any(part in words for part in _MEMORY):
            raise _no_memory(str(error).splitlines()[0]) from error
        if any(part in words for part in _FULL):
            raise _no_disk(where, str(error).splitlines()[0]) from error
        raise


def _no_memory(why: str) -> TrainingError:
    return TrainingError(
        "There is not enough memory for this training.",
        why=why,
        hint="Go on with --micro-batch 1, or with --quantise nf4 on CUDA: the last checkpoint is kept. "
        "Or begin anew with a smaller --max-length.",
    )


def _no_disk(where: Path, why: str) -> StateError:
    return StateError(
        "The disk is full: the training cannot be saved.",
        why=f"{where}: {why}",
        hint="Free space and go on from the last whole checkpoint: by the same command with its --name, a job by "
        "reason-tui jobs resume.",
    )
