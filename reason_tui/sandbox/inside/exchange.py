"""Objects that stay where they are: each side keeps its own, and the other one holds handles to them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Protocol

from reason_tui.sandbox.inside import trust
from reason_tui.sandbox.inside.handles import TYPE_NAMES, TYPES, Handle, Kept, is_handle, kept_of, make, no_value
from reason_tui.sandbox.inside.operations import CLASS, PERFORM, operations_of
from reason_tui.sandbox.inside.values import CrossingError, Remote, decode

_MAX_KEPT = 200_000


class Line(Protocol):
    """The way to the other side."""

    def ask(self, operation: str, target: Handle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the other side answers, raised where it is an exception."""
        ...


class Exchange:
    """One side's objects and its handles to the other's.

    `first` is the number of its first object; numbers go away from 0, and their sign says whose an object is.
    `may_keep` says which of its objects the other side may have a handle to. `careful`: the other side is not to be
    believed (see `trust`).
    """

    def __init__(self, line: Line, first: int, may_keep: Callable[[object], bool], *, careful: bool = False) -> None:
        self._line, self._next, self._may_keep, self.careful = line, first, may_keep, careful
        self._sign = 1 if first > 0 else -1
        self._objects: dict[int, object] = {}
        self._numbers: dict[int, int] = {}
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self._standing = trust.RETURNED
        self.weak = False
        self.quiet = False

    def keep(self, value: object) -> Remote | None:
        """What crosses in the place of `value`; None where it cannot."""
        if is_handle(value):
            return Remote(kept_of(value).number)
        name = TYPE_NAMES.get(value) if type(value) is type else None
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

    def read(self, data: bytes, standing: str = trust.RETURNED) -> Any:
        """The value in `data`; objects that are new here have this standing."""
        before, self._standing = self._standing, standing
        try:
            return decode(data, self._find)
        finally:
            self._standing = before

    def _find(self, remote: Remote) -> object:
        """The object, or the handle, that `remote` stands for. Raises CrossingError for one that is gone."""
        number = remote.number
        if number == 0:
            return TYPES[remote.type_name]
        if (number > 0) == (self._sign > 0):
            if number not in self._objects:
                raise CrossingError("the object is gone: the program had to be started again")
            return self._objects[number]
        handle = self._handles.get(number)
        if handle is None:
            operations = tuple(sorted({*remote.operations} & PERFORM.keys()))
            handle = make(remote.type_name, operations, Kept(self, number, CLASS in operations, self._standing))
            self._handles[number] = handle
        return handle

    def ask(self, operation: str, target: Handle, /, *args: Any, **kwargs: Any) -> Any:
        """What the other side answers. Raises OpaqueError where it may not be asked."""
        if not self.careful:
            return self._line.ask(operation, target, args, kwargs)
        kept = kept_of(target)
        standing = kept.owner if operation == "__call__" and kept.method else kept.standing
        if not trust.may_be_asked(operation, standing, kept.method, of_an_object=any(map(is_handle, args))):
            raise no_value(target)
        answer = self._line.ask(operation, target, args, kwargs)
        self.weak |= trust.is_weak(operation, standing, kept.method, bool(args or kwargs), answer)
        if is_handle(answer):
            self._learn(operation, kept, args, kept_of(answer))
        return answer

    def _learn(self, operation: str, asked: Kept, args: tuple[Any, ...], answer: Kept) -> None:
        """Where the test has this object from."""
        if operation == "__getattr__":
            answer.method, answer.owner = str(args[0]), asked.standing
        if asked.standing == trust.CLASS and operation in ("__call__", "__getattr__"):
            answer.standing = trust.MADE if operation == "__call__" else trust.CLASS

    def name(self, answer: object, name: str) -> None:
        """The test calls this by its name."""
        if is_handle(answer) and kept_of(answer).is_class and trust.is_class_name(name):
            kept_of(answer).standing = trust.CLASS

    def note(self, left: object, right: object) -> None:
        """An assert compared these two: if both are objects, what came out was the program's to say."""
        self.weak = self.weak or (is_handle(left) and is_handle(right))
