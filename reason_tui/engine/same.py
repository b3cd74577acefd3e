"""Whether an engine may go on with a run: with the model that began it, behind the same walls."""

from __future__ import annotations

from collections.abc import Iterable

from reason_tui.engine.protocol import Ready
from reason_tui.errors import UsageError
from reason_tui.models.loader import known_backends
from reason_tui.policy import PolicyInfo
from reason_tui.search import events as ev


def check_same(past: Iterable[ev.Event], ready: Ready) -> None:
    """Raise UsageError where the samples or the verdicts to come would not be of a kind with those of `past`."""
    for event in past:
        if isinstance(event, ev.RunStarted) and described(event.policy) != described(ready.policy):
            raise UsageError(
                "The run was made with another model.",
                why=f"It was begun with {described(event.policy)}; this is {described(ready.policy)}.",
                hint="Name the model it was begun with (--model, --backend).",
            )
        if isinstance(event, ev.NodeJudged) and event.verdict is not None and event.verdict.level != ready.level:
            raise UsageError(
                "The run was made in another sandbox.",
                why=f"Its programs ran under {event.verdict.level}; this is {ready.level}.",
                hint=f"Use that one (--sandbox {event.verdict.level}), or start a new run: verdicts of two kinds of "
                "sandbox cannot be compared.",
            )


def described(info: PolicyInfo) -> str:
    """The policy in words; equal for policies whose samples are of a kind."""
    parts = (info.model, info.quantisation, info.adapter and f"with {info.adapter}", f"by {info.backend}")
    return " ".join(part for part in parts if part)


def own_engine(began: PolicyInfo) -> dict[str, str | None]:
    """The settings of an engine that can go on with a run begun with this policy: model, adapter, and backend.

    What `auto` means may have changed since, when another backend was installed; one that is gone is not named.
    """
    own = {"model": began.model, "adapter": began.adapter}
    return own | {"backend": began.backend} if began.backend in known_backends() else own
