"""The settings of a command, as the engine and the search want them."""

from __future__ import annotations

import click

from reason_tui.cli.options import Flags
from reason_tui.config import Loaded, Settings, load_settings
from reason_tui.engine.protocol import EngineSettings
from reason_tui.engine.same import own_engine
from reason_tui.runs.fold import RunView
from reason_tui.search.events import SearchSettings
from reason_tui.text import clean


def load(flags: Flags) -> Settings:
    """The settings under these flags; warnings go to stderr."""
    loaded = load_settings(flags)
    warn(loaded)
    return loaded.settings


def warn(loaded: Loaded) -> None:
    """Tell the warnings, on stderr."""
    for warning in loaded.warnings:
        click.echo(f"Warning: {clean(warning)}", err=True)


def search_settings(settings: Settings) -> SearchSettings:
    """The part that a search is given. Who names another budget has no limit of completions, unless by name."""
    search = SearchSettings(**_shared(settings, SearchSettings))
    other = search.tokens is not None or search.seconds is not None or search.programs is not None
    return search.model_copy(update={"budget": None}) if other and "budget" not in settings.model_fields_set else search


def engine_settings(settings: Settings) -> EngineSettings:
    """The part that an engine is started with, its adapter as the path of one: the promoted one if none is named."""
    own = {"state_dir": str(settings.state_dir), "adapter": _adapter(settings)}
    return EngineSettings(**_shared(settings, EngineSettings) | own)


def _adapter(settings: Settings) -> str | None:
    if settings.adapter is None and not (settings.state_dir / "adapters").is_dir():
        return None  # nothing was ever trained here
    from reason_tui.learning.adapters.use import adapter_path

    return adapter_path(settings.state_dir, settings.model, settings.backend, settings.adapter)


def changed(own: SearchSettings, given: Flags, settings: Settings) -> SearchSettings:
    """The settings of a run with those that were given as flags in their place."""
    return own.model_copy(
        update={name: getattr(settings, name) for name in given if name in SearchSettings.model_fields}
    )


def resuming_settings(view: RunView, given: Flags, settings: Settings) -> EngineSettings:
    """The engine for a run that goes on: with its own model, backend and adapter, unless flags name others."""
    engine = engine_settings(settings)
    if "model" in given or view.started is None:
        return engine
    own = own_engine(view.started.policy)
    return engine.model_copy(update={name: value for name, value in own.items() if name not in given})


def _shared(settings: Settings, record: type[SearchSettings] | type[EngineSettings]) -> dict[str, object]:
    return {name: getattr(settings, name) for name in Settings.model_fields if name in record.model_fields}
