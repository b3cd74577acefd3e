"""Files that ship with the application, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from reason_tui import assets
from reason_tui.errors import ReasonTuiError

ROOT = Path(__file__).parents[1]


def test_a_checkout_reads_its_own_folders():
    assert assets.data_root() == ROOT
    assert assets.asset("embedded/x") == ROOT / "assets" / "embedded" / "x"
    assert assets.preset("cpu").is_file()


def test_an_installed_package_reads_what_lies_in_it(tmp_path, monkeypatch):
    (tmp_path / "reason_tui" / "_data" / "assets").mkdir(parents=True)
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "reason_tui")
    assert assets.data_root() == tmp_path / "reason_tui" / "_data"


def test_a_package_without_its_files_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "reason_tui")
    with pytest.raises(ReasonTuiError) as caught:
        assets.data_root()
    assert caught.value.hint
