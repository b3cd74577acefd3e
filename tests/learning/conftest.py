"""What the tests that train share. They need the extra `train`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from support.hf_folders import tiny_folder
from support.needs import skip_without

from reason_tui.learning.adapters.forms import NEEDED


@pytest.fixture(scope="session")
def train_extra() -> None:
    """Skips where what `train` brings is missing."""
    skip_without("train", all(find_spec(name) for name in NEEDED), "the extra `train` is not installed")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The folder of a random model over single bytes: trains in moments."""
    return tiny_folder(tmp_path / "base", width=32, layers=2)
