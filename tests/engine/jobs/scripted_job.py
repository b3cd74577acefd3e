"""A command that can be a job, with nothing but its manners: `<script> --job FOLDER --job-begun FD ACT`.

Jobs that wait do so until the file `go` is in their folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends"), str(_ROOT / "tests")]

from support.disks import full  # noqa: E402

from reason_tui.engine.jobs import Job  # noqa: E402
from reason_tui.engine.jobs.folder import PROGRESS  # noqa: E402
from reason_tui.errors import UsageError  # noqa: E402

_CHILD = """
import sys; sys.path[:0] = sys.argv[2:]
from pathlib import Path
from reason_tui.engine.jobs.seat import Seat
print(Seat(Path(sys.argv[1]), "a child", "m").ahead())
"""


def wait(job: Job) -> None:
    assert job.folder is not None
    while not (job.folder / "go").exists() and not job.stop_asked:
        threading.Event().wait(0.01)


def act(job: Job, what: str) -> None:
    assert job.folder is not None
    match what:
        case "wait" | "polls":
            with job.model("m"):
                job.progress(1, 2, "waiting")
                wait(job)
                if job.stop_asked:
                    job.note("one more step")
                    raise KeyboardInterrupt
            job.progress(2, 2, "went on")
            job.result("the result", data={"figure": 1})
        case "deaf":
            job.progress(1, 2, "deaf")
            threading.Event().wait()
        case "full":
            job.note("there is room")
            with full((job.folder / PROGRESS).stat().st_size + 10):
                job.note("there is room for half of this")
        case "child":
            with job.model("m"):
                child = [sys.executable, "-c", _CHILD, str(job.state_dir), *sys.path]
                job.result(subprocess.run(child, capture_output=True, text=True, check=True).stdout)
        case "refuse":
            raise UsageError("It cannot be used.", why="Because.", hint="Do not.")
        case "fault":
            raise ZeroDivisionError("nobody foresaw this")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", type=Path)
    parser.add_argument("--job-begun", type=int)
    parser.add_argument("what")
    options = parser.parse_args()
    print(f"doing {options.what} in {Path.cwd()}", flush=True)
    if options.what == "stillborn":
        sys.exit("no such \x1b[2Jthing")
    state = options.job.parents[1]
    polls = options.what in ("polls", "deaf")
    with Job.open(state, "train", options.job, begun=options.job_begun, polls=polls) as job:
        act(job, options.what)


if __name__ == "__main__":
    main()
