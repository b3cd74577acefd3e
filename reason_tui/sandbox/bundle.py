"""The worker's source, assembled: the modules of `inside/` in one text, and the command that takes it from stdin."""

from __future__ import annotations

from functools import cache
from importlib import resources

_PACKAGE = "reason_tui.sandbox.inside"
_MODULES = (  # each after those it imports
    "libc",
    "syscalls",
    "seccomp",
    "landlock",
    "seatbelt",
    "walls",
    "folder",
    "values",
    "channels",
    "showing",
    "protocol",
    "problems",
    "answers",
    "operations",
    "trust",
    "handles",
    "exchange",
    "callbacks",
    "candidate",
    "keeper",
    "job",
    "approx",
    "pytest_shim",
    "collecting",
    "fixtures",
    "testrun",
    "raised",
    "tester",
    "supervisor",
    "reaping",
    "server",
)

# Reads eight digits, then that many bytes of source, and not one byte more: the rest of stdin is the server's.
BOOT = """\
import os, sys
sys.path[:] = [path for path in sys.path if path]
def read(count):
    data = b""
    while len(data) < count:
        part = os.read(0, count - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data
exec(compile(read(int(read(8))), "worker", "exec"), {"__name__": "worker"})
"""

_LOADER = """
import sys, types
def module(name):
    made = sys.modules[name] = types.ModuleType(name)
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)
    return made
for depth in (1, 2, 3):
    module(".".join(PACKAGE.split(".")[:depth])).__path__ = []
for name, source in SOURCES.items():
    exec(compile(source, "inside/" + name + ".py", "exec"), module(PACKAGE + "." + name).__dict__)
sys.modules[PACKAGE + ".server"].main()
"""


@cache
def worker_source() -> bytes:
    """What goes into a worker's stdin first: eight digits of length, then the source."""
    folder = resources.files(_PACKAGE)
    sources = {name: folder.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in _MODULES}
    source = f"PACKAGE = {_PACKAGE!r}\nSOURCES = {sources!r}\n{_LOADER}".encode()
    return f"{len(source):08d}".encode() + source
