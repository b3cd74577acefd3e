"""The models that the backend tests run on: a tiny random one, made here, and the embedded one where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.gguf_files import tiny_model
from support.needs import skip_without

from reason_tui.models.catalogue import EMBEDDED, known_models
from reason_tui.models.loader import backend_names, load_policy
from reason_tui.policy import Policy


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file that babbles printable ASCII and never ends by itself."""
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(params=["tiny", EMBEDDED])
def model(request: pytest.FixtureRequest, tiny: Path) -> str:
    """What to load."""
    if request.param == EMBEDDED:
        skip_without("embedded-model", EMBEDDED in known_models(), "assets/embedded has no model")
        return EMBEDDED
    return str(tiny)


@pytest.fixture(params=backend_names())
def backend(request: pytest.FixtureRequest) -> str:
    """A backend that is installed."""
    return str(request.param)


@pytest.fixture
def policy(backend: str, model: str) -> Iterator[Policy]:
    """A freshly loaded policy with room for 512 tokens and four siblings at once."""
    loaded = load_policy(model, backend, context_length=512)
    yield loaded
    loaded.close()
