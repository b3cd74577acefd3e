"""The settings: each one typed field with a sentence, and where its value comes from.

Flag > `REASON_TUI__*` > the project's `.reason-tui.toml` > the user's `config.toml` > preset > default. Importing this
costs pydantic and pydantic-settings, so nothing that `--help` needs may import it.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from reason_tui import assets
from reason_tui.errors import ConfigError

PREFIX = "REASON_TUI__"
PROJECT_FILE = ".reason-tui.toml"
NOT_FOR_PROJECTS = frozenset(("unsafe_local", "docker_image", "numpy", "state_dir"))
"""What a folder that someone else wrote may not decide."""


def _usable_cores() -> int:
    """One core stays free for the app and the sandbox; small models gain little beyond four threads."""
    return min(4, max(1, (os.cpu_count() or 2) - 1))


def _state_dir() -> Path:
    return platformdirs.user_state_path("reason_tui", appauthor=False)


def _expand(text: str) -> str:
    return str(assets.expanded(text)) if text.startswith("~") else text


class Settings(BaseSettings):
    """Every setting. `seconds` is `--time` on the command line."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_parse_none_str="none", frozen=True, extra="forbid")

    preset: str | None = Field(None, description="Start from the settings of this preset (`configs/NAME.toml`).")
    model: Annotated[str, AfterValidator(_expand)] = Field(
        "embedded", min_length=1, description="The model: `embedded`, or the path of a GGUF file or a model folder."
    )
    backend: str = Field("auto", min_length=1, description="The engine that runs the model; `auto` picks one.")
    context_length: int = Field(4096, ge=256, description="Tokens of context, prompt and answer together.")
    threads: int = Field(default_factory=_usable_cores, ge=1, description="Threads the model computes with.")
    device: str = Field(
        "auto", min_length=1, description="Where the model computes: `auto`, `cpu`, or an accelerator such as `cuda:1`."
    )
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        "auto",
        description="Precision of a folder's weights, or of a GGUF model's keys and values; `auto` fits the device.",
    )
    quantise: Literal["none", "nf4"] = Field(
        "none", description="`nf4` makes the weights 4-bit while a folder is loaded (backend `hf`)."
    )
    serial: bool = Field(
        False, description="Sample one sibling at a time and free its caches: slower, and the least memory."
    )
    gpu_layers: int | None = Field(None, ge=0, description="Layers of a GGUF model on the GPU; none is all it has.")
    adapter: str | None = Field(
        None, min_length=1, description="A LoRA: a name (`adapters ls`), a path, or `base`; none is the promoted one."
    )
    memory_gb: float | None = Field(
        None, gt=0, description="Memory the model may take, in GB (10^9 bytes); none is what is free."
    )
    slots: int = Field(2, ge=1, description="Programs that run in the sandbox at the same time.")
    sandbox: Literal["auto", "docker", "bubblewrap", "landlock", "seatbelt"] = Field(
        "auto", description="How programs are kept in; `auto` tries Docker, bubblewrap and Landlock, in this order."
    )
    docker_image: str | None = Field(
        None,
        min_length=1,
        description="A local image with Python 3.10 or newer; none is `python:3.N-slim` of this Python, else of 3.10.",
    )
    docker_mode: Literal["warm", "per-run"] = Field(
        "warm", description="`per-run` starts a new container for each program; `warm` keeps one for many."
    )
    numpy: bool = Field(
        False, description="Programs may use numpy; the folder it is installed in can then be read by them."
    )
    unsafe_local: bool = Field(
        False, description="Run programs without a sandbox where there is none. They can read and delete your files."
    )
    strategy: Literal["greedy", "best-of-n", "mcts", "ab-mcts", "auto", "linear", "revise", "random-tree"] = Field(
        "auto", description="How to search."
    )
    budget: int | None = Field(
        32, ge=1, description="Completions to sample at most; without limit where only another budget is set."
    )
    tokens: int | None = Field(None, ge=1, description="Tokens to compute at most; none is without limit.")
    seconds: float | None = Field(None, gt=0, description="Seconds to search at most; none is without limit.")
    programs: int | None = Field(None, ge=1, description="Programs to run at most; none is without limit.")
    in_flight: int = Field(
        2, ge=1, le=64, description="Expansions at a time: programs of one run while the next one is sampled."
    )
    confirm: int = Field(1, ge=1, description="Samples that pass and behave alike before a search ends.")
    width: int = Field(4, ge=1, le=64, description="Siblings of one expansion.")
    temperature: float = Field(0.8, ge=0, le=5, description="0 is greedy; higher is more varied.")
    top_p: float = Field(0.95, gt=0, le=1, description="Sample from the likeliest tokens that add up to this.")
    max_tokens: int = Field(512, ge=1, description="New tokens of one completion at most.")
    seed: int = Field(0, ge=0, description="The same seed gives the same search.")
    exploration: float = Field(1.4, ge=0, description="c of UCB1: higher tries neglected candidates sooner.")
    ask: bool = Field(False, description="Ask which program is right where several pass and differ.")
    memory_tokens: int = Field(0, ge=0, description="Tokens of a repair prompt that tell of earlier attempts.")
    reflect: bool = Field(False, description="Remember an attempt by a sentence of the model's, which costs a call.")
    critic: bool = Field(False, description="Let the model rank siblings, which costs a call for each expansion.")
    alpha: float = Field(0.5, ge=0, le=1, description="How much measured reward counts beside the model's ranking.")
    without_tests: Literal["agreement", "codet"] = Field(
        "agreement",
        description="How the answer is chosen without visible tests: `codet` lets the model write some, which costs.",
    )
    repairs: int | None = Field(None, ge=0, description="Repairs of `linear` at most; none is without limit.")
    prior: Literal["gaussian", "beta"] = Field("gaussian", description="What `ab-mcts` expects of rewards.")
    prompts: tuple[Literal["plain", "reason"], ...] = Field(
        ("plain",), min_length=1, description="How drafts are asked for: at once, or after some words; or both."
    )
    state_dir: Annotated[Path, AfterValidator(lambda path: assets.expanded(str(path)))] = Field(
        default_factory=_state_dir, description="The folder of journals, logs and the library."
    )

    theme: Literal["auto", "dark", "light", "high-contrast", "ansi-dark", "ansi-light", "plain"] = Field(
        "auto", description="The app's colours; `auto` asks the terminal for its background, else dark. F2 changes it."
    )
    glyphs: Literal["auto", "unicode", "ascii"] = Field(
        "auto", description="The app's signs; `ascii` where the others are missing or wide."
    )
    notify: Literal["bell", "desktop", "off"] = Field(
        "bell", description="How the app calls when a run ends or asks and its terminal is not looked at."
    )
    keymap: dict[str, str] = Field(
        default_factory=dict, description="The app's keys by the id of the action, e.g. prune = 'x,delete'."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values only: `load_settings` reads the sources itself, to know where each value comes from."""
        return (init_settings,)


@dataclass(frozen=True)
class Loaded:
    """The settings, where each value that is no default comes from, and what the user should hear about."""

    settings: Settings
    origins: dict[str, str]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Layer:
    """One source of values. `label` says where a key of it stands, e.g. a path or `REASON_TUI__WIDTH`."""

    values: dict[str, Any]
    place: str

    def label(self, key: str) -> str:
        return PREFIX + key.upper() if self.place == PREFIX else self.place


def load_settings(flags: Mapping[str, object] | None = None) -> Loaded:
    """The settings as all sources together give them.

    Raises ConfigError for a file that cannot be read, an unknown preset, and a value that is out of range.
    """
    warnings: list[str] = []
    project = project_file()
    layers = [_Layer(dict(flags or {}), "the command line"), _environment(warnings)]
    layers += [_file(path, warnings, project) for path in (project, user_file()) if path is not None]
    layers += _preset(layers, warnings)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        for key, value in layer.values.items():
            if key not in values:
                values[key], origins[key] = value, layer.label(key)
    try:
        return Loaded(Settings(**values), origins, warnings)
    except ValidationError as error:
        raise _explain(error, origins) from error


def user_file() -> Path:
    """Where the user's own settings are, whether or not there are any."""
    return platformdirs.user_config_path("reason_tui", appauthor=False) / "config.toml"


def project_file() -> Path | None:
    """The nearest `.reason-tui.toml` in the working folder or above it."""
    folder = Path.cwd()
    return next((path for above in (folder, *folder.parents) if (path := above / PROJECT_FILE).is_file()), None)


def presets() -> list[str]:
    """The names of the presets that ship with the application."""
    return sorted(path.stem for path in assets.preset("any").parent.glob("*.toml"))


def _environment(warnings: list[str]) -> _Layer:
    keys = [name[len(PREFIX) :].lower() for name in os.environ if name.upper().startswith(PREFIX)]
    warnings += [_unknown(PREFIX + key.upper(), key) for key in sorted(keys) if key not in Settings.model_fields]
    return _Layer(EnvSettingsSource(Settings)(), PREFIX)


def _file(path: Path, warnings: list[str], project: Path | None) -> _Layer:
    """The known keys of a TOML file; a file that does not exist has none."""
    try:
        found = TomlConfigSettingsSource(Settings, toml_file=path).toml_data
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML.", why=str(error)) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read.", why=error.strerror or str(error)) from error
    values = {}
    for key, value in found.items():
        if key not in Settings.model_fields:
            warnings.append(_unknown(f"`{key}` in {path}", key))
        elif path == project and key in NOT_FOR_PROJECTS:
            warnings.append(f"`{key}` in {path} is ignored: only your own config, a variable or a flag may set it.")
        else:
            values[key] = value
    return _Layer(values, str(path))


def _preset(layers: list[_Layer], warnings: list[str]) -> list[_Layer]:
    name = next((layer.values["preset"] for layer in layers if "preset" in layer.values), None)
    if name is None:
        return []
    if name not in presets():
        raise ConfigError(f"There is no preset `{name}`.", hint=f"There is: {', '.join(presets())}.")
    return [_file(assets.preset(str(name)), warnings, None)]


def _unknown(what: str, key: str) -> str:
    close = difflib.get_close_matches(key, Settings.model_fields, n=1)
    return f"{what} is no setting and is ignored" + (f"; did you mean `{close[0]}`?" if close else ".")


def _explain(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    """The first thing that is wrong, with its place, what is allowed and what the setting is."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = str(first["loc"][0])
    allowed = first["msg"].replace("Input should be", "It should be")
    return ConfigError(
        f"`{key}` cannot be {first['input']!r} (from {origins.get(key, 'default')}).",
        why=f"{allowed}.",
        hint=Settings.model_fields[key].description or "" if key in Settings.model_fields else "",
    )
