"""Values on the wire: exact builtin types, and nothing else.

The writer flattens subclasses of builtin types and turns anything else into an `Opaque`, or into a `Remote` where
whoever writes keeps the object for later. The reader refuses every class and function: its unpickler knows a few
makers, which cannot be altered by a crafted stream.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any, NoReturn

MAX_VALUE_BYTES = 2 << 20
MAX_MESSAGE_BYTES = 64 << 20


class CrossingError(Exception):
    """A value that is not made of builtin types, or is too large or too deep."""


class OpaqueError(TypeError):
    """Something was asked of a value that stayed behind."""


class Opaque:
    """Stands for a value that cannot cross.

    It equals nothing and differs from nothing: a comparison raises, since with any answer of its own there would be
    an assert (`x == 1`, `not x == 1`) that it satisfies. Its truth is what it was in the program: no more than what
    a program gains by returning True or False.
    """

    __slots__ = ("truth", "type_name")

    def __init__(self, type_name: object, truth: object = None) -> None:
        self.type_name = type_name if isinstance(type_name, str) else "object"
        self.truth = truth

    @classmethod
    def instead_of(cls, value: object) -> Opaque:
        """What takes the place of `value`, in the process that has it."""
        try:
            truth = bool(value)
        except Exception:  # noqa: BLE001 - the program's own __bool__ or __len__
            return cls(type(value).__name__)
        return cls(type(value).__name__, truth)

    def __repr__(self) -> str:
        return f"<{self.type_name} object>"

    def __eq__(self, other: object) -> NoReturn:
        raise OpaqueError(f"the program returned {self!r}, which has no value outside of it")

    def __ne__(self, other: object) -> NoReturn:
        self.__eq__(other)

    def __bool__(self) -> bool:
        return self.truth if isinstance(self.truth, bool) else self.__eq__(None)

    __hash__ = object.__hash__  # a set of such values can cross


class Remote:
    """Stands for an object that its owner keeps: which one, the name of its type, and what can be asked of it."""

    __slots__ = ("number", "operations", "type_name")

    def __init__(self, number: object, type_name: object = "", operations: object = ()) -> None:
        self.number = number if isinstance(number, int) else 0
        self.type_name = type_name if isinstance(type_name, str) else "object"
        self.operations = operations if isinstance(operations, tuple) else ()

    def __repr__(self) -> str:
        return f"<{self.type_name} object>"


class _Maker:
    """A function a stream may name. Unlike a function it has no attribute that a stream could set."""

    __slots__ = ("make", "name")
    name: str
    make: Callable[..., Any]

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "make", make)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise pickle.UnpicklingError("a maker cannot be altered")

    def __call__(self, *args: object) -> Any:
        return self.make(*args)

    def __reduce__(self) -> str:
        return self.name


MAKE_OPAQUE = _Maker("MAKE_OPAQUE", Opaque)
MAKE_COMPLEX = _Maker("MAKE_COMPLEX", lambda real, imag: complex(float(real), float(imag)))
MAKE_RANGE = _Maker("MAKE_RANGE", range)
MAKE_SAME = _Maker("MAKE_SAME", lambda value: value)
MAKE_REMOTE = _Maker("MAKE_REMOTE", Remote)
_MAKERS = {maker.name: maker for maker in (MAKE_OPAQUE, MAKE_COMPLEX, MAKE_RANGE, MAKE_SAME, MAKE_REMOTE)}

_WHOLE = slice(None)
_FLATTEN: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__pos__),
    (float, float.__pos__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__getitem__(value, _WHOLE)),
    (bytearray, lambda value: bytearray(memoryview(value))),
    (tuple, lambda value: tuple.__getitem__(value, _WHOLE)),
    (list, lambda value: list.__getitem__(value, _WHOLE)),
    (dict, dict.copy),
    (set, set),
    (frozenset, frozenset),
)


Keep = Callable[[object], "Remote | None"]
Find = Callable[[Remote], object]


class _Writer(pickle.Pickler):
    """Calls `reducer_override` only for what is not of an exact builtin type: the common case runs in C."""

    strict = False
    keep: Keep | None = None

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind is _Maker:
            return NotImplemented
        if kind is Remote:
            return MAKE_REMOTE, (value.number, value.type_name, value.operations)
        if kind is Opaque:
            return MAKE_OPAQUE, (value.type_name, value.truth)
        if kind is complex:
            return MAKE_COMPLEX, (value.real, value.imag)
        if kind is range:
            return MAKE_RANGE, (value.start, value.stop, value.step)
        for base, flatten in _FLATTEN:
            if base in kind.__mro__:
                return MAKE_SAME, (flatten(value),)
        if kind.__module__ == "numpy" and hasattr(kind, "tolist"):  # a scalar or an array as what it holds
            return MAKE_SAME, (value.tolist(),)
        kept = None if self.keep is None else self.keep(value)
        if kept is not None:
            return MAKE_REMOTE, (kept.number, kept.type_name, kept.operations)
        if self.strict:
            raise CrossingError(f"a value of type {kind.__name__} cannot be passed to the program")
        return self.reducer_override(Opaque.instead_of(value))


class _Reader(pickle.Unpickler):
    find: Find | None = None

    def find_class(self, module: str, name: str) -> Any:
        if name not in _MAKERS:
            raise pickle.UnpicklingError(f"{module}.{name} is refused")
        if name == "MAKE_REMOTE" and self.find is not None:
            find = self.find
            return _Maker(name, lambda *parts: find(Remote(*parts)))
        return _MAKERS[name]


def encode(value: object, *, strict: bool = False, limit: int = MAX_VALUE_BYTES, keep: Keep | None = None) -> bytes:
    """`value` as bytes. What cannot cross becomes an Opaque; with `strict` it raises CrossingError.

    `keep` may give a Remote for what is of no builtin type.
    """
    sink = io.BytesIO()
    writer = _Writer(sink, protocol=5)
    writer.strict, writer.keep = strict, keep
    try:
        writer.dump(value)
    except (RecursionError, MemoryError, pickle.PicklingError) as error:
        if strict:
            raise CrossingError(f"the value cannot be passed to the program: {type(error).__name__}") from error
        return TOO_LARGE
    if sink.tell() > limit:
        if strict:
            raise CrossingError("the value is too large to be passed to the program")
        return TOO_LARGE
    return sink.getvalue()


def encode_message(message: object) -> bytes:
    """A message of our own, which may be longer than a value."""
    return encode(message, strict=True, limit=MAX_MESSAGE_BYTES)


def decode(data: bytes, find: Find | None = None) -> Any:
    """The value in `data`. Raises CrossingError for anything `encode` would not have written.

    `find` gives what takes the place of a Remote; to be used only on what `encode` did write.
    """
    reader = _Reader(io.BytesIO(data))
    reader.find = find
    try:
        return reader.load()
    except CrossingError:  # what `find` says
        raise
    except Exception as error:  # a crafted stream can raise nearly anything; none of it may pass this edge
        raise CrossingError(f"not a value: {type(error).__name__}") from error


TOO_LARGE = encode(Opaque("too large or too deep"))
