"""The part of pytest that tests of a function use, for testers that have no pytest: it is imported by that name.

Written from pytest's documentation: `raises`, `approx`, `mark`, `param`, `fixture`, `skip`, `fail`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn

from reason_tui.sandbox.inside.approx import approx  # noqa: F401 - tests have it from here
from reason_tui.sandbox.inside.handles import is_handle

_MARKS = "_reason_tui_marks"


class Skipped(Exception):  # noqa: N818 - no error
    """The test does not want to run."""


class Failed(AssertionError):  # noqa: N818 - as users know it
    """The test says that it failed."""


class DidNotRaise(Failed):
    """Nothing was raised in a `raises` block. `expected` is what was to be."""

    expected = ""


class Param:
    """One row of `parametrize`."""

    def __init__(self, values: tuple[Any, ...], marks: Any, id: str | None) -> None:  # noqa: A002
        self.values, self.id = values, id
        self.marks = list(marks) if isinstance(marks, (list, tuple)) else [marks]


class Mark:
    """`pytest.mark.NAME(...)`; it decorates a function or a class."""

    def __init__(self, name: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs or {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == 1 and callable(args[0]):
            marked = args[0]
            setattr(marked, _MARKS, [self, *vars(marked).get(_MARKS, [])])
            return marked
        return Mark(self.name, args, kwargs)


class _Marks:
    def __getattr__(self, name: str) -> Mark:
        return Mark(name)


def marks_of(function: object) -> list[Mark]:
    """The marks, the lowest decorator last."""
    found: list[Mark] = getattr(function, _MARKS, [])
    return found


class Fixture:
    """A function whose value tests ask for by its name."""

    def __init__(self, function: Callable[..., Any], name: str, autouse: bool) -> None:
        self.function, self.name, self.autouse = function, name, autouse


def fixture(function: Any = None, *, name: str | None = None, autouse: bool = False, **_: Any) -> Any:
    """`@pytest.fixture`. Whatever its scope, it is made for each test."""

    def made(function: Callable[..., Any]) -> Fixture:
        return Fixture(function, name or function.__name__, autouse)

    return made if function is None else made(function)


class ExceptionInfo:
    """What `raises` caught."""

    value: Any = None

    @property
    def type(self) -> Any:
        """Its class, as far as it is known here."""
        return type(self.value)

    def match(self, pattern: str) -> bool:
        """Whether `pattern` is found in its text. Raises AssertionError where it is not."""
        if not re.search(pattern, str(self.value)):
            raise Failed(f"{pattern!r} is not in {str(self.value)[:500]!r}")
        return True

    def __str__(self) -> str:
        return repr(self.value)


class _Raises:
    def __init__(self, expected: Any, match: str | None, check: Callable[[Any], bool] | None) -> None:
        self._kinds = expected if isinstance(expected, tuple) else (expected,)
        self._match, self._check = match, check
        self._info = ExceptionInfo()

    def __enter__(self) -> ExceptionInfo:
        return self._info

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is None:
            missing = DidNotRaise("nothing was raised")
            missing.expected = " or ".join(str(getattr(kind, "__name__", kind)) for kind in self._kinds)
            raise missing
        if not any(_is_a(error, kind) for kind in self._kinds):
            return False
        self._info.value = error
        if self._match is not None:
            self._info.match(self._match)
        if self._check is not None and not self._check(error):
            raise Failed("the exception is not what `check` asks for")
        return True


def _is_a(error: BaseException, kind: Any) -> bool:
    if is_handle(kind):  # a class of the program
        return isinstance(getattr(error, "remote", None), kind)
    return isinstance(error, kind)


def raises(
    expected: Any, *args: Any, match: str | None = None, check: Callable[[Any], bool] | None = None, **kwargs: Any
) -> Any:
    """`with pytest.raises(ValueError, match="...") as caught:`, or `pytest.raises(ValueError, function, ...)`."""
    block = _Raises(expected, match, check)
    if not args:
        return block
    with block as info:
        args[0](*args[1:], **kwargs)
    return info


def param(*values: Any, marks: Any = (), id: str | None = None) -> Param:  # noqa: A002
    """One row of `parametrize`, with a name or marks of its own."""
    return Param(values, marks, id)


def skip(reason: str = "", **_: Any) -> NoReturn:
    """Leave this test out."""
    raise Skipped(reason)


def fail(reason: str = "", **_: Any) -> NoReturn:
    """Let this test fail."""
    raise Failed(reason)


def importorskip(name: str, **_: Any) -> Any:
    """The module, or leave this test out."""
    try:
        return __import__(name)
    except ImportError as error:
        raise Skipped(str(error)) from error


mark = _Marks()
NAMES = ("raises", "approx", "mark", "param", "fixture", "skip", "fail", "importorskip", "ExceptionInfo")
