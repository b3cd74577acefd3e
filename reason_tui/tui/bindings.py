"""The keymap as Textual wants it. Every binding has its id, so that a user's keymap can move it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from reason_tui.tui.keymap import BY_ID, Key, Where, keys_of

_OF_THE_APP = {
    "palette": "app.command_palette",
    "command": "app.command_palette",
    "quit": "app.quit",
    "theme": "app.theme",
    "suspend": "app.suspend",
    "models": "app.models",
    "to_solve": "app.to_solve",
    "to_learn": "app.to_learn",
    "to_jobs": "app.to_jobs",
}
EVERYWHERE = (*_OF_THE_APP, "help", "leave", "next", "back")
"""What counts on every screen."""


def bindings(*where: Where) -> list[BindingType]:
    """The bindings of a place. Those of "all" come before whatever has the focus."""
    return [_binding(key) for key in keys_of(*where)]


def bindings_of(*ids: str) -> list[BindingType]:
    """The bindings of these actions."""
    return [_binding(BY_ID[id_]) for id_ in ids]


def of_the_app(id_: str) -> bool:
    """Whether the app itself does it, whichever screen is shown."""
    return id_ in _OF_THE_APP


def _binding(key: Key) -> Binding:
    return Binding(
        key.keys,
        _OF_THE_APP.get(key.id, key.id),
        key.label,
        show=False,
        priority=key.where == "all" and key.id != "leave",
        id=key.id,
    )
