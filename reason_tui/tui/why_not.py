"""Why an action is of no use now: a key that does nothing says so."""

from __future__ import annotations

from reason_tui.search.node import Node
from reason_tui.tui.session import Session

_RECORDED = "This is a recorded run: there is no engine."
_DEAD = "The engine is not running: r starts it again."


_LOOKING: dict[str, str] = {
    "best": "There is no program yet.",
    "filter": "There is no run yet.",
    "match": "There is no filter: / makes one.",
    "compare": "There is no run yet.",
    "replay": "There is no run yet.",
    "branch": "There is no run yet.",
}


def why_not(action: str, session: Session, node: Node) -> str:
    """The reason, or "" where the action can be done. `node` is the one at the cursor."""
    match action:
        case "run":
            return _no_engine(session) or _busy(session)
        case "pause" | "step":
            return _no_engine(session) or ("" if session.going else "No run is going on.")
        case "stop":
            if session.replaying:
                return ""
            return _no_engine(session) or ("" if session.going else "No run is going on.")
        case "prune" | "pin" | "undo" | "hint" | "tests" | "question" | "edit" | "vary":
            return _cannot_steer(session) or _makes_no_sense(action, session, node)
        case "copy" | "accept":
            return "" if node.program is not None else _no_program(node)
        case "export":
            return "" if session.run.view.started is not None else _no_program(node)
        case "runs":
            return _no_journals(session) or _busy(session)
        case "models":
            return _no_journals(session)
        case "train_run":
            started = session.run.view.started is not None
            return _no_journals(session) or _busy(session) or ("" if started else "There is no run yet.")
        case "again":
            return _cannot_go_on(session)
        case _:
            return _cannot_look(action, session, node)


def _busy(session: Session) -> str:
    if session.replaying:
        return "A run is being shown again: F8 ends that."
    return "A run is going on: F8 stops it." if session.going else ""


def _cannot_steer(session: Session) -> str:
    if session.replaying:
        return "This is a replay: F8 ends it."
    no_engine = _no_engine(session)
    if no_engine:
        return no_engine
    if session.going and not session.starting:
        return ""
    if session.run.view.started is None or session.starting:
        return "No run is going on."
    goes_on = "r goes on with it, " if session.run.resumable else ""
    return f"The run is over: {goes_on}B begins another that goes on from this node."


def _makes_no_sense(action: str, session: Session, node: Node) -> str:
    match action:
        case "prune" if node.parent is None:
            return "The root cannot be pruned: F8 stops the run."
        case "prune" if node.dead:
            return f"n{node.id} is pruned already: z takes the last act back."
        case "pin" | "edit" if node.program is None:
            return _no_program(node)
        case "edit" if node.dead:
            return f"n{node.id} is pruned."
        case "edit" if node.reward is None and node.parent is not None:
            return f"n{node.id} waits for its verdict."
        case "undo" if session.run.undoing.last is None:
            return "You did nothing yet that can be taken back."
        case _:
            return ""


def _cannot_look(action: str, session: Session, node: Node) -> str:
    run = session.run
    missing = {
        "best": run.best is None,
        "filter": run.view.started is None,
        "match": not run.arranging.words,
        "match_back": not run.arranging.words,
        "compare": run.view.started is None,
        "replay": run.view.started is None,
        "branch": run.view.started is None,
    }
    if missing.get(action):
        return _LOOKING[action.removesuffix("_back")]
    if action in ("branch", "replay"):
        busy = _busy(session) or (_no_journals(session) if action == "branch" else "")
        unjudged = action == "branch" and node.parent is not None and node.reward is None
        return busy or (f"n{node.id} was not judged yet." if unjudged else "")
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
