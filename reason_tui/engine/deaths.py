"""How a process ended, in words: by its exit status or signal, and by what the system counted meanwhile."""

from __future__ import annotations

import re
import signal
from pathlib import Path

_LIKELY = {
    signal.SIGABRT: "The model's library gave up; on a Mac that is how the GPU runs out of memory.",
    signal.SIGSEGV: "The model's library crashed.",
    signal.SIGBUS: "The model's library crashed, or the model's file was changed while it was read.",
    signal.SIGILL: "The model's library was built for another processor.",
    signal.SIGTERM: "Something asked it to end: the system when it shuts down, or a person.",
}
_NO_MEMORY = re.compile(
    r"bad_alloc|out of memory|outofmemory|failed to allocate|cannot allocate memory|MemoryError", re.I
)
"""What libraries say before they give up for want of memory; llama.cpp and Metal among them."""
_STATISTICS = Path("/proc/vmstat")


def memory_kills() -> int | None:
    """How many processes the system has killed because memory ran out (Linux: proc(5), oom_kill); None if unknown."""
    try:
        lines = _STATISTICS.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)


def ran_out_of_memory(status: int | None, said: str, kills_before: int | None) -> bool:
    """Whether memory is known to be what a process lacked that ended with `status` and `said` this last."""
    if status == -signal.SIGKILL:
        now = memory_kills()
        return now is not None and kills_before is not None and now > kills_before
    return status != 0 and _NO_MEMORY.search(said) is not None


def how(status: int | None, *, sure: bool) -> str:
    """How it ended. `sure`: it is known that memory ran out."""
    if status is None or status >= 0:
        return f"It ended with status {status}."
    try:
        number = signal.Signals(-status)
    except ValueError:
        return f"It was ended by signal {-status}."
    return f"It was ended by {number.name}. {_cause(number, sure)}".rstrip()


def _cause(number: signal.Signals, sure: bool) -> str:
    if number != signal.SIGKILL:
        return _LIKELY.get(number, "")
    if sure:
        return "The system killed it because memory ran out."
    if memory_kills() is not None:
        return "Somebody killed it: the system counted no process that it killed for want of memory."
    return "Something killed it: most often the system, when memory runs out."
