"""What a GGUF file must be to be used here: a whole model that can chat, or an adapter for such a model."""

from __future__ import annotations

from pathlib import Path

from reason_tui_backends._gguf import Header, read_header

from reason_tui.errors import ModelDamagedError


def open_model(path: Path) -> Header:
    """The head of the model at `path`.

    Raises ModelNotFoundError, and ModelDamagedError for a damaged file, an adapter, and a model that lacks its
    tokenizer or its chat template.
    """
    header = read_header(path)
    if header.is_adapter:
        raise ModelDamagedError(
            f"{path} is an adapter, not a model.", why="A LoRA needs its base.", hint="Load the base model."
        )
    if not header.architecture:
        raise ModelDamagedError(
            f"{path} does not say of which architecture it is.",
            why="Its metadata has no general.architecture.",
            hint="Convert or download it again.",
        )
    if "tokenizer.ggml.model" not in header.metadata:
        raise ModelDamagedError(
            f"{path} has no tokenizer.",
            why="Its metadata has no tokenizer.ggml.model.",
            hint="Convert it again, from a folder with its tokenizer.",
        )
    if not header.metadata.get("tokenizer.chat_template"):
        raise ModelDamagedError(
            f"{path} has no chat template.",
            why="Its metadata has no tokenizer.chat_template; base models have none.",
            hint="Use the instruct version of this model.",
        )
    return header


def check_adapter(adapter: Path, model: Header, name: str) -> None:
    """Raises ModelNotFoundError or ModelDamagedError where this cannot be an adapter for the model called `name`."""
    header = read_header(adapter)
    if header.is_adapter and header.architecture == model.architecture:
        return
    kind = f"an adapter for `{header.architecture}`" if header.is_adapter else "not an adapter"
    raise ModelDamagedError(
        f"{adapter} is {kind}.",
        why=f"{name} is a `{model.architecture}` model.",
        hint="Convert the adapter for this model.",
    )


def model_refused(path: Path, said: str) -> ModelDamagedError:
    """What to say where llama.cpp itself refuses a file that `open_model` let pass; `said` is its own reason."""
    return ModelDamagedError(
        f"llama.cpp cannot load {path}.",
        why=f"{said.rstrip('.')}. The file says that it is a `{read_header(path).architecture}` model, of which this "
        "llama.cpp may know nothing; or it is damaged, or does not fit the memory.",
        hint="Try another file, a smaller one, or a shorter context.",
    )


def adapter_refused(adapter: Path, said: str) -> ModelDamagedError:
    """What to say where llama.cpp itself refuses an adapter of the right architecture; `said` is its own reason."""
    return ModelDamagedError(
        f"{adapter} is no adapter for this model.",
        why=f"{said.rstrip('.')}. It is damaged, or was trained for a model of another size.",
        hint="Use an adapter that was trained for this model, or convert it again.",
    )
