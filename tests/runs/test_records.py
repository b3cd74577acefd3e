"""What a model has shown is kept, added to, and never worth an error."""

from __future__ import annotations

from pathlib import Path

from reason_tui.policy import PolicyInfo
from reason_tui.runs import locks
from reason_tui.runs.records import add_to_record, load_record, shipped_record
from reason_tui.search.record import Cell, Record

MODEL = PolicyInfo(model="/models/some model.gguf", backend="b", context_length=1)
FOUND = Record(runs=1, cells={"draft/0": Cell(tried=4, fresh=3, passed=1, tokens=50, total=2.0, squares=1.5)})


def test_runs_add_up(tmp_path: Path):
    assert load_record(tmp_path, MODEL) is None
    assert add_to_record(tmp_path, MODEL, FOUND) and add_to_record(tmp_path, MODEL, FOUND)
    assert load_record(tmp_path, MODEL) == FOUND + FOUND


def test_an_adapter_makes_another_model(tmp_path: Path):
    add_to_record(tmp_path, MODEL, FOUND)
    assert load_record(tmp_path, MODEL.model_copy(update={"adapter": "a"})) is None


def test_a_damaged_record_counts_as_none_and_is_written_anew(tmp_path: Path):
    add_to_record(tmp_path, MODEL, FOUND)
    (path,) = (tmp_path / "records").glob("*.json")
    path.write_text("{")
    assert load_record(tmp_path, MODEL) is None
    assert add_to_record(tmp_path, MODEL, FOUND)
    assert load_record(tmp_path, MODEL) == FOUND


def test_a_run_that_showed_nothing_leaves_no_file(tmp_path: Path):
    assert not add_to_record(tmp_path, MODEL, Record())
    assert list(tmp_path.iterdir()) == []


def test_where_another_process_writes_or_nothing_can_be_written_the_run_is_left_out(tmp_path: Path):
    add_to_record(tmp_path, MODEL, FOUND)
    (lock,) = (tmp_path / "records").glob("*.lock")
    held = locks.take(lock)
    assert held is not None and not add_to_record(tmp_path, MODEL, FOUND)
    (tmp_path / "file").write_text("")
    assert not add_to_record(tmp_path / "file", MODEL, FOUND)


def test_the_embedded_model_begins_with_what_its_tuning_tasks_have_shown(tmp_path: Path):
    embedded = MODEL.model_copy(update={"model": "embedded"})
    shipped = shipped_record(embedded)
    assert shipped is not None and shipped.of("draft").tried > 1000 and shipped.of("repair").tried > 100
    assert load_record(tmp_path, embedded) == shipped
    assert add_to_record(tmp_path, embedded, FOUND)
    assert load_record(tmp_path, embedded) == shipped + FOUND
    assert shipped_record(embedded) == shipped
    assert load_record(tmp_path, embedded.model_copy(update={"adapter": "a"})) is None
