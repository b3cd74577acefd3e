"""Which form of a model a backend reads."""

from __future__ import annotations

from reason_tui.errors import ModelNotFoundError
from reason_tui.models.catalogue import Layout, embedded_model

_FOLDERS = ("hf", "mlx")


def layout(backend: str) -> Layout:
    """`folder` for backends of Hugging Face folders."""
    return "folder" if backend in _FOLDERS else "gguf"


def has_embedded(form: Layout) -> bool:
    """Whether the embedded model is here in this form."""
    try:
        embedded_model(form)
    except ModelNotFoundError:
        return False
    return True
