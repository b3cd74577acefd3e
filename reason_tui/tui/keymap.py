"""Every action of the app as data: its id (for remapping), its keys, its label and a sentence for the help.

`where` says in which pane the key counts: "all" everywhere, also inside an editor; "app" everywhere but in an editor;
else the name of a pane or of a screen ("job": of those that show jobs). Single keys never act inside an editor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Where = Literal["all", "app", "tree", "text", "list", "job", "jobs", "learn"]


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
    Key("palette", "ctrl+p", "^P", "Palette", "Every action, by name, and why it is of no use now.", "all", 91),
    Key("command", "colon", ":", "Command", "The palette, outside the editors.", "app"),
    Key("quit", "ctrl+q", "^Q", "Quit", "Leave. A run that is going on is stopped and kept.", "all", 92),
    Key("pause", "space", "Space", "Pause", "Hold the run before its next expansion, or let it go on.", "app", 2),
    Key("step", "s", "s", "Step", "Pause, and make one expansion.", "app", 3),
    Key("new", "c", "c", "Problem", "Back to the problem and its tests: change them, or type another.", "app", 13),
    Key("again", "r", "r", "Go on", "Go on with a run that was cut off or stopped; start a dead engine.", "app", 5),
    Key("prune", "x", "x", "Prune", "No more tries at this node and below it. z takes it back.", "app", 5),
    Key("pin", "p", "p", "Pin", "Keep this program as a candidate whatever happens; again lets go of it.", "app", 6),
    Key("hint", "i", "i", "Hint", "Say something to the model: it is told in every later prompt.", "app", 7),
    Key("tests", "t", "t", "Tests", "Add, change or remove a visible test; programs are judged again.", "app", 8),
    Key(
        "question",
        "a",
        "a",
        "Answer",
        "Answer the open question, or look for one that tells candidates apart.",
        "app",
        8,
    ),
    Key(
        "edit", "e", "e", "Edit", "Change the program in $EDITOR: it becomes a new node, marked as by hand.", "app", 12
    ),
    Key("vary", "v", "v", "Vary", "Change strategy, budget, width or temperature of the run in flight.", "app", 14),
    Key("undo", "z", "z", "Undo", "Take the last pruning, pin, hint, test or change of settings back.", "app", 15),
    Key(
        "accept",
        "asterisk",
        "*",
        "Accept",
        "This is the solution: write it, to the file it came from if there is one.",
        "app",
        9,
    ),
    Key("best", "b", "b", "Best", "Go to the best program.", "app", 9),
    Key("follow", "f", "f", "Follow", "The cursor follows the search: what is generated, each new best.", "app", 11),
    Key(
        "tab_next",
        "right_square_bracket",
        "]",
        "Tab",
        "The next tab: Code, Diff, Tests, Stderr, Prompt, Score.",
        "app",
        10,
    ),
    Key("tab_back", "left_square_bracket", "[", "Tab before", "The tab before.", "app"),
    Key("target", "d", "d", "Diff to", "Compare with the parent, with where it began, or with the best.", "app", 17),
    Key("zoom", "plus", "+", "Zoom", "Only the pane with the focus; again, all of them.", "app", 16),
    Key("unzoom", "underscore,minus", "_", "Zoom out", "All panes again.", "app"),
    Key("copy", "y", "y", "Copy", "Copy the program at the cursor.", "app", 11),
    Key("copy_pane", "Y,shift+y", "Y", "Copy pane", "Copy what the pane with the focus shows.", "app"),
    Key(
        "export", "w", "w", "Write", "Write to a file: the program, its tests, a report, the run, the tree.", "app", 10
    ),
    Key(
        "filter",
        "slash",
        "/",
        "Filter",
        "Show only the nodes with these words; !word leaves out. Empty shows all.",
        "app",
        18,
    ),
    Key("match", "n", "n", "Next match", "To the next node the filter found.", "app"),
    Key("match_back", "N,shift+n", "N", "Match before", "To the one before.", "app"),
    Key("sort", "S,shift+s", "S", "Sort", "Siblings by age, tests, Q, U or visits.", "app", 19),
    Key("roll", "u", "u", "Roll up", "Fold subtrees in which everything failed, or do not.", "app", 20),
    Key("log", "L,shift+l", "L", "Log", "Put the log to the side or below.", "app", 21),
    Key("chatter", "o", "o", "Log filter", "All of the log, its errors, its repairs, or what you did.", "app"),
    Key("next", "tab", "Tab", "Next pane", "To the next pane or editor.", "app"),
    Key("back", "shift+tab", "⇧Tab", "Pane before", "To the pane or editor before.", "app"),
    Key(
        "runs",
        "O,shift+o,2",
        "O",
        "Runs",
        "Open a run of before: look at it, go on with it, or search again.",
        "app",
        22,
    ),
    Key("branch", "B,shift+b", "B", "Branch", "A new run that goes on from this node, with other settings.", "app", 23),
    Key("replay", "R,shift+r", "R", "Replay", "Show the run again, at a speed you choose.", "app", 24),
    Key("compare", "m", "m", "What if", "What best-of-n would have done with the same samples.", "app", 25),
    Key("train_run", "T,shift+t", "T", "Train on it", "Take this run in and train on what it found.", "app", 26),
    Key("models", "M,shift+m,5", "M", "Model", "Another model, backend or preset, here and now.", "app", 27),
    Key("to_solve", "1", "1", "Solve", "The problem and its search.", "app"),
    Key("to_learn", "3", "3", "Learn", "Collect, train, measure and promote what the searches found.", "app"),
    Key("to_jobs", "J,shift+j", "J", "Jobs", "What goes on in the background, and what came of it.", "app"),
    Key("theme", "f2", "F2", "Theme", "The next theme.", "all"),
    Key("suspend", "ctrl+z", "^Z", "Suspend", "To the shell; fg comes back. The run goes on meanwhile.", "app"),
    Key("job_stop", "x,f8", "x", "Stop", "End the job. It can be resumed.", "job"),
    Key("job_resume", "r", "r", "Resume", "Go on with a job that was stopped, cut off or failed.", "job"),
    Key("job_log", "o", "o", "Log", "What the job and its libraries printed, or what it told.", "jobs"),
    Key("job_remove", "d,delete", "d", "Remove", "Delete the folder of a job that is over.", "jobs"),
    Key("learn_tasks", "t", "t", "Task set", "Search a task set to learn from, in the background.", "learn"),
    Key("learn_rounds", "l", "l", "Rounds", "All steps but the last over a task set, in rounds.", "learn"),
    Key("learn_attach", "a", "a", "Attach", "Follow the job of this step.", "learn"),
    Key("learn_compare", "c", "c", "Compare", "Every adapter before and after, with intervals.", "learn"),
    Key("learn_promote", "p", "p", "Promote", "Use the adapter at the cursor from now on.", "learn"),
    Key("learn_rollback", "z", "z", "Roll back", "Use what was used before.", "learn"),
    Key("list_up", "up,k", "k ↑", "Up", "The row above.", "list"),
    Key("list_down", "down,j", "j ↓", "Down", "The row below.", "list"),
    Key("list_top", "home,g", "g", "Top", "The first row.", "list"),
    Key("list_bottom", "end,G,shift+g", "G", "Bottom", "The last row.", "list"),
    Key("list_open", "enter", "Enter", "Open", "What the row stands for.", "list"),
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


_MOVED: dict[str, str] = {}
"""What the user's own keymap says, by id. Set once, when the app starts."""
_SPELLED = {"space": "Space", "asterisk": "*", "slash": "/", "plus": "+", "question_mark": "?", "colon": ":"}


def move(own: Mapping[str, str]) -> list[str]:
    """Take the user's keymap (id → Textual's names of keys, separated by commas); the ids that are none."""
    _MOVED.clear()
    _MOVED.update({id_: keys for id_, keys in own.items() if id_ in BY_ID})
    return [id_ for id_ in own if id_ not in BY_ID]


def moved() -> dict[str, str]:
    """The user's own keys by id."""
    return dict(_MOVED)


def shown(key: Key) -> str:
    """How the key is written for a reader."""
    if key.id not in _MOVED:
        return key.shown
    first = _MOVED[key.id].split(",")[0].strip()
    first = _SPELLED.get(first, first)
    return f"^{first[5:].upper()}" if first.startswith("ctrl+") else first if len(first) == 1 else first.capitalize()


def keys_of(*where: Where) -> tuple[Key, ...]:
    """The keys that count in these places, in the order of the table."""
    return tuple(key for key in KEYS if key.where in where)


def key_line(ids: tuple[str, ...] | None = None) -> tuple[Key, ...]:
    """What the line at the bottom offers, the most useful first; `ids` says which."""
    ranked = sorted((key for key in KEYS if key.rank), key=lambda key: key.rank)
    return tuple(key for key in ranked if ids is None or key.id in ids)
