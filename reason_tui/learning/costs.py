"""What a chain of rounds cost so far: kept in a file, so that a chain that was cut off goes on counting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from reason_tui.errors import StateError
from reason_tui.learning.collect import add
from reason_tui.learning.plan import Costs
from reason_tui.runs.folders import atomic_write, reason
from reason_tui.search.ledger import Ledger


class CostBook:
    """The costs in the file `path`; one process at a time counts. Methods raise StateError where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Costs:
        """All there is."""
        try:
            return Costs.model_validate_json(self._path.read_bytes()) if self._path.exists() else Costs()
        except (OSError, ValidationError) as error:
            raise StateError(
                f"{self._path} cannot be read.",
                why=f"{type(error).__name__}.",
                hint="Remove it: only the costs are lost.",
            ) from error

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the block's seconds to `stage`, however it is left."""
        begun = time.monotonic()
        try:
            yield
        finally:
            costs = self.read()
            seconds = costs.seconds | {stage: costs.seconds.get(stage, 0.0) + time.monotonic() - begun}
            self._write(costs.model_copy(update={"seconds": seconds}))

    def charge(self, ledger: Ledger) -> None:
        """Count what searches cost."""
        costs = self.read()
        self._write(costs.model_copy(update={"ledger": add(costs.ledger, ledger)}))

    def _write(self, costs: Costs) -> None:
        try:
            atomic_write(self._path, costs.model_dump_json().encode("ascii"))
        except OSError as error:
            raise StateError(
                "The costs of this learning cannot be saved.",
                why=f"{self._path.parent}: {reason(error)}",
                hint="Free space there; the same command goes on where it was.",
            ) from error
