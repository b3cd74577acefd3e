"""What can be done to the job at the cursor, on every screen that has one."""

from __future__ import annotations

from reason_tui.engine.jobs import JobView
from reason_tui.tui.board import going
from reason_tui.tui.screens.station import Station


class JobKeys(Station):
    """A screen with a job at its cursor, or none."""

    @property
    def job(self) -> JobView | None:
        """The job at the cursor."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """By the state of that job."""
        return why_not(action, self.job)

    def action_job_stop(self) -> None:
        """Ask it to end."""
        if self.may("job_stop") and self.job is not None:
            self.room.stop_job(self.job.spec.id)

    def action_job_resume(self) -> None:
        """Let it go on."""
        if self.may("job_resume") and self.job is not None:
            self.room.resume_job(self.job.spec.id)


def why_not(action: str, view: JobView | None) -> str:
    """Why this cannot be done to the job; empty where it can."""
    if not action.startswith("job_"):
        return ""
    if view is None:
        return "There is no job here."
    match action:
        case "job_stop":
            return "" if going(view) else f"It is over: {view.state}."
        case "job_resume" if going(view):
            return "It is going on."
        case "job_resume":
            return "It is done: there is nothing left to do." if view.state == "done" else ""
        case "job_remove":
            return "It is going on: x stops it first." if going(view) else ""
        case _:
            return ""
