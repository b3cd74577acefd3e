"""The curves of a training, out of what its job told: loss, accuracy, margin by step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from reason_tui.engine.jobs.records import Progress, Record
from reason_tui.text import one_line
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import Line, fit, line

SHOWN: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("loss", ("loss",), "running"),
    ("validation", ("eval_loss",), "partial"),
    ("accuracy", ("rewards/accuracies", "mean_token_accuracy"), "passed"),
    ("margin", ("rewards/margins",), "number"),
    ("reward", ("reward",), "passed"),
)
"""What is drawn: its label, the names that trainers have for it, its style."""
_LABEL, _FIGURE = 11, 9
_WIDEST = 4
"""Cells of one point, where there are few."""

Series = dict[int, float]
"""A figure by step; a step that was made again after a kill counts once."""


def stages(records: Iterable[Record]) -> dict[str, dict[str, Series]]:
    """By stage of the training (`sft`, `dpo`), the last one last: each figure it told, by step."""
    found: dict[str, dict[str, Series]] = {}
    for record in records:
        if not isinstance(record, Progress) or "stage" not in record.data:
            continue
        for name, value in record.data.items():
            if isinstance(value, int | float) and math.isfinite(value):  # a loss that diverges is no number at last
                stage = found.setdefault(str(record.data["stage"]), {})
                stage.setdefault(name, {})[record.done] = float(value)
    return found


def drawn(records: Iterable[Record], glyphs: Glyphs, cells: int, height: int) -> list[Line]:
    """The curves of the last stage, `height` rows each; nothing where none was told."""
    found = stages(records)
    if not found:
        return []
    name, figures = list(found.items())[-1]
    rows = [line((one_line(name, 40), "strong"), (f"  step {max(map(max, figures.values()))}", "dim"))]
    for label, names, style in SHOWN:
        series = next((figures[each] for each in names if each in figures), None)
        if series:
            rows += _curve(label, [value for _, value in sorted(series.items())], style, glyphs, cells, height)
    return rows


def _curve(label: str, values: Sequence[float], style: str, glyphs: Glyphs, cells: int, height: int) -> list[Line]:
    room = max(cells - _LABEL - _FIGURE - 2, 8)
    bars = plot(values, glyphs, room, height)
    rows = []
    for at, bar in enumerate(bars):
        head = label if at == height - 1 else ""
        last = _figure(values[-1]) if at == height - 1 else _figure(max(values)) if not at and height > 2 else ""
        figure = (fit(last, _FIGURE, ">"), "strong" if at == height - 1 else "dim")
        rows.append(line((fit(f" {head}", _LABEL), "dim"), figure, "  ", (bar, style)))
    return rows


def plot(values: Sequence[float], glyphs: Glyphs, cells: int, height: int) -> list[str]:
    """The values as bars on `height` rows, from the least to the largest; their means where there is no room."""
    points, marks = _squeezed(values, cells), glyphs["spark"]
    low, high = min(points), max(points)
    steps = height * len(marks)
    levels = [round((value - low) / (high - low) * (steps - 1)) if high > low else 0 for value in points]
    rows = []
    for floor in range(height - 1, -1, -1):
        above = [level - floor * len(marks) for level in levels]
        rows.append("".join(marks[min(each, len(marks) - 1)] if each >= 0 else " " for each in above))
    return rows


def _squeezed(values: Sequence[float], cells: int) -> list[float]:
    if len(values) <= cells:
        wide = min(cells // len(values), _WIDEST)
        return [value for value in values for _ in range(wide)]
    edges = [at * len(values) // cells for at in range(cells + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]


def _figure(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.3g}"
