"""What stands for an object of the other side: a handle does what its object can do, by asking the side that keeps it.

What comes back is a value of builtin types, or another handle. So a test can make objects of a program's classes,
iterate over its generators and hand callbacks to it, and what it compares in the end are values in its own process.

A comparison of two objects is another matter: the program itself would say how it ends. It is asked only where the
test made one of the two (by calling a class), and the line notes it as `weak`; any other comparison of an object
raises, as with an Opaque. `trust` has the same for operators.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any, Protocol

from reason_tui.sandbox.inside import trust
from reason_tui.sandbox.inside.operations import COMPARISONS
from reason_tui.sandbox.inside.values import OpaqueError

TYPES = {name: kind for name, kind in vars(builtins).items() if isinstance(kind, type) and kind.__name__ == name}
"""Both sides have these: they cross by name."""
TYPE_NAMES = {kind: name for name, kind in TYPES.items()}
_MAX_NAME = 100
_NOT_PASSED_ON = "__array"
"""With attributes of such names numpy would read memory wherever an object says."""


class Exchange(Protocol):
    """Where a handle asks; see `exchange`."""

    weak: bool
    quiet: bool
    careful: bool

    def ask(self, operation: str, target: Handle, /, *args: Any, **kwargs: Any) -> Any:
        """What the other side answers."""
        ...


class Kept:
    """What a handle knows: whom to ask, for what, where it is from (see `trust`), as a method by which name and of
    what."""

    __slots__ = ("exchange", "is_class", "method", "number", "owner", "standing")

    def __init__(self, exchange: Exchange, number: int, is_class: bool, standing: str) -> None:
        self.exchange, self.number, self.is_class, self.standing = exchange, number, is_class, standing
        self.method, self.owner = "", trust.RETURNED


class Handle:
    """An object of the other side. Its own state is one slot, so that every other attribute is the object's."""

    __slots__ = ("__weakref__", "_reason_tui")
    _reason_tui: Kept

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_NOT_PASSED_ON):
            raise AttributeError(name)
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


def is_handle(value: object) -> bool:
    """Whether `value` is an object of the other side."""
    return Handle in type(value).__mro__


def kept_of(handle: Any) -> Kept:
    """What a handle knows."""
    kept: Kept = handle._reason_tui
    return kept


def no_value(handle: Handle) -> OpaqueError:
    """What is raised where a test needs a value and has this."""
    return OpaqueError(f"the program returned {Handle.__repr__(handle)}, which has no value outside of it")


def make(type_name: str, operations: tuple[str, ...], kept: Kept) -> Handle:
    """A handle to an object of a type of this name, of which these operations can be asked."""
    handle = object.__new__(_class(type_name, operations))
    object.__setattr__(handle, "_reason_tui", kept)
    return handle


def _ask(handle: Handle, operation: str, /, *args: Any, **kwargs: Any) -> Any:
    return handle._reason_tui.exchange.ask(operation, handle, *args, **kwargs)


def _compare(handle: Handle, operation: str, other: object) -> bool:
    exchange = handle._reason_tui.exchange
    if (other is handle or other is None) and operation in ("__eq__", "__ne__"):
        return (other is handle) == (operation == "__eq__")
    if any(is_handle(side) and kept_of(side).standing == trust.MADE for side in (handle, other)):
        exchange.weak = True
        return bool(exchange.ask(operation, handle, other))
    raise no_value(handle)


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

    special = {**_SPECIAL, **dict.fromkeys(COMPARISONS, compare)}
    return special.get(operation, method)


def _show(handle: Handle) -> str:
    if not handle._reason_tui.exchange.quiet:
        try:
            return str(_ask(handle, "__repr__"))
        except Exception:  # noqa: BLE001 - the program's own __repr__; this is only to be shown
            pass
    return Handle.__repr__(handle)


def _step(handle: Handle) -> Any:
    try:
        return _ask(handle, "__next__")
    except StopIteration:
        raise StopIteration from None


def _leave(handle: Handle, kind: type | None, error: BaseException | None, trace: object) -> bool:
    """The end of a `with` block. What follows what was raised in it does not run: a program may not wish that away."""
    exchange = handle._reason_tui.exchange
    known = next((base for base in kind.__mro__ if base in TYPE_NAMES), None) if kind is not None else None
    swallowed = bool(_ask(handle, "__exit__", known, None, None)) and error is not None
    if exchange.careful and swallowed:
        exchange.weak = True
        return not isinstance(error, (AssertionError, OpaqueError))
    return swallowed


def _contains(handle: Handle, value: object) -> bool:
    kept = handle._reason_tui
    if kept.exchange.careful and not trust.searches_itself(kept.standing) and hasattr(type(handle), "__iter__"):
        return any(part is value or part == value for part in _ask(handle, "__iter__"))
    return bool(_ask(handle, "__contains__", value))


_SPECIAL: dict[str, Callable[..., Any]] = {
    "__repr__": _show,
    "__next__": _step,
    "__exit__": _leave,
    "__contains__": _contains,
}
