"""Objects that stay where they are: each side keeps its own, and the other one holds handles to them.

A handle does what its object can do (see `operations`), each time by asking the side that keeps it. What comes back
is a value of builtin types, or another handle. So a test can make objects of a program's classes, iterate over its
generators and hand callbacks to it, and what it compares in the end are values in its own process.

A comparison of two objects is another matter: the program itself would say how it ends. It is asked only where the
test made one of the two (by calling a class), and the line notes it as `weak`; any other comparison of an object
raises, as with an Opaque.
"""

from __future__ import annotations

import builtins
import functools
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from reason_tui.sandbox.inside.operations import CLASS, COMPARISONS, PERFORM, operations_of
from reason_tui.sandbox.inside.values import CrossingError, OpaqueError, Remote

_MAX_KEPT = 200_000
_MAX_NAME = 100
_TYPES = {name: kind for name, kind in vars(builtins).items() if isinstance(kind, type) and kind.__name__ == name}
"""Both sides have these: they cross by name."""
_TYPE_NAMES = {kind: name for name, kind in _TYPES.items()}


class Line(Protocol):
    """The way to the other side."""

    def ask(self, operation: str, target: Handle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the other side answers, raised where it is an exception."""
        ...


class Handle:
    """An object of the other side. Its own state is one slot, so that every other attribute is the object's."""

    __slots__ = ("__weakref__", "_reason_tui")
    _reason_tui: _Kept

    def __getattr__(self, name: str) -> Any:
        return _ask(self, "__getattr__", name)

    def __setattr__(self, name: str, value: object) -> None:
        _ask(self, "__setattr__", name, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "__delattr__", name)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object>"

    def __eq__(self, other: object) -> bool:
        return _compare(self, "__eq__", other)

    def __ne__(self, other: object) -> bool:
        return _compare(self, "__ne__", other)


class _Kept:
    """What a handle knows: whom to ask, for what, and whether the test made the object."""

    __slots__ = ("exchange", "is_class", "made", "number")

    def __init__(self, exchange: Exchange, number: int, is_class: bool) -> None:
        self.exchange, self.number, self.is_class = exchange, number, is_class
        self.made = False


class Exchange:
    """One side's objects and its handles to the other's.

    `first` is the number of its first object; numbers go away from 0, and their sign says whose an object is.
    `may_keep` says which of its objects the other side may have a handle to.
    """

    def __init__(self, line: Line, first: int, may_keep: Callable[[object], bool]) -> None:
        self._line, self._next, self._may_keep = line, first, may_keep
        self._sign = 1 if first > 0 else -1
        self._objects: dict[int, object] = {}
        self._numbers: dict[int, int] = {}
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self.weak = False
        self.quiet = False

    def keep(self, value: object) -> Remote | None:
        """What crosses in the place of `value`; None where it cannot."""
        if is_handle(value):
            return Remote(value._reason_tui.number)  # type: ignore[attr-defined]
        name = _TYPE_NAMES.get(value) if type(value) is type else None
        if name is not None:
            return Remote(0, name)
        if not self._may_keep(value) or len(self._objects) >= _MAX_KEPT:
            return None
        number = self._numbers.get(id(value))
        if number is None:
            number, self._next = self._next, self._next + self._sign
            self._numbers[id(value)] = number
            self._objects[number] = value
        kind = value if isinstance(value, type) else type(value)
        return Remote(number, kind.__name__, operations_of(value))

    def find(self, remote: Remote) -> object:
        """The object, or the handle, that `remote` stands for. Raises CrossingError for one that is gone."""
        number = remote.number
        if number == 0:
            return _TYPES[remote.type_name]
        if (number > 0) == (self._sign > 0):
            if number not in self._objects:
                raise CrossingError("the object is gone: the program had to be started again")
            return self._objects[number]
        handle = self._handles.get(number)
        if handle is None:
            handle = object.__new__(_class(remote.type_name, tuple(sorted({*remote.operations} & PERFORM.keys()))))
            object.__setattr__(handle, "_reason_tui", _Kept(self, number, CLASS in remote.operations))
            self._handles[number] = handle
        return handle

    def ask(self, operation: str, target: Handle, /, *args: Any, **kwargs: Any) -> Any:
        """What the other side answers."""
        answer = self._line.ask(operation, target, args, kwargs)
        if operation == "__call__" and target._reason_tui.is_class and is_handle(answer):
            answer._reason_tui.made = True
        return answer

    def note(self, left: object, right: object) -> None:
        """An assert compared these two: if both are objects, what came out was the program's to say."""
        self.weak = self.weak or (is_handle(left) and is_handle(right))


def is_handle(value: object) -> bool:
    """Whether `value` is an object of the other side."""
    return Handle in type(value).__mro__


def _ask(handle: Handle, operation: str, /, *args: Any, **kwargs: Any) -> Any:
    return handle._reason_tui.exchange.ask(operation, handle, *args, **kwargs)


def _compare(handle: Handle, operation: str, other: object) -> bool:
    exchange = handle._reason_tui.exchange
    if (other is handle or other is None) and operation in ("__eq__", "__ne__"):
        return (other is handle) == (operation == "__eq__")
    if handle._reason_tui.made or (is_handle(other) and other._reason_tui.made):  # type: ignore[attr-defined]
        exchange.weak = True
        return bool(exchange.ask(operation, handle, other))
    raise OpaqueError(f"the program returned {handle!r}, which has no value outside of it")


@functools.lru_cache(maxsize=256)
def _class(type_name: str, operations: tuple[str, ...]) -> type[Handle]:
    """The class of the handles to objects of this kind: it has their special methods, and no others."""
    name = type_name if type_name.isidentifier() else "object"
    methods = {operation: _method(operation) for operation in (*operations, *COMPARISONS[2:])}
    return type(name[:_MAX_NAME], (Handle,), {"__slots__": (), "__module__": "program", **methods})


def _method(operation: str) -> Callable[..., Any]:
    def method(self: Handle, /, *args: Any, **kwargs: Any) -> Any:
        return _ask(self, operation, *args, **kwargs)

    def compare(self: Handle, other: object) -> bool:
        return _compare(self, operation, other)

    def show(self: Handle) -> str:
        if not self._reason_tui.exchange.quiet:
            try:
                return str(_ask(self, operation))
            except Exception:  # noqa: BLE001 - the program's own __repr__; this is only to be shown
                pass
        return Handle.__repr__(self)

    def step(self: Handle) -> Any:
        try:
            return _ask(self, operation)
        except StopIteration:
            raise StopIteration from None

    def leave(self: Handle, kind: object, error: object, trace: object) -> Any:
        return _ask(self, operation, kind if kind in _TYPE_NAMES else None, None, None)

    special: dict[str, Callable[..., Any]] = {
        "__repr__": show,
        "__next__": step,
        "__exit__": leave,
        **dict.fromkeys(COMPARISONS, compare),
    }
    return special.get(operation, method)
