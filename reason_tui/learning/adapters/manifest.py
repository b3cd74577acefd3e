"""What an adapter is, in one record."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from reason_tui.errors import ConfigError, ModelDamagedError
from reason_tui.learning.adapters.digests import weights_sha256
from reason_tui.learning.training.settings import Method, TrainSettings
from reason_tui.models.catalogue import EMBEDDED, Layout, find_model
from reason_tui.tasks.types import Frozen

Form = Literal["peft", "gguf", "mlx"]
SCHEMA = 1
_YEAR_9999 = 253_370_764_800
"""Later is no date."""
LEAST = 6
"""Problems below which nothing is claimed: that five of five get better by chance happens once in 16 times (a sign test
says p = 2 / 2^5 = .06), and resampling five values cannot tell."""


class Base(Frozen):
    """A base model: its name when it was trained on, and the SHA-256 of the forms of it that are known."""

    name: str
    sha256: dict[Layout, str]


class Compared(Frozen):
    """An evaluation before and after, in shares of tasks. `difference` is after - before, paired by task.

    `problems` is how many distinct ones the tasks are about (several bugs of one problem are no independent tasks);
    None where nobody counted. `against` is the adapter of `before`, empty for the base alone.
    """

    dataset: str
    tasks: int
    samples: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    problems: int | None = None
    against: str = ""

    @property
    def enough(self) -> bool:
        """Whether there are problems enough to claim anything of them: see `LEAST`."""
        return (self.tasks if self.problems is None else self.problems) >= LEAST

    @property
    def sure(self) -> bool:
        """Whether the difference may be claimed: its interval excludes 0, and is of problems enough."""
        return self.enough and (self.low > 0 or self.high < 0)


class Manifest(Frozen):
    """`adapter.json`. `start` is the adapter that was trained on from; `figures` are of the training."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = SCHEMA
    name: str
    base: Base
    method: Method | None = None
    settings: TrainSettings | None = None
    data_sha256: str = ""
    start: str | None = None
    created_at: float = Field(ge=0, lt=_YEAR_9999, description="Unix time")
    app_version: str
    figures: dict[str, float | None] = Field(default_factory=dict)
    evaluations: tuple[Compared, ...] = ()


def base_of(model: str) -> Base:
    """What the model called `model` is now. Raises ModelNotFoundError."""
    layouts: tuple[Layout, ...] = ("folder", "gguf") if model == EMBEDDED else (_layout(model),)
    return Base(name=model, sha256={layout: weights_sha256(find_model(model, layout)) for layout in layouts})


def base_folder(model: str) -> Path:
    """The folder of the model, to train or to merge. Raises ConfigError where it is a GGUF file."""
    path = find_model(model, "folder")
    if path.is_file():
        raise ConfigError(
            f"{model} cannot be trained: it is a GGUF file.",
            why="Training needs the weights as Hugging Face lays them out: config.json, safetensors, a tokenizer.",
            hint="Name the folder of the same model, e.g. --model ~/models/Qwen2.5-Coder-1.5B-Instruct.",
        )
    return path


def check_base(manifest: Manifest, model: str) -> None:
    """Raises ModelDamagedError where the adapter was trained on another model than the one called `model`."""
    found = base_of(model)
    known = manifest.base.sha256
    shared = known.keys() & found.sha256.keys()
    if shared and all(known[layout] == found.sha256[layout] for layout in shared):
        return
    form = next(iter(found.sha256))
    why = f"It belongs to {manifest.base.name}, and the weights of {model} are others."
    hint = f"Use it with the model it was trained on: --model {manifest.base.name}"
    if not shared:
        why = f"It belongs to {manifest.base.name}, and nothing is known of its form as a {form}."
        hint += f". If this is the same model, say so: adapters convert {manifest.name} --base {model}"
    raise ModelDamagedError(
        f"The adapter {manifest.name} does not belong to {model}.",
        why=why,
        hint=hint,
    )


def _layout(model: str) -> Layout:
    return "folder" if find_model(model).is_dir() else "gguf"
