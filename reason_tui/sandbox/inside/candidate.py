"""The process that runs the program. It sees the program and arguments; nothing here needs to be kept from it."""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH108, PTH118

from __future__ import annotations

import atexit
import builtins
import gc
import io
import linecache
import math
import os
import random
import sys
import traceback
import types
from typing import Any, NoReturn

from reason_tui.sandbox.inside.channels import ChannelError, read_frame, write_frame
from reason_tui.sandbox.inside.exchange import Exchange
from reason_tui.sandbox.inside.handles import Handle
from reason_tui.sandbox.inside.operations import PERFORM
from reason_tui.sandbox.inside.problems import FILENAME, problem_of
from reason_tui.sandbox.inside.protocol import Answer, Order
from reason_tui.sandbox.inside.values import decode, encode, encode_message
from reason_tui.sandbox.inside.walls import Limits, Walls

CALLS_FD, ANSWERS_FD = 3, 4


def run(walls: Walls, work: str, pipes: tuple[int, int, int, int]) -> NoReturn:
    """Take over this forked process, which reads its order first. `pipes`: calls, answers, stdout, stderr."""
    calls, answers, stdout, stderr = pipes
    order: Order = decode(read_frame(calls))
    stdin = _stdin(order["stdin"], work)
    for source, target in ((stdin, 0), (stdout, 1), (stderr, 2), (calls, CALLS_FD), (answers, ANSWERS_FD)):
        os.dup2(source, target, inheritable=False)
    os.setsid()
    walls.confine(limits_of(order), candidate=True)
    os.closerange(ANSWERS_FD + 1, 4096)
    _fresh_interpreter(order)
    _serve(order)
    os._exit(0)


def _stdin(text: str, work: str) -> int:
    """A descriptor from which `text` is read; a file without a name, so that nothing can block on it."""
    if not text:
        return os.open(os.devnull, os.O_RDONLY)
    path = os.path.join(work, os.urandom(8).hex())
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(path)
    with open(fd, "wb", closefd=False) as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def limits_of(order: Order) -> Limits:
    """What one process of the job may use."""
    return Limits(math.ceil(order["wall_s"]) + 1, order["memory_mb"] << 20, order["file_mb"] << 20, order["open_files"])


def _fresh_interpreter(order: Order) -> None:
    """Streams of its own, the same random numbers in every run, source lines for tracebacks."""
    gc.unfreeze()
    gc.enable()
    random.seed(0)
    sys.argv = [FILENAME]
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # the site module, which is left out, brings them
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8", "replace")
    sys.stdout = _writer(1)
    sys.stderr = _writer(2)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)
    program = order["program"]
    linecache.cache[FILENAME] = (len(program), None, program.splitlines(keepends=True), FILENAME)


def _writer(fd: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(fd, "w", closefd=False)), "utf-8", "backslashreplace")


def _serve(order: Order) -> None:
    as_main = order["kind"] == "stdio"
    module = types.ModuleType("__main__" if as_main else "program")
    sys.modules[module.__name__] = module
    server = _Server(module, order)
    answer = server.answer_to(lambda: _load(order["program"], module, as_main))
    function = getattr(module, order["entry_point"], None) if order["entry_point"] else None
    server.entry_point = function
    answer["has_entry_point"] = callable(function) or (order["kind"] == "tests" and not order["entry_point"])
    _reply(answer)
    while answer["has_entry_point"] and not as_main:
        try:
            frame = read_frame(CALLS_FD)
        except ChannelError:
            return
        server.serve(frame)


class _Server:
    """Does what it is asked, one thing at a time; while it waits for the tester it may be asked again."""

    def __init__(self, module: types.ModuleType, order: Order) -> None:
        self._module, self._order = module, order
        self.entry_point: Any = None
        # Numbers of an earlier life of this program must not be taken for numbers of this one.
        self._exchange = Exchange(self, (os.getpid() << 32) + 1, lambda value: True)
        self._keep = self._exchange.keep if order["kind"] in ("check", "tests") else None

    def serve(self, frame: bytes) -> None:
        """Do what `frame` asks for and answer."""
        changed: tuple[Any, ...] = ()

        def act() -> Any:
            nonlocal changed
            message = self._exchange.read(frame)
            if len(message) == 2:
                message = ("entry", None, *message)
            operation, target, changed, kwargs = message
            if operation == "entry":
                return self._drained(self.entry_point(*changed, **kwargs))
            if operation == "global":
                return getattr(self._module, *changed)
            return PERFORM[operation](target, *changed, **kwargs)

        answer = self.answer_to(act)
        if self._order["inplace"]:
            answer["args"] = encode(list(changed), keep=self._keep)
        _reply(answer)

    def ask(self, operation: str, target: Handle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What an object of the test says. Meanwhile the test may ask in turn."""
        answer = _nothing("callback")
        answer["value"] = encode((operation, target, args, kwargs), strict=True, keep=self._keep)
        _reply(answer)
        while True:
            frame = read_frame(CALLS_FD)
            message = self._exchange.read(frame)
            if message[0] == "return":
                return message[1]
            if message[0] == "raise":
                raise _exception(*message[1:])
            self.serve(frame)

    def _drained(self, value: Any) -> Any:
        """What a plain call returns, an iterator as the list of what it gives where the test compares sequences."""
        if self._order["sequences"] and hasattr(type(value), "__next__"):
            return list(value)
        return value

    def answer_to(self, action: Any) -> Answer:
        """What an action of the program did. A program may raise anything, so everything is caught here."""
        answer = _nothing("value")
        try:
            answer["value"] = encode(action(), keep=self._keep)
        except MemoryError as error:
            answer["how"], answer["problem"] = "memory", problem_of(error)
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too
            answer["how"], answer["problem"] = "raised", problem_of(error)
            answer["value"] = b"" if self._keep is None else encode(error, keep=self._keep)
        return answer


def _nothing(how: str) -> Answer:
    return {"how": how, "has_entry_point": True, "value": b"", "args": b"", "problem": None}


def _exception(names: list[str], message: str) -> Exception:
    """What an object of the test raised, as the nearest builtin exception."""
    known = (vars(builtins).get(name) for name in names)
    kind = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
    raised: Exception = type(names[0], (kind,), {"__init__": lambda self, *args: None})(message)
    return raised


def _load(program: str, module: types.ModuleType, as_main: bool) -> None:
    code = compile(program, FILENAME, "exec", dont_inherit=True)
    try:
        exec(code, module.__dict__)
        if as_main:
            atexit._run_exitfuncs()
    except SystemExit as leaving:
        if not as_main or leaving.code not in (None, 0):
            raise
        atexit._run_exitfuncs()
    except BaseException:
        if as_main:  # what a user would see on the terminal
            traceback.print_exc()
        raise


def _reply(answer: Answer) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001 - the program may have closed or replaced it
            continue
    write_frame(ANSWERS_FD, encode_message(answer))
