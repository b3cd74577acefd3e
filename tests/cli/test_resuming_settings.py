"""With which engine a run goes on."""

from __future__ import annotations

import pytest
from support.engines import TASK

from reason_tui.cli.settings import resuming_settings
from reason_tui.config import Settings
from reason_tui.policy import PolicyInfo
from reason_tui.runs.fold import RunView
from reason_tui.search.events import RunStarted, SearchSettings


def begun_with(**policy: object) -> RunView:
    info = PolicyInfo.model_validate({"model": "old.gguf", "backend": "xllamacpp", "context_length": 512, **policy})
    view = RunView()
    view.apply(RunStarted(run="r", task=TASK, settings=SearchSettings(), policy=info, sandbox="none", app_version="1"))
    return view


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("old.gguf", "xllamacpp", "a")),
        ({"backend": "hf"}, ("old.gguf", "hf", "a")),
        ({"model": "new.gguf"}, ("new.gguf", "auto", None)),
    ],
)
def test_a_run_goes_on_with_what_it_was_begun_with_unless_a_flag_says_otherwise(given, expected):
    settings = Settings.model_validate({"model": "mine.gguf", **given})
    found = resuming_settings(begun_with(adapter="a"), given, settings)
    assert (found.model, found.backend, found.adapter) == expected


def test_a_backend_that_has_no_name_here_is_left_to_the_settings():
    assert resuming_settings(begun_with(backend="from-the-future"), {}, Settings()).backend == "auto"
