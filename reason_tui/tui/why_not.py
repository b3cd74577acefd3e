"""Why an action is of no use now: a key that does nothing says so."""

from __future__ import annotations

from reason_tui.search.tree import Node
from reason_tui.tui.session import Session

_RECORDED = "This is a recorded run: there is no engine."
_DEAD = "The engine is not running: r starts it again."


def why_not(action: str, session: Session, node: Node) -> str:
    """The reason, or "" where the action can be done. `node` is the one at the cursor."""
    match action:
        case "run":
            return _no_engine(session) or ("A run is going on: F8 stops it." if session.going else "")
        case "pause" | "step" | "stop":
            return _no_engine(session) or ("" if session.going else "No run is going on.")
        case "best":
            return "" if session.run.best is not None else "There is no program yet."
        case "copy" | "export":
            return "" if node.program is not None else _no_program(node)
        case "runs":
            return _no_journals(session) or ("A run is going on: F8 stops it." if session.going else "")
        case "again":
            return _cannot_go_on(session)
        case _:
            return ""


def _cannot_go_on(session: Session) -> str:
    if session.phase in ("dead", "none"):
        return _RECORDED if session.phase == "none" else ""
    if session.going:
        return "The run is going on."
    if session.phase == "loading":
        return "The model is still being loaded."
    return "" if session.run.resumable else "There is no unfinished run to go on with."


def _no_journals(session: Session) -> str:
    return _RECORDED if session.phase == "none" else ""


def _no_engine(session: Session) -> str:
    return {"none": _RECORDED, "dead": _DEAD}.get(session.phase, "")


def _no_program(node: Node) -> str:
    if node.parent is None:
        return "There is no program at the root: go to a node, or to the best with b."
    return f"n{node.id} has no program" + (" yet." if node.completion is None else ".")
