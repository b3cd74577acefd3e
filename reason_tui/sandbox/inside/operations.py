"""What one side may ask of an object that the other side keeps, by the name of the special method that does it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
ATTRIBUTES = ("__getattr__", "__setattr__", "__delattr__")
CLASS = "__instancecheck__"
"""What can be asked of a class, and of nothing else."""
_PLAIN = (
    *("getitem", "setitem", "delitem", "contains", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow"),
    *("matmul", "lshift", "rshift", "and", "or", "xor", "neg", "pos", "abs", "invert", "index"),
    *("iadd", "isub", "imul", "itruediv", "iand", "ior", "ixor"),
)
_TURNED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
_WITHOUT_OPERAND = ("getitem", "setitem", "delitem", "neg", "pos", "abs", "invert", "index")
OPERATORS = frozenset(
    (*(f"__{name}__" for name in _PLAIN if name not in _WITHOUT_OPERAND), *(f"__r{name}__" for name in _TURNED))
)
"""By these an object is told a value that it is to be combined with, or to contain."""
_OF_A_CLASS = ("__iter__", "__len__", "__getitem__", "__contains__")


def _turned(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda value, other: function(other, value)


def _function(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(operator, f"__{name}__")
    return function


PERFORM: dict[str, Callable[..., Any]] = {
    "__call__": lambda value, /, *args, **kwargs: value(*args, **kwargs),
    "__getattr__": getattr,
    "__setattr__": setattr,
    "__delattr__": delattr,
    "__iter__": iter,
    "__next__": next,
    "__reversed__": reversed,
    "__len__": len,
    "__bool__": bool,
    "__hash__": hash,
    "__str__": str,
    "__repr__": repr,
    "__format__": format,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__round__": round,
    "__enter__": lambda value: type(value).__enter__(value),
    "__exit__": lambda value, *args: type(value).__exit__(value, *args),
    CLASS: lambda kind, value: isinstance(value, kind),
    "__subclasscheck__": lambda kind, other: issubclass(other, kind),
    **{f"__{name}__": _function(name) for name in _PLAIN},
    **{f"__r{name}__": _turned(_function(name)) for name in _TURNED},
    **{name: getattr(operator, name) for name in COMPARISONS},
}
_TOLD_BY_OBJECT = ("__hash__", "__str__", "__repr__", "__format__")
_TOLD_ELSEWHERE = (*COMPARISONS, *_TOLD_BY_OBJECT, *ATTRIBUTES, CLASS, "__subclasscheck__")


def operations_of(value: object) -> tuple[str, ...]:
    """What can be asked of `value`, beside what can be asked of every object."""
    kind = type(value)
    if isinstance(value, type):
        return ("__call__", CLASS, "__subclasscheck__", *(name for name in _OF_A_CLASS if hasattr(kind, name)))
    found = [name for name in PERFORM if name not in _TOLD_ELSEWHERE and getattr(kind, name, None) is not None]
    found += [name for name in _TOLD_BY_OBJECT if getattr(kind, name, None) not in (None, getattr(object, name))]
    return tuple(found)
