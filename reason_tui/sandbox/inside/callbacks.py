"""What a program may ask of the objects of a test: to call what was handed to it, and no way around that.

The test holds expected values. A function is called and nothing else, since its attributes lead to its globals; only
objects of the test's own classes have attributes for the program, and none of those with an underscore.
"""

from __future__ import annotations

import types
from typing import Any

from reason_tui.sandbox.inside.operations import ATTRIBUTES, CLASS, PERFORM, operations_of

MODULE = "tests"
"""What the modules of tests are called inside; it tells the classes of a test from all others."""
_CALLED = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType)


def may_be_asked(value: object) -> bool:
    """Whether the program may have a handle to this object of the test."""
    return bool(_allowed(value))


def _allowed(value: object) -> tuple[str, ...]:
    kind = type(value)
    if isinstance(value, _CALLED):
        return ("__call__",)
    if hasattr(kind, "__next__"):
        return ("__iter__", "__next__")
    own = value.__module__ if isinstance(value, type) else kind.__module__
    return (*operations_of(value), *ATTRIBUTES, "__eq__", "__ne__") if own == MODULE else ()


def perform(operation: str, target: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Do what the program asks for. Raises PermissionError where it may not ask for it."""
    if operation not in _allowed(target) or operation == CLASS:
        raise PermissionError(f"a program may not ask for {operation} here")
    if operation in ATTRIBUTES and str(args[0]).startswith("_"):
        raise AttributeError(str(args[0]))
    if operation in ATTRIBUTES[1:] and (isinstance(target, type) or callable(getattr(target, str(args[0]), None))):
        raise PermissionError("a program may not put something else in the place of what a test calls")
    return PERFORM[operation](target, *args, **kwargs)
