"""seatbelt, the sandbox of macOS, by its C functions: a profile for each kind of process, and what a process takes.

Written without a Mac at hand and not yet run on one: `reason-tui sandbox check --level seatbelt --attacks` there says
what holds. The later of two rules that fit decides.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

_LIBRARY = "/usr/lib/libSystem.B.dylib"
_RUSAGE_INFO_V2, _SIZE_V2, _FOOTPRINT_AT = 2, 160, 72  # libproc.h: 16 bytes, then 64-bit numbers; the 8th of them
_RULES = """\
(version 1)
(deny default)
(deny process-fork)
(deny process-exec*)
(deny network*)
(allow signal (target self))
(allow process-info* (target self))
(allow sysctl-read)
(allow file-read-metadata)
(allow file-read* file-write-data (literal "/dev/null"))
(allow file-read* (literal "/dev/zero") (literal "/dev/random") (literal "/dev/urandom"))
"""


def profile(readable: Iterable[str], writable: str = "", listable: str = "") -> str:
    """The rules for a process that reads `readable` and writes `writable` (a folder), or sees what lies in `listable`.

    A path is named as it stands and as it really is: an interpreter is often reached through links.
    """
    lines = [f"(allow file-read* file-map-executable {place})" for path in readable for place in _places(path)]
    # What is written goes by the real path alone: a link could lead out.
    lines += [f"(allow file-read* file-write* (subpath {_quoted(os.path.realpath(path))}))" for path in _some(writable)]
    lines += [f"(allow file-read-data (literal {_quoted(os.path.realpath(path))}))" for path in _some(listable)]
    return _RULES + "\n".join(lines) + "\n"


def restrict(rules: str) -> None:
    """Put the rules on this process, for good. Raises OSError."""
    library = ctypes.CDLL(_LIBRARY, use_errno=True)
    message = ctypes.c_char_p()
    if library.sandbox_init(rules.encode("utf-8", "surrogateescape"), ctypes.c_uint64(0), ctypes.byref(message)):
        raise OSError(f"sandbox_init: {(message.value or b'').decode('utf-8', 'replace')}")


def footprint(pid: int) -> int:
    """The bytes of memory that macOS charges a process with; 0 where that is not known."""
    try:
        library = ctypes.CDLL(_LIBRARY)
        buffer = ctypes.create_string_buffer(_SIZE_V2)
        failed = library.proc_pid_rusage(ctypes.c_int(pid), ctypes.c_int(_RUSAGE_INFO_V2), buffer)
    except (OSError, AttributeError):
        return 0
    return 0 if failed else footprint_in(buffer.raw)


def footprint_in(usage: bytes) -> int:
    """`ri_phys_footprint` of a `rusage_info_v2`."""
    (found,) = struct.unpack_from("=Q", usage, _FOOTPRINT_AT)
    return int(found)


def _some(path: str) -> list[str]:
    return [path] if path else []


def _places(path: str) -> list[str]:
    kind = "subpath" if os.path.isdir(path) else "literal"  # noqa: PTH112 - pathlib is not loaded in a worker
    return [f"({kind} {_quoted(place)})" for place in sorted({path, os.path.realpath(path)})]


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
