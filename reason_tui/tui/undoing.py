"""How each of a person's acts is taken back: as another act, since what happened stays in the journal."""

from __future__ import annotations

from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import TestCase
from reason_tui.tui.composing import written


class Undoing:
    """The acts of a run that can be taken back, the last one at the end."""

    def __init__(self) -> None:
        self._inverse: list[acts.Act] = []
        self._asked = False

    @property
    def last(self) -> acts.Act | None:
        """What takes the last act back."""
        return self._inverse[-1] if self._inverse else None

    def ask(self) -> None:
        """The last act is being taken back: the next event of a person is that."""
        self._asked = True

    def refused(self) -> None:
        """It was not."""
        self._asked = False

    def apply(self, event: ev.Event, before: Tree) -> None:
        """Take in an event that the tree has not yet folded in."""
        inverse = _inverse(event, before)
        if inverse is None:
            return
        if self._asked:
            self._asked = False
            self._inverse.pop()
        else:
            self._inverse.append(inverse)


def _inverse(event: ev.Event, before: Tree) -> acts.Act | None:
    task = before.task
    visible: tuple[TestCase, ...] = () if task is None else task.visible
    entry = (task.entry_point if task else None) or "f"
    match event:
        case ev.NodePruned():
            return acts.Restore(node=event.node)
        case ev.NodeRestored():
            return acts.Prune(node=event.node)
        case ev.NodePinned():
            return acts.Pin(node=event.node, pinned=not event.pinned)
        case ev.HintGiven():
            return acts.WithdrawHint(hint=event.hint)
        case ev.HintWithdrawn():
            hint = before.hints[event.hint]
            return acts.GiveHint(text=hint.text, node=hint.node)
        case ev.TestAdded():
            return acts.RemoveTest(index=len(visible))
        case ev.QuestionAnswered() if event.test is not None:
            return acts.RemoveTest(index=len(visible))
        case ev.TestRemoved():
            return acts.AddTest(source=written(visible[event.index], entry))
        case ev.TestEdited():
            return acts.EditTest(index=event.index, source=written(visible[event.index], entry))
        case ev.HandEdited():
            return acts.Prune(node=event.node)
        case ev.SettingsChanged() if before.settings is not None:
            return acts.ChangeSettings(changes=changes(event.settings, before.settings))
        case _:
            return None


VARIABLE: tuple[acts.Setting, ...] = ("strategy", "width", "temperature", "budget", "tokens", "seconds", "ask")


def changes(now: ev.SearchSettings, wanted: ev.SearchSettings) -> dict[acts.Setting, str | bool | int | float | None]:
    """What must be changed in `now` to have `wanted`, as far as it can be changed in flight."""
    return {
        name: getattr(wanted, name)
        for name in VARIABLE
        if hasattr(wanted, name) and getattr(wanted, name) != getattr(now, name)
    }
