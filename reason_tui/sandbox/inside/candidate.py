"""The process that runs the program. It sees the program and arguments; nothing here needs to be kept from it."""

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
from reason_tui.sandbox.inside.protocol import Answer, Order, Problem
from reason_tui.sandbox.inside.values import decode, encode, encode_message
from reason_tui.sandbox.inside.walls import Limits, Walls

CALLS_FD, ANSWERS_FD = 3, 4
FILENAME = "program.py"
_MAX_MESSAGE = 2000


def run(order: Order, walls: Walls, stdin_fd: int, pipes: tuple[int, int, int, int]) -> NoReturn:
    """Take over this forked process. `pipes`: calls, answers, stdout, stderr."""
    calls, answers, stdout, stderr = pipes
    for source, target in ((stdin_fd, 0), (stdout, 1), (stderr, 2), (calls, CALLS_FD), (answers, ANSWERS_FD)):
        os.dup2(source, target, inheritable=False)
    os.setsid()
    walls.confine(limits_of(order), candidate=True)
    os.closerange(ANSWERS_FD + 1, 4096)
    _fresh_interpreter(order)
    _serve(order)
    os._exit(0)


def limits_of(order: Order) -> Limits:
    """What one process of the job may use."""
    return Limits(math.ceil(order["wall_s"]) + 1, order["memory_mb"] << 20, order["file_mb"] << 20, order["open_files"])


def problem_of(error: BaseException) -> Problem:
    """An exception in plain builtin types; the line is the last one of the program on the way to it."""
    kind = type(error)
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        line, message = error.lineno, error.msg
    else:
        message = _message(error)
    return {"type": kind.__name__, "names": [base.__name__ for base in kind.__mro__], "message": message, "line": line}


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - the program's own __str__
        return ""


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
    answer = _answer_to(lambda: _load(order["program"], module, as_main))
    function = getattr(module, order["entry_point"], None) if order["entry_point"] else None
    answer["has_entry_point"] = callable(function)
    _reply(answer)
    if as_main or not callable(function):
        return
    while True:
        try:
            args, kwargs = decode(read_frame(CALLS_FD))
        except ChannelError:
            return
        _reply(_call(function, args, kwargs, order["inplace"]))


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


def _call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], inplace: bool) -> Answer:
    answer = _answer_to(lambda: function(*args, **kwargs))
    if inplace:
        answer["args"] = encode(list(args))
    return answer


def _answer_to(action: Any) -> Answer:
    """What an action of the program did. A program may raise anything, so everything is caught here."""
    answer: Answer = {"how": "value", "has_entry_point": True, "value": b"", "args": b"", "problem": None}
    try:
        answer["value"] = encode(action())
    except MemoryError as error:
        answer["how"], answer["problem"] = "memory", problem_of(error)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too
        answer["how"], answer["problem"] = "raised", problem_of(error)
    return answer


def _reply(answer: Answer) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001 - the program may have closed or replaced it
            continue
    write_frame(ANSWERS_FD, encode_message(answer))
