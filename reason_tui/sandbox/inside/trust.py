"""How far an object of the program is believed by the test that asks it.

A test compares values itself. Where the program returned an object instead, the object answers, and `f(3) - 0.5` would
tell it what it is to be compared with. So it counts where a test has an object from:

    CLASS      a class that the test calls by its name, or something it has by an attribute of one
    MADE       what calling one of these gave: the test asked for an object, and it is the object that is tested
    WITHIN     what the test got out of one that it had made
    RETURNED   anything else: an honest function would have returned a value, or its caller asks for no more than parts
"""

from __future__ import annotations

import re

from reason_tui.sandbox.inside.operations import OPERATORS

RETURNED, WITHIN, MADE, CLASS = "returned", "within", "made", "class"
_OWN = (MADE, CLASS)
# What the program calls a class is not to be believed: it could call a function so, and make its result an object.
_CLASS_NAME = re.compile("_*[A-Z][A-Za-z0-9]*")
_VALUES = (str, bytes, int, float, list, tuple, dict, set)
_METHODS_OF_VALUES = frozenset(name for kind in _VALUES for name in dir(kind))
_PREDICATES = ("startswith", "endswith", "issubset", "issuperset", "isdisjoint")


def is_class_name(name: str) -> bool:
    """Whether a test that uses this name means a class: `Stack`, but neither `stack` nor `Find_Max`."""
    return _CLASS_NAME.fullmatch(name) is not None


def may_be_asked(operation: str, standing: str, method: str, *, of_an_object: bool) -> bool:
    """Whether an object may be asked.

    `standing` is that of the object, or for a method that of the object it is of; `method`: the name by which it was
    had from there. `of_an_object`: the operand is one of the program's too, and tells it nothing.
    """
    if standing != RETURNED or of_an_object:
        return True
    return method not in _PREDICATES if operation == "__call__" else operation not in OPERATORS


def searches_itself(standing: str) -> bool:
    """Whether an object says what it contains. The parts of any other one are looked through by the test."""
    return standing in _OWN


def within(standing: str) -> str:
    """Where the test has an object from that it got out of another one."""
    return RETURNED if standing == RETURNED else WITHIN


def is_weak(operation: str, standing: str, method: str, given: bool, answer: object) -> bool:
    """Whether the program could have made up this answer from what it was told; `given`: there were arguments."""
    if standing in _OWN:
        return False
    if operation == "__call__":
        return bool(method) and given and (isinstance(answer, bool) or method in _METHODS_OF_VALUES)
    return operation in OPERATORS
