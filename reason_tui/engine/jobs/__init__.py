"""Long work that outlives the app and the terminal: collect, train, eval, compare, learn.

A job is a command of ours in a process and a session of its own, with a folder `<state>/jobs/<name>/`:

    job.json        what it is: the command line, the settings as they were, the working folder (never changed)
    progress.jsonl  what it told, a record a line (`records`); appended by its one process
    lock            held while its process lives, with the process's number in it
    log             what it and its libraries printed

**A command that can be a job** (`cli/evaluate.py` is one) does its work inside `Job.open`, detached or not:

    with Job.open(state_dir, "train", ctx.meta.get("job"), show=show) as job:
        with job.model(settings.model):             # waits, visibly, until no other process has a model
            for step in steps_not_done_yet(job.folder):
                job.progress(step, total, "loss 0.31", data={"loss": 0.31})
        job.result("Promote it: reason-tui …")      # what `jobs show` and `jobs attach` print at the end

* `job.folder` is its folder, None in the foreground: a job keeps there what it needs to go on.
* **Resuming is the same command in the same folder**: it must find what is done and do the rest. There is no other
  state.
* **Stopping is Ctrl+C**: SIGTERM arrives as SIGINT (KeyboardInterrupt; asyncio.run cancels the main task). A command
  that wants to end a step first opens its job with `polls=True` and looks at `job.stop_asked`; then nothing is raised,
  and after `GRACE_S` it is killed. Leave by KeyboardInterrupt when stopped: what leaves by another way was not.
* How the block is left decides the end: by itself `done`, KeyboardInterrupt `stopped`, an error `failed`. A process
  that was killed leaves no end: its job is `interrupted`.
* `job.progress` may be called as often as one likes; records without `data` that come too fast are left out.
* Processes that a job starts (an engine, `accelerate launch`) share its claim to the model: they do not queue.

**To start one in the background** (`--detach`, or a screen): `start(...)` gives its name once its process has begun;
`resume`, `stop`, `remove`, `list_jobs`, `find_job`, `follow` and `JobView.of` do the rest. All of them block for a
moment: call them in a thread from an event loop. `cli/detached.py` has what a command needs for `--detach`.
"""

from __future__ import annotations

from reason_tui.engine.jobs.control import GRACE_S, follow, remove, stop
from reason_tui.engine.jobs.folder import find_job, is_alive, jobs_dir, list_jobs
from reason_tui.engine.jobs.records import JobSpec, Kind, Record
from reason_tui.engine.jobs.start import resume, start
from reason_tui.engine.jobs.view import JobState, JobView
from reason_tui.engine.jobs.work import Job

__all__ = [
    "GRACE_S",
    "Job",
    "JobSpec",
    "JobState",
    "JobView",
    "Kind",
    "Record",
    "find_job",
    "follow",
    "is_alive",
    "jobs_dir",
    "list_jobs",
    "remove",
    "resume",
    "start",
    "stop",
]
