"""Visible tests steer, hidden ones only grade: nothing that searches can name, import or hold a hidden test."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

import reason_tui
from reason_tui.engine import protocol
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.tasks.types import GradedTask, HiddenTests, Task

ROOT = Path(reason_tui.__file__).parent
SEARCHING = ("programs", "sandbox", "prompts", "rewards", "search", "engine", "runs")
HIDDEN = {"HiddenTests", "GradedTask"}
TYPES = "reason_tui.tasks.types"


def _modules() -> list[Path]:
    return [path for room in SEARCHING for path in sorted((ROOT / room).rglob("*.py"))]


def _names(path: Path) -> Iterator[str]:
    """Every name that a module imports or reaches through an attribute."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name.rpartition(".")[2] for alias in node.names)
            yield from (node.module or "",) if isinstance(node, ast.ImportFrom) else ()
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_of_a_search_names_a_hidden_test(path: Path):
    assert HIDDEN.isdisjoint(_names(path))
    assert not any(name.startswith("reason_tui.evaluation") for name in _names(path))


def _held(record: object, seen: set[object]) -> set[object]:
    """Every type that a record can hold, however deep."""
    if record in seen:
        return seen
    if isinstance(record, type) and issubclass(record, BaseModel):
        seen.add(record)
        for field in record.model_fields.values():
            _held(field.annotation, seen)
    for inner in typing.get_args(record):
        _held(inner, seen)
    return seen


@pytest.mark.parametrize("record", [Task, ev.Event, acts.Act, protocol.Command, protocol.Message])
def test_no_record_of_a_search_can_hold_a_hidden_test(record: object):
    held = _held(record, set())
    assert held, "the record has fields"
    assert held.isdisjoint({HiddenTests, GradedTask})
    assert HiddenTests in _held(GradedTask, set()), "and the search for it finds one where there is one"


def test_a_hidden_test_is_no_visible_one():
    with pytest.raises(ValidationError):
        Task.model_validate({"id": "t", "prompt": "p", "visible": [HiddenTests(check="assert f(1) == 1")]})
    with pytest.raises(ValidationError):
        Task.model_validate({"id": "t", "prompt": "p", "hidden": {}})
