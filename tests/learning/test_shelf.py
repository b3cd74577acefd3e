"""Adapters on the shelf: found, promoted, taken back, refused on another base. No weights are needed for that."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest
from support.hf_folders import tiny_folder
from support.lessons import examples

from reason_tui.cli.main import run
from reason_tui.errors import AdapterNotFoundError, ConfigError, ModelDamagedError, StateError, UsageError
from reason_tui.learning.adapters.manifest import Compared, Manifest, base_folder, base_of, check_base
from reason_tui.learning.adapters.shelf import MANIFEST, Shelf
from reason_tui.learning.adapters.use import adapter_path, chosen
from reason_tui.learning.training.dataset import fix, learned
from reason_tui.models.catalogue import EMBEDDED, embedded_model


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_folder(tmp_path / "model", width=32, layers=1))


def kept(shelf: Shelf, model: str, name: str, at: float = 1.0) -> Manifest:
    manifest = Manifest(name=name, base=base_of(model), created_at=at, app_version="0")
    shelf.keep(manifest)
    return manifest


def test_an_adapter_is_found_by_the_beginning_of_its_name_and_the_newest_is_last(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    old, new = kept(shelf, model, "sft-1"), kept(shelf, model, "dpo-2", at=2.0)
    assert shelf.all() == [new, old]
    assert shelf.find("sf") == old
    assert shelf.find("last") == new
    with pytest.raises(AdapterNotFoundError):
        shelf.find("x")


def test_what_was_promoted_before_holds_again_after_a_rollback(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "one")
    kept(shelf, model, "two")
    assert shelf.promoted() is None
    shelf.promote("one")
    shelf.promote("two")
    assert shelf.promoted() == "two"
    assert shelf.roll_back() == "one"
    assert shelf.roll_back() is None
    with pytest.raises(UsageError):
        shelf.roll_back()


def test_a_rollback_passes_over_adapters_that_were_removed(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    for name in ("one", "two", "three"):
        kept(shelf, model, name)
        shelf.promote(name)
    shelf.remove("two")
    assert shelf.roll_back() == shelf.promoted() == "one"
    shelf.promote("three")
    shelf.remove("one")
    assert shelf.roll_back() is None


def test_a_training_that_is_not_finished_is_listed_and_can_be_removed(
    tmp_path: Path, model: str, capfd: pytest.CaptureFixture[str]
):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "sft-1")
    for name in ("sft-1", "sft-2"):
        fix(shelf.place(name), "sft", examples(24))
    assert run(["adapters", "ls", "--state-dir", str(tmp_path)], lambda *_: 0) == 0
    told = capfd.readouterr()
    assert "sft-1 " in told.out and "sft-2" not in told.out
    assert "sft-2" in told.err and "--name sft-2" in told.err
    assert run(["adapters", "rm", "sft-2", "--state-dir", str(tmp_path)], lambda *_: 0) == 0
    assert not shelf.place("sft-2").exists()
    assert [one.name for one in shelf.all()] == ["sft-1"]


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "last", "base", "promoted"])
def test_a_name_that_is_no_folder_on_the_shelf_is_refused_before_anything_is_trained(
    clean_environment: Path, capfd: pytest.CaptureFixture[str], name: str
):
    state = clean_environment / "state"
    assert run(["train", "sft", "--name", name, "--state-dir", str(state)], lambda *_: 0) == 2
    assert "cannot be used" in capfd.readouterr().err
    assert not state.exists()


def test_promotions_and_figures_of_several_at_once_are_all_kept(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "one")

    def change(writer: int) -> None:
        for number in range(5):
            Shelf(tmp_path).promote("one")
            Shelf(tmp_path).note("one", gain(f"{writer}-{number}"))

    threads = [threading.Thread(target=change, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.history() == ["one"] * 20
    assert len(shelf.find("one").evaluations) == 20


def test_a_new_measurement_takes_the_place_of_the_old_one_and_changes_nothing_else(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    before = kept(shelf, model, "one")
    shelf.note("one", gain("a"), gain("b"))
    shelf.note("one", better := gain("a", after=0.9))
    assert shelf.find("one") == before.model_copy(update={"evaluations": (gain("b"), better)})
    shelf.note("one", other := better.model_copy(update={"against": "zero"}))
    assert shelf.find("one").evaluations == (gain("b"), better, other), "against another adapter is another figure"


def gain(dataset: str, after: float = 0.5) -> Compared:
    return Compared(
        dataset=dataset, tasks=9, samples=4, before=0.25, after=after, difference=after - 0.25, low=0.0, high=0.5
    )


def test_half_of_a_removed_adapter_is_none(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "one")

    def refuse(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("reason_tui.learning.adapters.shelf.shutil.rmtree", refuse)
    with pytest.raises(StateError, match="cannot be removed"):
        shelf.remove("one")
    assert shelf.all() == []


def test_a_damaged_history_of_promotions_says_what_removing_it_means(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "one")
    shelf.promote("one")
    for damage in ("[", '{"one": 1}', "[1]"):
        (shelf.folder / "promoted.json").write_text(damage)
        with pytest.raises(StateError, match="cannot be read") as refused:
            shelf.promoted()
        assert "base alone" in refused.value.hint


def test_the_promoted_adapter_cannot_be_removed(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "one")
    shelf.promote("one")
    with pytest.raises(UsageError, match="promoted"):
        shelf.remove("one")
    shelf.roll_back()
    shelf.remove("one")
    assert shelf.all() == []


def test_an_adapter_of_another_base_is_refused(tmp_path: Path, model: str):
    other = str(tiny_folder(tmp_path / "other", width=32, layers=1, seed=9))
    manifest = kept(Shelf(tmp_path), model, "one")
    check_base(manifest, model)
    with pytest.raises(ModelDamagedError, match="does not belong") as refused:
        check_base(manifest, other)
    assert "convert" not in refused.value.hint and f"--model {model}" in refused.value.hint


def test_another_model_of_the_same_form_cannot_be_said_to_be_the_base(
    tmp_path: Path, model: str, capfd: pytest.CaptureFixture[str]
):
    """That would take the hash away that the adapter is refused by on other models."""
    shelf, other = Shelf(tmp_path), str(tiny_folder(tmp_path / "other", width=32, layers=1, seed=9))
    manifest = kept(shelf, model, "one")
    gguf = str(embedded_model("gguf"))
    with pytest.raises(ModelDamagedError) as refused:
        check_base(manifest, gguf)
    assert f"adapters convert one --base {gguf}" in refused.value.hint
    where = ["--state-dir", str(tmp_path)]
    assert run(["adapters", "convert", "one", "--base", other, *where], lambda *_: 0) == 3
    assert shelf.find("one") == manifest
    assert run(["adapters", "convert", "one", "--base", gguf, *where], lambda *_: 0) == 0
    check_base(shelf.find("one"), gguf)
    check_base(shelf.find("one"), model)


def test_the_embedded_model_is_one_base_in_both_its_forms():
    assert base_of(EMBEDDED).sha256.keys() == {"folder", "gguf"}
    manifest = Manifest(name="one", base=base_of(EMBEDDED), created_at=1, app_version="0")
    check_base(manifest, str(embedded_model("gguf")))


def test_a_gguf_file_cannot_be_trained_and_the_error_says_what_can():
    with pytest.raises(ConfigError, match="GGUF") as refused:
        base_folder(str(embedded_model("gguf")))
    assert "folder" in refused.value.hint


def test_damaged_manifests_are_passed_over_and_newer_ones_named(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    good = kept(shelf, model, "good")
    kept(shelf, model, "bad")
    (shelf.place("bad") / MANIFEST).write_text("{")
    assert shelf.all() == [good]
    newer = json.loads(good.model_dump_json()) | {"schema_version": 99}
    (shelf.place("bad") / MANIFEST).write_text(json.dumps(newer))
    with pytest.raises(StateError, match="newer"):
        shelf.read(shelf.place("bad"))


def test_the_promoted_adapter_is_used_with_its_own_model_only(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    one = kept(shelf, model, "one")
    assert chosen(tmp_path, model, None) is None
    shelf.promote("one")
    assert chosen(tmp_path, model, None) == one
    assert chosen(tmp_path, model, "base") is None
    assert chosen(tmp_path, EMBEDDED, None) is None
    with pytest.raises(ModelDamagedError):
        chosen(tmp_path, EMBEDDED, "one")


def test_a_path_is_taken_as_it_is_and_a_promoted_adapter_in_the_backend_s_own_form(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "one")
    shelf.promote("one")
    assert adapter_path(tmp_path, model, "hf", None) == str(tmp_path / "adapters" / "one" / "peft")
    lora = tmp_path / "lora.gguf"
    lora.touch()
    assert adapter_path(tmp_path, model, "xllamacpp", str(lora)) == str(lora)
    ready = tmp_path / "adapters" / "one" / "gguf" / "adapter.gguf"
    ready.parent.mkdir()
    ready.touch()
    assert adapter_path(tmp_path, model, "xllamacpp", None) == str(ready)


DAMAGES = {
    "cut short": "{",
    "empty": "",
    "another thing": "[]",
    "half of it": '{"name": "bad"}',
    "too deep": "[" * 100_000,
    "no version": '{"schema_version": Infinity}',
    "no date": '{"name": "bad", "base": {"name": "m", "sha256": {}}, "app_version": "0", "created_at": 1e300}',
    "newer": '{"schema_version": 99}',
    "renamed": '{"name": "../good", "base": {"name": "m", "sha256": {}}, "app_version": "0", "created_at": 1}',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_adapter_is_listed_as_such_and_can_be_removed(
    tmp_path: Path, model: str, capfd: pytest.CaptureFixture[str], damage: str
):
    shelf, where = Shelf(tmp_path), ["--state-dir", str(tmp_path)]
    good = kept(shelf, model, "good")
    kept(shelf, model, "bad")
    (shelf.place("bad") / MANIFEST).write_text(damage)
    assert run(["adapters", "ls", *where], lambda *_: 0) == 0
    told = capfd.readouterr()
    assert "good " in told.out and "bad" not in told.out
    assert told.err.startswith("  bad ") and "adapters rm bad" in told.err and told.err.count("\n") == 1
    assert run(["adapters", "ls", "--json", *where], lambda *_: 0) == 0
    assert json.loads(capfd.readouterr().out)["name"] == "good"
    assert shelf.find("last") == good
    assert run(["adapters", "show", "bad", *where], lambda *_: 0) == 5
    assert "adapters rm bad" in capfd.readouterr().err
    assert run(["adapters", "rm", "bad", *where], lambda *_: 0) == 0
    assert not shelf.place("bad").exists() and shelf.all() == [good] and not shelf.damaged()


def test_an_adapter_whose_manifest_cannot_be_read_is_listed_and_can_be_removed(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    (shelf.place("bad") / MANIFEST).mkdir(parents=True)
    assert [(one.name, one.fault) for one in shelf.damaged()] == [("bad", "cannot be read (Is a directory)")]
    shelf.remove("bad")
    assert not shelf.damaged()


def test_where_all_adapters_are_damaged_nobody_is_told_that_there_are_none(
    tmp_path: Path, model: str, capfd: pytest.CaptureFixture[str]
):
    shelf = Shelf(tmp_path)
    kept(shelf, model, "bad")
    (shelf.place("bad") / MANIFEST).write_text("{")
    assert run(["adapters", "ls", "--state-dir", str(tmp_path)], lambda *_: 0) == 0
    assert "no adapters" not in capfd.readouterr().err
    with pytest.raises(AdapterNotFoundError) as refused:
        shelf.find("last")
    assert "adapters ls" in refused.value.hint


def test_where_the_promoted_adapter_is_damaged_the_base_is_used_and_promote_says_so(
    tmp_path: Path, model: str, capfd: pytest.CaptureFixture[str]
):
    shelf, where = Shelf(tmp_path), ["--state-dir", str(tmp_path)]
    for name in ("one", "two", "three"):
        kept(shelf, model, name)
        shelf.promote(name)
    kept(shelf, model, "three-and-more")
    whole = (shelf.place("three") / MANIFEST).read_text()
    for name in ("two", "three"):
        (shelf.place(name) / MANIFEST).write_text("{")
    assert chosen(tmp_path, model, None) is None
    with pytest.raises(StateError, match="damaged"):
        chosen(tmp_path, model, "three")
    assert run(["promote", *where], lambda *_: 0) == 0
    told = capfd.readouterr()
    assert told.out == "Used: three\n" and "Until then the base alone is used" in told.err
    (shelf.place("three") / MANIFEST).write_text(whole)
    assert chosen(tmp_path, model, None) == shelf.find("three"), "put back, it is used as before"
    assert shelf.roll_back() == "one", "one that is damaged could not be used"


def test_what_an_adapter_learned_is_known_also_where_the_one_it_began_with_is_damaged(tmp_path: Path, model: str):
    shelf = Shelf(tmp_path)
    for name, start, tasks in (("one", None, examples(8)), ("two", "one", examples(24)[8:])):
        shelf.keep(kept(shelf, model, name).model_copy(update={"start": start}))
        fix(shelf.place(name), "sft", tasks)
    two = shelf.find("two")
    known = learned(shelf, two)
    assert known == {lesson.task for lesson in examples(24)}
    (shelf.place("one") / MANIFEST).write_text("{")
    assert learned(shelf, two) == known
