"""What another model would take of memory, in a few lines, before anything is loaded."""

from __future__ import annotations

from reason_tui.engine.protocol import Ready
from reason_tui.models.outlook import Outlook
from reason_tui.policy import Forecast
from reason_tui.tui.glyphs import many, size
from reason_tui.tui.ink import Line, line, lines


def held(info: Ready | None) -> int:
    """Bytes that the loaded model has, which come free before another is loaded."""
    return 0 if info is None else max(int(info.model_mb * 2**20), info.policy.memory_bytes)


def refuses(outlook: Outlook, loaded: int) -> bool:
    """Whether the model cannot be loaded, even in the place of the loaded one, which has so many bytes."""
    return bool(outlook.problem) and not 0 < outlook.missing <= loaded


def outlook_lines(outlook: Outlook, loaded: int) -> list[Line]:
    """The forecast, or why the model cannot be loaded."""
    if outlook.forecast is not None:
        return _takes(outlook.forecast, loaded)
    if not outlook.problem:
        return [line(("What it takes of memory is not known before it is loaded.", "dim"))]
    if not refuses(outlook, loaded):
        come_free = f"It lacks {_size(outlook.missing)}, and {_size(loaded)} of the loaded model come free first."
        return [line((come_free, "warning"))]
    return lines(outlook.problem, "failed")


def _takes(forecast: Forecast, loaded: int) -> list[Line]:
    parts = ", ".join(f"{name} {_size(getattr(forecast, name))}" for name in ("weights", "caches", "buffers"))
    room = "room not known" if not forecast.room else f"{_size(forecast.room)} are free"
    freed = f", {_size(loaded)} of the loaded model come free first" if forecast.room and loaded else ""
    return [
        line("Takes ", (_size(forecast.total), "strong"), f": {parts}."),
        line((f"{room}{freed}. {many(forecast.width, 'sibling')} at a time.", "dim")),
    ]


def now_lines(info: Ready | None) -> list[Line]:
    """What the loaded model was thought to take, and took."""
    if info is None or not info.policy.memory_bytes:
        return []
    predicted, measured = _size(info.policy.memory_bytes), size(info.model_mb)
    return [line((f"     {predicted} of memory were predicted, {measured} measured.", "dim"))]


def _size(number: int) -> str:
    return size(number / 2**20)
