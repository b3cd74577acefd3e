"""Every action of the app as data: its id (for remapping), its keys, its label and a sentence for the help.

`where` says in which pane the key counts: "all" everywhere, also inside an editor; "app" everywhere but in an editor;
else the name of a pane. Single keys never act inside an editor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Where = Literal["all", "app", "tree", "text"]


@dataclass(frozen=True)
class Key:
    """`keys`: Textual's names, separated by commas. `shown`: how they are written for a reader."""

    id: str
    keys: str
    shown: str
    label: str
    help: str
    where: Where = "app"
    rank: int = 0
    """Place in the line of keys, the smallest first; 0 is left out."""


KEYS = (
    Key("run", "ctrl+j,f5", "^J", "Run", "Search for a program that passes the visible tests. Also F5.", "all", 1),
    Key("stop", "f8", "F8", "Stop", "End the run and keep the best program.", "all", 4),
    Key("leave", "escape", "Esc", "Leave", "Leave the editor, close a window, go back to the run.", "all"),
    Key("help", "f1,question_mark", "?", "Help", "What the keys do here. Also F1, in an editor too.", "app", 90),
    Key("palette", "ctrl+p", "^P", "Palette", "Every action, by name.", "all", 91),
    Key("quit", "ctrl+q", "^Q", "Quit", "Leave. A run that is going on is stopped and kept.", "all", 92),
    Key("pause", "space", "Space", "Pause", "Hold the run before its next expansion, or let it go on.", "app", 2),
    Key("step", "s", "s", "Step", "Pause, and make one expansion.", "app", 3),
    Key("new", "n", "n", "Problem", "Back to the problem and its tests: change them, or type another.", "app", 5),
    Key(
        "follow",
        "f",
        "f",
        "Follow",
        "Let the cursor follow the search: what is generated, then each new best.",
        "app",
        9,
    ),
    Key("best", "b", "b", "Best", "Go to the best program.", "app", 8),
    Key("copy", "y", "y", "Copy", "Copy the program at the cursor.", "app", 7),
    Key("export", "w", "w", "Write", "Write the program at the cursor to a file.", "app", 6),
    Key("tab_next", "right_square_bracket", "]", "Next tab", "Code, Diff, Tests, Stderr, Prompt, Score.", "app", 10),
    Key("tab_back", "left_square_bracket", "[", "Tab before", "The tab before.", "app"),
    Key("log", "L,shift+l", "L", "Log", "Put the log to the side or below.", "app", 11),
    Key("next", "tab", "Tab", "Next pane", "To the next pane or editor.", "app"),
    Key("back", "shift+tab", "⇧Tab", "Pane before", "To the pane or editor before.", "app"),
    Key("again", "r", "r", "Go on", "Go on with a run that was cut off or stopped; start a dead engine.", "app", 5),
    Key("runs", "o", "o", "Runs", "Open a run of before: look at it, go on with it, or search again.", "app", 12),
    Key("theme", "f2", "F2", "Theme", "Dark or light.", "all"),
    Key("up", "up,k", "k ↑", "Up", "The row above.", "tree"),
    Key("down", "down,j", "j ↓", "Down", "The row below.", "tree"),
    Key("fold", "left,h", "h ←", "Fold", "Hide what is below the node; on a leaf, go to its parent.", "tree"),
    Key("unfold", "right,l", "l →", "Unfold", "Show what is below the node; go to its first child.", "tree"),
    Key("fold_toggle", "enter", "Enter", "Fold, unfold", "Hide or show what is below the node.", "tree"),
    Key("top", "home,g", "g", "Top", "The first row.", "tree"),
    Key("bottom", "end,G,shift+g", "G", "Bottom", "The last row.", "tree"),
    Key("page_up", "pageup", "PgUp", "Page up", "One page up.", "tree"),
    Key("page_down", "pagedown", "PgDn", "Page down", "One page down.", "tree"),
    Key("text_up", "up,k", "k ↑", "Up", "Scroll up.", "text"),
    Key("text_down", "down,j", "j ↓", "Down", "Scroll down.", "text"),
    Key("text_left", "left,h", "h ←", "Left", "Scroll left.", "text"),
    Key("text_right", "right,l", "l →", "Right", "Scroll right.", "text"),
    Key("text_top", "home,g", "g", "Top", "The beginning.", "text"),
    Key("text_bottom", "end,G,shift+g", "G", "Bottom", "The end; a log goes on scrolling by itself.", "text"),
    Key("text_page_up", "pageup", "PgUp", "Page up", "One page up.", "text"),
    Key("text_page_down", "pagedown", "PgDn", "Page down", "One page down.", "text"),
)
BY_ID = {key.id: key for key in KEYS}


def keys_of(*where: Where) -> tuple[Key, ...]:
    """The keys that count in these places, in the order of the table."""
    return tuple(key for key in KEYS if key.where in where)


def key_line(ids: tuple[str, ...] | None = None) -> tuple[Key, ...]:
    """What the line at the bottom offers, the most useful first; `ids` says which."""
    ranked = sorted((key for key in KEYS if key.rank), key=lambda key: key.rank)
    return tuple(key for key in ranked if ids is None or key.id in ids)
