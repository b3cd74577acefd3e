"""What learning has to work with: replies taken in, lessons, adapters, promotions. Read in a thread, on a change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from reason_tui.errors import ReasonTuiError
from reason_tui.learning.adapters.forms import require_train
from reason_tui.learning.adapters.manifest import Manifest, base_folder
from reason_tui.learning.adapters.shelf import Damaged, Shelf
from reason_tui.learning.pairs import PairRules
from reason_tui.learning.store import Store
from reason_tui.learning.training.dataset import LEAST, enough
from reason_tui.runs.folders import JOURNAL, runs_dir

_PAUSE_S = 5.0
"""Between two readings of a store that a collection is adding to."""


@dataclass(frozen=True)
class Lore:
    """Figures and adapters; `own` counts the user's runs, `runs` those that were taken in, searches for it included."""

    own: int = 0
    runs: int = 0
    samples: int = 0
    tasks: int = 0
    examples: int = 0
    pairs: int = 0
    can_sft: bool = False
    can_dpo: bool = False
    adapters: tuple[Manifest, ...] = ()
    damaged: tuple[Damaged, ...] = ()
    history: tuple[str | None, ...] = ()
    no_training: str = ""
    """Why nothing can be trained here, and what to do."""
    problem: str = ""
    """What of it could not be read."""

    @property
    def promoted(self) -> str | None:
        """The adapter that is used, None for the base alone."""
        return self.history[-1] if self.history else None

    @property
    def too_few(self) -> str:
        """Why there is nothing to train on; empty where there is."""
        if self.can_sft or self.can_dpo:
            return ""
        found = f"{self.examples} verified replies and {self.pairs} pairs"
        return f"{found} are too few: {LEAST} of tasks that do not validate are the least. Collect first."

    def adapter(self, name: str | None) -> Manifest | None:
        """The adapter of this name."""
        return next((one for one in self.adapters if one.name == name), None)

    def damage(self, name: str | None) -> str:
        """What is wrong with the adapter of this name and what to do; empty where nothing is."""
        return next((one.words for one in self.damaged if one.name == name), "")


class Reader:
    """`read` may block: for some tenths of a second with thousands of samples, for nothing where nothing changed."""

    def __init__(self, state_dir: Path) -> None:
        self._state = state_dir
        self._stamp: object = None
        self._at = 0.0
        self._lore = Lore()

    def read(self, model: str, *, at_once: bool = False) -> Lore:
        """How it is for this model."""
        stamp, now = self._stamped(model), time.monotonic()
        if stamp != self._stamp and (at_once or now - self._at >= _PAUSE_S):
            self._stamp, self._at = stamp, now
            self._lore = self._read(model)
        return self._lore

    def _stamped(self, model: str) -> object:
        shelf = Shelf(self._state).folder
        paths = [Store(self._state).path, shelf / "promoted.json", runs_dir(self._state), *shelf.glob("*/adapter.json")]
        return model, tuple((str(path), _mtime(path)) for path in paths)

    def _read(self, model: str) -> Lore:
        own = sum(1 for _ in runs_dir(self._state).glob(f"*/{JOURNAL}"))
        try:
            return self._of(model, own)
        except ReasonTuiError as error:
            return Lore(own=own, no_training=_no_training(model), problem=str(error))

    def _of(self, model: str, own: int) -> Lore:
        store, shelf, rules = Store(self._state), Shelf(self._state), PairRules()
        known = store.path.exists()
        samples = store.samples() if known else []
        examples, pairs = (store.examples(rules), store.pairs(rules)) if known else ([], [])
        return Lore(
            own=own,
            runs=len({sample.run for sample in samples}),
            samples=len(samples),
            tasks=len({sample.task for sample in samples}),
            examples=len(examples),
            pairs=len(pairs),
            can_sft=enough(examples),
            can_dpo=enough(pairs),
            adapters=tuple(shelf.all()),
            damaged=tuple(shelf.damaged()),
            history=tuple(shelf.history()),
            no_training=_no_training(model),
        )


def _no_training(model: str) -> str:
    try:
        require_train()
        base_folder(model)
    except ReasonTuiError as error:
        return " ".join(filter(None, (error.what, error.why, error.hint)))
    return ""


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
