"""The keymap as Textual wants it. Every binding has its id, so that a user's keymap can move it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from reason_tui.tui.keymap import Where, keys_of

_OF_THE_APP = {
    "palette": "app.command_palette",
    "command": "app.command_palette",
    "quit": "app.quit",
    "theme": "app.theme",
    "suspend": "app.suspend",
}


def bindings(*where: Where) -> list[BindingType]:
    """The bindings of a place. Those of "all" come before whatever has the focus."""
    return [
        Binding(
            key.keys,
            _OF_THE_APP.get(key.id, key.id),
            key.label,
            show=False,
            priority=key.where == "all" and key.id != "leave",
            id=key.id,
        )
        for key in keys_of(*where)
    ]
