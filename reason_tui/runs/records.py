"""What each model has shown in this user's runs: a small file for each, added to when a run comes to its end.

`<state_dir>/records/<model>-<digest>.json`. A file that is damaged or missing counts as none: it costs a search its
foresight, not its life. Of the embedded model a record ships, made on its tuning tasks (`benchmarks/strategies.py`):
there the first run begins.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from pydantic import ValidationError

from reason_tui.assets import EMBEDDED, asset
from reason_tui.policy import PolicyInfo
from reason_tui.runs import locks
from reason_tui.runs.folders import atomic_write, private_dir
from reason_tui.search.record import Record

SHIPPED = "embedded/record.json"


def load_record(state_dir: Path, policy: PolicyInfo) -> Record | None:
    """What ships of this model where it was never seen; None where nothing does."""
    return _read(_path(state_dir, policy)) or shipped_record(policy)


def shipped_record(policy: PolicyInfo) -> Record | None:
    """What is known of a model whatever was run here: so what is measured with it does not depend on that."""
    return _read(asset(SHIPPED)) if policy.model == EMBEDDED and policy.adapter is None else None


def _read(path: Path) -> Record | None:
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def add_to_record(state_dir: Path, policy: PolicyInfo, found: Record) -> bool:
    """Add what a run found; whether that could be done. Of two processes at once one may be left out."""
    if not found.runs:
        return False
    path = _path(state_dir, policy)
    try:
        private_dir(path.parent)
        held = locks.take(path.with_suffix(".lock"))
        if held is None:
            return False
        try:
            known = load_record(state_dir, policy) or Record()
            atomic_write(path, (known + found).model_dump_json().encode("ascii"))
        finally:
            with contextlib.suppress(OSError):
                os.close(held)
    except OSError:
        return False
    return True


def _path(state_dir: Path, policy: PolicyInfo) -> Path:
    """An adapter, or another quantisation, makes another model."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(policy.model).name)[:40].strip("-.") or "model"
    digest = hashlib.sha256(f"{policy.model}\n{policy.quantisation}\n{policy.adapter}".encode()).hexdigest()[:12]
    return state_dir / "records" / f"{name}-{digest}.json"
