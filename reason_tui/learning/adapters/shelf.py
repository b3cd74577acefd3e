"""The adapters of a state folder: kept, found, listed, removed; and which of them is promoted, and was before."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reason_tui.errors import AdapterNotFoundError, StateError, UsageError
from reason_tui.learning.adapters.manifest import SCHEMA, Compared, Manifest
from reason_tui.runs.folders import atomic_write, private_dir, reason
from reason_tui.runs.locks import alone, is_held
from reason_tui.text import one_line

MANIFEST, PEFT, LESSONS = "adapter.json", "peft", "data.jsonl"
_PROMOTED, _LOCK = "promoted.json", ".lock"
_SPELT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_WORDS = ("base", "last", "promoted")
"""What commands understand in the place of a name."""


def check_name(name: str) -> str:
    """The name, which is then a folder on the shelf. Raises UsageError where it cannot be one."""
    if _SPELT.fullmatch(name) is None or name in _WORDS:
        raise UsageError(
            f"The name {one_line(name, 60)!r} cannot be used.",
            why="It means something else to commands." if name in _WORDS else "A name has letters, digits and `-_.`.",
            hint="Give another one: --name",
        )
    return name


@dataclass(frozen=True)
class Damaged:
    """An adapter whose manifest cannot be used: what is wrong with it, and what to do."""

    name: str
    fault: str
    hint: str

    @property
    def words(self) -> str:
        """In a line."""
        return f"The adapter {one_line(self.name, 60)} {self.fault}. {self.hint}"


class Shelf:
    """`<state>/adapters`. Methods raise StateError where the disk refuses."""

    def __init__(self, state_dir: Path) -> None:
        self.folder = state_dir / "adapters"

    def new_name(self, method: str) -> str:
        """`<method>-YYYYMMDD-HHMMSS-<4 hex>`, in local time."""
        return f"{method}-{datetime.now().strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"

    def all(self) -> list[Manifest]:
        """Every adapter that is whole, newest first."""
        found = [one for one in self._each() if isinstance(one, Manifest)]
        return sorted(found, key=lambda one: (one.created_at, one.name), reverse=True)

    def damaged(self) -> list[Damaged]:
        """Those whose manifest cannot be used, by name."""
        return sorted((one for one in self._each() if isinstance(one, Damaged)), key=lambda one: one.name)

    def find(self, key: str) -> Manifest:
        """The one called `key`, the only one that begins so, `last`, or `promoted`.

        Raises AdapterNotFoundError, StateError where the one called so is damaged.
        """
        found = self.all()
        if key == "last" and found:
            return found[0]
        if key == "promoted" and (name := self.promoted()) is not None:
            key = name
        fitting = [one for one in found if one.name == key] or [
            one for one in found if key and one.name.startswith(key)
        ]
        if any(one.name == key for one in self.damaged()):
            self.read(self.place(key))
        if len(fitting) == 1:
            return fitting[0]
        if not found and not self.damaged():
            raise AdapterNotFoundError("There is no adapter yet.", hint="Train one: reason-tui train sft")
        what = f"{len(fitting)} adapters begin with" if fitting else "There is no adapter"
        raise AdapterNotFoundError(f"{what} `{one_line(key, 60)}`.", hint="See them all: reason-tui adapters ls")

    def unfinished(self) -> list[str]:
        """The names of trainings that were begun and are no adapters yet: going on, cut off, or given up."""
        begun = (path.parent for path in self.folder.glob(f"*/{LESSONS}"))
        return sorted(folder.name for folder in begun if not (folder / MANIFEST).exists())

    def place(self, name: str) -> Path:
        """Where the adapter of this whole name lies or will lie."""
        return self.folder / name

    def keep(self, manifest: Manifest) -> None:
        """Write what is known of an adapter whose weights are in its place."""
        try:
            private_dir(self.place(manifest.name))
            content = manifest.model_dump_json(indent=1).encode("ascii", "backslashreplace")
            atomic_write(self.place(manifest.name) / MANIFEST, content)
        except OSError as error:
            raise StateError(f"The adapter {manifest.name} cannot be saved.", why=reason(error)) from error

    def read(self, folder: Path) -> Manifest:
        """The manifest in this folder. Raises StateError where it is damaged or of a newer version."""
        found = self._look(folder)
        if isinstance(found, Damaged):
            why = str(folder / MANIFEST)
            raise StateError(f"The adapter {found.name} {found.fault}.", why=why, hint=found.hint)
        return found

    def whole(self, name: str) -> Manifest | None:
        """The adapter of this whole name; None where there is none, or it is damaged."""
        found = self._look(self.place(name))
        return found if isinstance(found, Manifest) else None

    def _each(self) -> Iterator[Manifest | Damaged]:
        return (self._look(path.parent) for path in self.folder.glob(f"*/{MANIFEST}"))

    def _look(self, folder: Path) -> Manifest | Damaged:
        ours = folder.parent == self.folder

        def damaged(fault: str, remedy: str) -> Damaged:
            remove = f", or remove it: reason-tui adapters rm {one_line(folder.name, 100)}" if ours else ""
            return Damaged(folder.name, fault, f"{remedy}{remove}")

        try:
            data = json.loads((folder / MANIFEST).read_bytes())
            if isinstance(data, dict) and int(data.get("schema_version", 0)) > SCHEMA:
                return damaged("was written by a newer reason_tui", "Install the newer version again")
            found = Manifest.model_validate(data)
        except OSError as error:
            return damaged(f"cannot be read ({reason(error).rstrip('.')})", f"See whether its {MANIFEST} may be read")
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            return damaged(f"is damaged ({type(error).__name__})", f"Put back a copy of its {MANIFEST}")
        if ours and found.name != folder.name:  # its parts are looked for under its name
            return damaged(f"calls itself {one_line(found.name, 60)}", "Give its folder that name again")
        return found

    def note(self, name: str, *evaluations: Compared) -> None:
        """Add how an adapter was measured, in the place of what was known of the same dataset and comparison."""
        with self._alone():
            manifest = self.read(self.place(name))
            fresh = {(one.dataset, one.against) for one in evaluations}
            kept = (one for one in manifest.evaluations if (one.dataset, one.against) not in fresh)
            self.keep(manifest.model_copy(update={"evaluations": (*kept, *evaluations)}))

    def remove(self, name: str) -> None:
        """Delete an adapter, or a training that is not finished.

        Raises UsageError for the promoted one, and for a training that somebody works on.
        """
        if name == self.promoted():
            raise UsageError(f"{name} is promoted.", hint="Take it back first: reason-tui promote --rollback")
        if is_held(self.place(name) / LESSONS):
            raise UsageError(f"{name} is being trained.", hint="Stop it first: Ctrl+C, or reason-tui jobs stop")
        try:
            if not (manifest := self.place(name) / MANIFEST).is_dir():
                manifest.unlink(missing_ok=True)  # first: half of an adapter is none
            shutil.rmtree(self.place(name))
        except OSError as error:
            raise StateError(f"The adapter {name} cannot be removed.", why=reason(error)) from error

    def history(self) -> list[str | None]:
        """What was promoted, the oldest first; None is the base without adapter. The last one holds."""
        try:
            found = json.loads((self.folder / _PROMOTED).read_bytes())
            if not isinstance(found, list) or not all(name is None or isinstance(name, str) for name in found):
                raise ValueError("it is no list of names")
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise StateError(
                f"{self.folder / _PROMOTED} cannot be read.",
                why=f"{error}.",
                hint="Remove it: then the base alone is used until you promote an adapter again.",
            ) from error
        return found

    def promoted(self) -> str | None:
        """The adapter that holds, None for the base alone."""
        history = self.history()
        return history[-1] if history else None

    def promote(self, name: str | None) -> None:
        """This one holds from now on."""
        with self._alone():
            self._write([*self.history(), name])

    def roll_back(self) -> str | None:
        """What held before holds again, passing over adapters removed or damaged since; which that is."""
        with self._alone():
            history = self.history()
            if not history:
                raise UsageError("Nothing was promoted yet.", hint="See what there is: reason-tui adapters ls")
            del history[-1]
            while history and history[-1] is not None and self.whole(history[-1]) is None:
                del history[-1]
            self._write(history)
            return self.promoted()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time changes what another may have read."""
        try:
            private_dir(self.folder)
            with alone(self.folder / _LOCK):
                yield
        except OSError as error:
            raise StateError(f"{self.folder} cannot be changed.", why=reason(error)) from error

    def _write(self, history: list[str | None]) -> None:
        try:
            atomic_write(self.folder / _PROMOTED, json.dumps(history).encode("ascii"))
        except OSError as error:
            raise StateError("The promotion cannot be saved.", why=reason(error)) from error
