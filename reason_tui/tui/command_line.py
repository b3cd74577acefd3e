"""A command of ours, as a user writes it, that the app may begin in the background."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from reason_tui.engine.jobs import Kind
from reason_tui.errors import UsageError

_KINDS: dict[str, Kind] = {"collect": "collect", "train": "train", "learn": "learn", "eval": "eval", "adapters": "eval"}


@dataclass(frozen=True)
class Detached:
    """What kind of job it is, and the command line after `reason-tui`."""

    kind: Kind
    arguments: tuple[str, ...]


def parse(text: str) -> Detached:
    """The command. Raises UsageError for one that is no job."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError("The command cannot be read.", why=f"{error}.") from None
    if words[:1] == ["reason-tui"]:
        del words[0]
    words = [word for word in words if word != "--detach"]
    if not words or words[0] not in _KINDS or (words[0] == "adapters" and words[1:2] != ["measure"]):
        raise UsageError(
            f"`{' '.join(words[:2])}` cannot be a job.",
            why="Jobs are collect, train, learn, eval and adapters measure.",
            hint="Begin the line with one of these.",
        )
    return Detached(_KINDS[words[0]], tuple(words))


def written(*arguments: str) -> str:
    """The command line of these arguments."""
    return shlex.join(arguments)
