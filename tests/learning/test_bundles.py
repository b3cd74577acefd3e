"""Lessons to another machine and adapters back: what is refused, and that nothing escapes from an archive."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from support.hf_folders import random_peft, tiny_folder
from support.lessons import examples, pairs

from reason_tui.errors import ModelDamagedError, StateError, TrainingError, UsageError
from reason_tui.learning import Store
from reason_tui.learning.adapters.importing import take_back
from reason_tui.learning.adapters.manifest import Base, Manifest, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.archives import HEAD, Head, open_archive, write_archive
from reason_tui.learning.bundles import pack
from reason_tui.learning.training import TrainSettings
from reason_tui.learning.training.dataset import fix

STAGES = (TrainSettings(method="sft"), TrainSettings(method="dpo"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_folder(tmp_path / "model", width=32, layers=1)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with lessons for both methods."""
    named = [pair.model_copy(update={"id": f"p{pair.id}"}) for pair in pairs(24)]
    Store(tmp_path / "state").bring_in([*examples(24), *named])
    return tmp_path / "state"


def packed(state: Path, model: Path, path: Path) -> Head:
    return pack(path, str(model), STAGES, store=Store(state), shelf=Shelf(state))[0]


def adapters(place: Path, model: Path, *, name: str = "bundle-1-sft", data: str | None = None, **more: object) -> Path:
    """An archive of one adapter, as `train_packed` writes it; `more` are files beside."""
    place.mkdir(exist_ok=True)
    peft = random_peft(place / "peft", model)
    digest = fix(place, "sft", examples(24)).digest
    manifest = Manifest(name=name, base=base_of(str(model)), data_sha256=data or digest, created_at=1, app_version="0")
    contents = {f"{name}/peft/{file.name}": file for file in peft.iterdir()} | {
        f"{name}/adapter.json": manifest.model_dump_json().encode(),
        f"{name}/data.jsonl": place / "data.jsonl",
        f"{name}/gguf/adapter.gguf": b"converted",
    }
    head = Head(kind="adapters", app_version="0", name="bundle-1", base=manifest.base, adapters=(name,))
    write_archive(place / "back.zip", head, contents | more, force=True)
    return place / "back.zip"


def rewritten(source: Path, target: Path, change: dict[str, bytes | None], *, twice: str = "") -> Path:
    """A copy of the archive with other contents: None takes a file out; a new name comes in, `twice` once more."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        contents = {info.filename: old.read(info) for info in old.infolist()} | change
        for name, content in contents.items():
            if content is not None:
                new.writestr(name, content)
        if twice:
            with pytest.warns(UserWarning, match="Duplicate"):
                new.writestr(twice, contents[twice] or b"")
    return target


def test_an_archive_holds_lessons_settings_hashes_and_the_command(state: Path, model: Path, tmp_path: Path):
    head = packed(state, model, tmp_path / "b.zip")
    with open_archive(tmp_path / "b.zip", "lessons") as archive:
        assert archive.head == head
        assert len(archive.read("sft.jsonl").splitlines()) == len(archive.read("dpo.jsonl").splitlines()) == 24
        assert "reason-tui learn train-bundle b.zip --model FOLDER" in archive.read("README.txt").decode()
        assert str(tmp_path) not in archive.read("README.txt").decode()
    assert head.base == base_of(str(model))
    assert [stage.method for stage in head.stages] == ["sft", "dpo"]


def test_the_same_lessons_make_the_same_archive(state: Path, model: Path, tmp_path: Path):
    (tmp_path / "again").mkdir()
    packed(state, model, tmp_path / "b.zip")
    packed(state, model, tmp_path / "again" / "b.zip")
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "again" / "b.zip").read_bytes()
    with pytest.raises(UsageError, match="already there"):
        packed(state, model, tmp_path / "b.zip")


def test_a_training_without_lessons_is_left_out_and_no_lessons_are_no_archive(model: Path, tmp_path: Path):
    store, shelf = Store(tmp_path / "few"), Shelf(tmp_path / "few")
    with pytest.raises(TrainingError, match="too little"):
        pack(tmp_path / "b.zip", str(model), STAGES, store=store, shelf=shelf)
    assert not (tmp_path / "b.zip").exists()
    store.bring_in(examples(24))
    head, counts = pack(tmp_path / "b.zip", str(model), STAGES, store=store, shelf=shelf)
    assert ([stage.method for stage in head.stages], counts) == (["sft"], {"sft": 24, "dpo": 0})


def test_an_adapter_comes_back_with_its_converted_forms_and_twice_is_once(model: Path, tmp_path: Path):
    shelf = Shelf(tmp_path / "first")
    path = adapters(tmp_path / "there", model)
    (taken,) = take_back(path, str(model), shelf)
    assert shelf.all() == [taken]
    assert (shelf.place(taken.name) / "gguf" / "adapter.gguf").read_bytes() == b"converted"
    assert {file.name for file in (shelf.place(taken.name) / "peft").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    assert take_back(path, str(model), shelf) == [taken]
    assert shelf.all() == [taken]


def test_every_flipped_byte_of_an_archive_is_noticed(model: Path, tmp_path: Path):
    """Or changes nothing that is read: then what is taken in is what was packed."""
    content = adapters(tmp_path / "there", model).read_bytes()
    bad, refused = tmp_path / "bad.zip", 0
    good = take_back(tmp_path / "there" / "back.zip", str(model), Shelf(tmp_path / "good"))
    for at in range(0, len(content), len(content) // 40):
        bad.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        shelf = Shelf(tmp_path / f"state{at}")
        try:
            assert take_back(bad, str(model), shelf) == good
        except UsageError:
            refused += 1
            assert shelf.all() == []
    assert refused > 30


def test_a_cut_archive_and_a_file_that_is_none_are_refused_and_say_so(state: Path, model: Path, tmp_path: Path):
    packed(state, model, tmp_path / "b.zip")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "b.zip").read_bytes()[:-200])
    with pytest.raises(UsageError, match="no archive") as refused, open_archive(tmp_path / "cut.zip", "lessons"):
        pass
    assert "end is missing" in refused.value.why
    with zipfile.ZipFile(tmp_path / "foreign.zip", "w") as foreign:
        foreign.writestr("letter.txt", "hello")
    with pytest.raises(UsageError, match="no archive of reason_tui"):
        take_back(tmp_path / "foreign.zip", str(model), Shelf(state))
    with pytest.raises(UsageError, match="cannot be read"):
        take_back(tmp_path / "none.zip", str(model), Shelf(state))


def test_an_archive_of_the_other_way_says_what_it_is_for(state: Path, model: Path, tmp_path: Path):
    packed(state, model, tmp_path / "b.zip")
    with pytest.raises(UsageError, match="lessons to train on") as refused:
        take_back(tmp_path / "b.zip", str(model), Shelf(state))
    assert "train-bundle" in refused.value.hint


def test_files_that_are_changed_missing_added_or_there_twice_are_refused(model: Path, tmp_path: Path):
    good, shelf = adapters(tmp_path / "there", model), Shelf(tmp_path / "first")
    weights = "bundle-1-sft/peft/adapter_model.safetensors"
    for change, twice in (({weights: b"other"}, ""), ({weights: None}, ""), ({"more.txt": b"x"}, ""), ({}, weights)):
        with pytest.raises(UsageError, match="damaged"):
            take_back(rewritten(good, tmp_path / "bad.zip", change, twice=twice), str(model), shelf)
    assert shelf.all() == []


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", "a\\..\\b", "bundle-1-sft/../../x", ".hidden"])
def test_no_path_in_an_archive_leads_out_of_it(model: Path, tmp_path: Path, name: str):
    shelf = Shelf(tmp_path / "first")
    with pytest.raises(UsageError, match="no archive of reason_tui"):
        take_back(adapters(tmp_path / "there", model, **{name: b"x"}), str(model), shelf)
    assert not list(tmp_path.rglob("*escaped*"))
    assert shelf.all() == []


@pytest.mark.parametrize("name", ["..", "a/b", "../up", ""])
def test_no_adapter_s_name_leads_off_the_shelf(model: Path, tmp_path: Path, name: str):
    good, shelf = adapters(tmp_path / "there", model), Shelf(tmp_path / "first")
    with zipfile.ZipFile(good) as old:
        head = json.loads(old.read(HEAD))
    head["adapters"] = [name]
    with pytest.raises(UsageError):
        take_back(rewritten(good, tmp_path / "bad.zip", {HEAD: json.dumps(head).encode()}), str(model), shelf)
    with pytest.raises(UsageError, match="cannot be used"):
        take_back(good, str(model), shelf, name=name or " ")
    assert shelf.all() == []


def test_adapters_of_another_model_or_of_other_lessons_are_refused(model: Path, tmp_path: Path):
    other, shelf = tiny_folder(tmp_path / "other", width=32, layers=1, seed=9), Shelf(tmp_path / "first")
    with pytest.raises(ModelDamagedError, match="does not belong"):
        take_back(adapters(tmp_path / "there", model), str(other), shelf)
    with pytest.raises(UsageError, match="damaged") as refused:
        take_back(adapters(tmp_path / "false", model, data="0" * 64), str(model), shelf)
    assert "other lessons" in refused.value.why
    assert shelf.all() == []


def test_an_archive_of_a_newer_version_is_named_as_one(model: Path, tmp_path: Path):
    good = adapters(tmp_path / "there", model)
    with zipfile.ZipFile(good) as old:
        head = json.loads(old.read(HEAD)) | {"schema_version": 99}
    with pytest.raises(UsageError, match="newer"):
        take_back(rewritten(good, tmp_path / "new.zip", {HEAD: json.dumps(head).encode()}), str(model), Shelf(tmp_path))


def test_a_disk_that_is_full_leaves_no_half_of_an_adapter(model: Path, tmp_path: Path, monkeypatch):
    from reason_tui.learning.archives import Archive

    def full(self: Archive, name: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    path, shelf = adapters(tmp_path / "there", model), Shelf(tmp_path / "first")
    with monkeypatch.context() as patched:
        patched.setattr(Archive, "copy", full)
        with pytest.raises(StateError, match="cannot be saved"):
            take_back(path, str(model), shelf)
    assert shelf.all() == []
    assert not list(shelf.folder.parent.rglob("*peft*"))
    assert len(take_back(path, str(model), shelf)) == 1


def test_lessons_of_a_gguf_file_are_trained_on_a_folder_only_if_a_person_says_that_they_are_one(model: Path):
    from reason_tui.errors import ConfigError
    from reason_tui.learning.bundled import joined

    found_with = Base(name="/home/me/model.gguf", sha256={"gguf": "ab"})
    with pytest.raises(ConfigError, match="Nothing tells") as refused:
        joined(found_with, str(model), False)
    assert "--same-base" in refused.value.hint
    assert joined(found_with, str(model), True).sha256 == {"gguf": "ab", **base_of(str(model)).sha256}
    with pytest.raises(ModelDamagedError, match="do not belong"):
        joined(Base(name="x", sha256={"folder": "ab"}), str(model), True)


def test_from_the_command_line(state: Path, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    from reason_tui.cli.main import run

    def say(*words: str) -> int:
        return run([*words, "--state-dir", str(state), "--model", str(model)], lambda *_: 0)

    out = str(tmp_path / "b.zip")
    assert say("learn", "bundle", out, "--epochs", "2", "--method", "dpo") == 0
    said = capfd.readouterr()
    assert said.out.strip() == out
    assert "reason-tui learn train-bundle b.zip" in said.err
    with open_archive(Path(out), "lessons") as archive:
        assert archive.head.stages == (TrainSettings(method="dpo", epochs=2, seed=archive.head.stages[0].seed),)
    assert say("adapters", "import", str(adapters(tmp_path / "there", model))) == 0
    assert capfd.readouterr().out.strip() == "bundle-1-sft"
    assert run(["learn", "--epochs", "3", "bundle", out], lambda *_: 0) == 2
    assert "behind its name" in capfd.readouterr().err
    assert say("learn") == 2
    assert "--tasks" in capfd.readouterr().err
