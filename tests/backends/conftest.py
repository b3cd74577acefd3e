"""The models that the backend tests run on: a tiny random one, made here, and the embedded one where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.gguf_files import tiny_model
from support.hf_folders import tiny_folder
from support.layouts import has_embedded, layout
from support.needs import skip_without

from reason_tui.models.catalogue import EMBEDDED
from reason_tui.models.loader import backend_names, known_backends, load_policy
from reason_tui.policy import Policy


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file that babbles printable ASCII and never ends by itself."""
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="session")
def tiny_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a folder of Hugging Face."""
    return tiny_folder(tmp_path_factory.mktemp("folders") / "tiny")


@pytest.fixture(params=known_backends())
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend that is installed."""
    name = str(request.param)
    skip_without(name, name in backend_names(), f"the extra `{name}` is not installed")
    return name


@pytest.fixture(params=["tiny", EMBEDDED])
def model(request: pytest.FixtureRequest, backend: str, tiny: Path, tiny_dir: Path) -> str:
    """What to load."""
    form = layout(backend)
    if request.param == EMBEDDED:
        skip_without("embedded-model", has_embedded(form), "assets/embedded has no model of this form")
        return EMBEDDED
    return str(tiny if form == "gguf" else tiny_dir)


@pytest.fixture
def policy(backend: str, model: str) -> Iterator[Policy]:
    """A freshly loaded policy with room for 512 tokens and four siblings at once."""
    loaded = load_policy(model, backend, context_length=512)
    yield loaded
    loaded.close()
