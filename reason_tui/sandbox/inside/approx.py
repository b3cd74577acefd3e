"""`pytest.approx`, written from its documentation."""

from __future__ import annotations

import math
from typing import Any

_RELATIVE, _ABSOLUTE = 1e-6, 1e-12


class approx:  # noqa: N801 - as users know it
    """Equal within 1e-6 of the expected value, or 1e-12; sequences, sets of keys and arrays part by part."""

    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:  # noqa: A002
        self._expected, self._rel, self._abs, self._nan_ok = expected, rel, abs, nan_ok

    def __repr__(self) -> str:
        return f"approx({self._expected!r})"

    def __eq__(self, got: object) -> bool:
        expected = _plain(self._expected)
        got = _plain(got)
        if isinstance(expected, dict):
            return (
                isinstance(got, dict)
                and expected.keys() == got.keys()
                and all(self._like(expected[key]) == got[key] for key in expected)
            )
        if isinstance(expected, (list, tuple)):
            return (
                isinstance(got, (list, tuple))
                and len(got) == len(expected)
                and all(self._like(one) == other for one, other in zip(expected, got, strict=True))
            )
        if not _is_number(expected) or not _is_number(got):
            return bool(got == expected)
        return self._near(got, expected)

    def _like(self, expected: Any) -> approx:
        return approx(expected, self._rel, self._abs, self._nan_ok)

    def _near(self, got: Any, expected: Any) -> bool:
        if got == expected:
            return True
        if expected != expected or got != got:
            return self._nan_ok and expected != expected and got != got
        if math.isinf(abs(expected)) or math.isinf(abs(got)):
            return False
        absolute = _ABSOLUTE if self._abs is None else self._abs
        if self._rel is None and self._abs is not None:
            return bool(abs(got - expected) <= absolute)
        relative = (_RELATIVE if self._rel is None else self._rel) * abs(expected)
        return bool(abs(got - expected) <= max(relative, absolute))


def _is_number(value: object) -> bool:
    return hasattr(type(value), "__abs__") and hasattr(type(value), "__sub__") and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """An array as lists."""
    return value.tolist() if type(value).__module__ == "numpy" and hasattr(value, "tolist") else value
