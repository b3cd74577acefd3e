"""Putting a repaired program back into the file it came from: seen first, never over a change, never without a copy."""

from __future__ import annotations

from reason_tui.errors import UsageError
from reason_tui.programs.diff import Diff, diff
from reason_tui.runs.folders import atomic_write, reason, write_new
from reason_tui.tui.composing import Opened


def change(opened: Opened, program: str) -> Diff:
    """What writing the program would do to the file. Raises UsageError where the file is not as it was read."""
    _check(opened)
    return diff(opened.text, _whole(program))


def write(opened: Opened, program: str) -> str:
    """Keep a copy of the file beside it and write the program; the copy's name. Raises UsageError."""
    _check(opened)
    copy = _keep(opened)
    try:
        mode = opened.path.stat().st_mode
        atomic_write(opened.path, _whole(program).encode("utf-8", "replace"))
        opened.path.chmod(mode & 0o7777)
    except OSError as error:
        raise UsageError(f"{opened.path} cannot be written.", why=reason(error)) from error
    return copy


def _check(opened: Opened) -> None:
    try:
        now = opened.path.read_bytes()
    except OSError as error:
        raise UsageError(f"{opened.path} cannot be read any more.", why=reason(error)) from error
    if now != opened.text.encode():
        raise UsageError(
            f"{opened.path.name} was changed since it was read.",
            why="Writing the program would undo that change.",
            hint="Write it elsewhere with w, or run the problem again.",
        )


def _keep(opened: Opened) -> str:
    """A copy of the file under the first free name."""
    for number in range(1, 100):
        copy = opened.path.with_name(f"{opened.path.name}.bak{'' if number == 1 else number}")
        if not copy.exists():
            write_new(copy, opened.text.encode())
            return copy.name
    raise UsageError(f"There are too many copies of {opened.path.name}.", hint="Remove some of the .bak files.")


def _whole(program: str) -> str:
    return program.rstrip("\n") + "\n"
