"""What a run decided and found, so that two runs can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reason_tui.search import events as ev

_CIRCUMSTANCES = frozenset(
    {"run", "at", "seconds", "model_s", "sandbox_s", "ms", "peak_memory_kb", "policy", "sandbox", "app_version"}
    | {"prompt", "cached", "prompt_tokens", "cached_tokens"}  # what a cache held: an engine begins with an empty one
)


def decisions(events: Iterable[ev.Event]) -> list[dict[str, Any]]:
    """The events as data, without names, times, the state of caches, and the seams between the parts of a run.

    Equal for an uninterrupted run and for one that was cut off and went on. A policy call that was made again because
    some of its samples were lost is told once.
    """
    kept: list[dict[str, Any]] = []
    for event in events:
        told = _bare(event.model_dump(mode="json"))
        again = isinstance(event, ev.ExpansionSampled) and told in kept
        if not again and not isinstance(event, ev.RunContinued | ev.RunPaused | ev.RunResumed):
            kept.append(told)
    return kept


def _bare(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _bare(value) for key, value in data.items() if not _circumstance(key, value)}
    if isinstance(data, list):
        return [_bare(value) for value in data]
    return data


def _circumstance(key: str, value: Any) -> bool:
    return key in _CIRCUMSTANCES and not (key == "prompt" and isinstance(value, str))  # a task's is no count of tokens
