"""Calling the user back who looks at another window: by the bell, or by a notification of the desktop."""

from __future__ import annotations

from typing import Literal

from textual.app import App

from reason_tui.tui.header import state_word
from reason_tui.tui.session import Session

Notify = Literal["bell", "desktop", "off"]


class News:
    """Notices what is worth a call: a run that ended, a question that waits, an engine that died."""

    def __init__(self) -> None:
        self._last: object = None

    def of(self, session: Session) -> str:
        """What there is to tell since the last time; mostly nothing."""
        view = session.run.view
        finished, question = view.finished is not None, view.tree.question
        dead = session.phase == "dead"
        now = (id(session.run), finished, None if question is None else question.question, dead)
        before, self._last = self._last, now
        if now == before or session.replaying or not (finished or question is not None or dead):
            return ""
        if question is not None and not finished:
            return "A question waits for your answer."
        return f"The run ended: {state_word(session)[0].lower()}." if finished else "The engine died."


def call(app: App[int], text: str, how: Notify) -> None:
    """Ring; for `desktop` also OSC 9, which terminals show as a notification. The text must be ours."""
    if how == "off":
        return
    app.bell()
    driver = app._driver
    if how == "desktop" and driver is not None and not app.is_headless:
        driver.write(f"\x1b]9;reason_tui: {text}\x07")
