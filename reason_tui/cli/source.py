"""Text that a command is given: on the command line, in a file, or on standard input."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from reason_tui.errors import UsageError

MAX_BYTES = 1_000_000
_LIKE_A_PATH = re.compile(r"\S+\.(?:py|txt|md|rst)|[./~]\S*/\S*")


def read_prompt_argument(argument: str) -> str:
    """`-` is standard input, an existing file its content, anything else the text itself. Raises UsageError."""
    if argument == "-":
        return _decode(sys.stdin.buffer.read(MAX_BYTES + 1), "Standard input")
    if _is_file(argument):
        return read_text(Path(argument))
    if _LIKE_A_PATH.fullmatch(argument):
        raise UsageError(f"There is no file {argument}.", hint="Give a file that is there, `-`, or the problem itself.")
    return argument


def module_name(argument: str) -> str | None:
    """The name by which tests import the program, where the argument is a Python file."""
    return Path(argument).stem if argument.endswith(".py") and _is_file(argument) else None


def read_text(path: Path) -> str:
    """A file of UTF-8 text. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return _decode(file.read(MAX_BYTES + 1), str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read.", why=f"{error.strerror or error}.") from error


def _is_file(argument: str) -> bool:
    try:
        return Path(argument).is_file()
    except (OSError, ValueError):  # a text too long, or with a NUL, to be a path
        return False


def _decode(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise UsageError(f"{name} is too long to be a problem.", why=f"It has more than {MAX_BYTES:,} bytes.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text.", why=f"{error.reason} at byte {error.start}.") from error
