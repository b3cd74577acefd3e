"""Jobs with a process of their own: they outlive who began them, and end as they are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.engines import Deaths

from reason_tui.engine import jobs
from reason_tui.engine.jobs.folder import LOCK, LOG, PROGRESS, pid_of, read_records
from reason_tui.engine.jobs.records import Record
from reason_tui.engine.jobs.seat import Claimant, Seat, queue
from reason_tui.engine.jobs.view import JobView
from reason_tui.errors import EngineError, JobNotFoundError, StateError

ENTRY = (str(Path(__file__).with_name("scripted_job.py")),)
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs procfs: /proc and pidfds")

STARTER = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from reason_tui.engine import jobs
print(jobs.start(Path(sys.argv[1]), "train", ["wait"], entry={ENTRY!r}), flush=True)
os.killpg(0, signal.SIGKILL)
"""


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Begins a job that does this; its folder. All are over at the end."""

    def call(what: str) -> Path:
        return jobs.jobs_dir(tmp_path) / jobs.start(tmp_path, "train", [what], title=what, entry=ENTRY)

    yield call
    for folder in jobs.list_jobs(tmp_path):
        jobs.stop(folder, grace_s=0)


def until(folder: Path, fits: Callable[[Record], bool]) -> Record:
    """The first record that fits."""
    for record in jobs.follow(folder):
        if record is not None and fits(record):
            return record
    raise AssertionError(f"it ended without: {read_records(folder)}")


def kind(name: str) -> Callable[[Record], bool]:
    return lambda record: record.type == name


def over(folder: Path) -> JobView:
    """The job when its process is gone."""
    for _ in jobs.follow(folder):
        pass
    return JobView.of(folder)


def go(folder: Path) -> None:
    (folder / "go").touch()


def test_a_job_says_how_far_it_is_and_what_came_of_it(begin) -> None:
    folder = begin("wait")
    until(folder, kind("progress"))
    view = JobView.of(folder)
    assert (view.state, view.pid, view.spec.title) == ("running", pid_of(folder), "wait")
    assert view.progress is not None and (view.progress.done, view.progress.total) == (1, 2)
    go(folder)
    view = over(folder)
    assert view.state == "done" and view.pid is None
    assert view.ended is not None and (view.ended.result, view.ended.data) == ("the result", {"figure": 1})
    assert f"doing wait in {Path.cwd()}" in (folder / LOG).read_text()


@linux
def test_a_job_has_a_session_of_its_own_and_no_descriptor_of_who_began_it(begin, tmp_path: Path) -> None:
    with (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        folder = begin("wait")
        until(folder, kind("progress"))
        pid = pid_of(folder)
        assert pid is not None and os.getsid(pid) == pid
        open_ = {int(each.name): each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir()}
    assert open_[0] == Path(os.devnull)
    assert open_[1] == open_[2] == folder / LOG
    assert set(open_.values()) <= {Path(os.devnull), folder / LOG, folder / LOCK, folder / PROGRESS} | {
        path for path in open_.values() if path.suffix == ".ticket"
    }


def test_a_job_goes_on_when_who_began_it_is_killed_with_its_group_and_the_terminal_hangs_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    starter = subprocess.run(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert starter.returncode == -signal.SIGKILL
    folder = jobs.find_job(tmp_path, starter.stdout.strip())
    pid = pid_of(folder)
    assert pid is not None
    os.kill(pid, signal.SIGHUP)
    go(folder)
    assert over(folder).state == "done"


def test_a_job_that_is_stopped_is_resumed_and_ends(begin) -> None:
    folder = begin("wait")
    until(folder, kind("progress"))
    assert jobs.stop(folder) == "stopped"
    view = JobView.of(folder)
    assert view.state == "stopped" and view.ended is not None and view.ended.exit_code == 130
    assert jobs.stop(folder) == "was over"
    go(folder)
    jobs.resume(folder, entry=ENTRY)
    assert over(folder).state == "done"
    begun = [record for record in read_records(folder) if record.type == "begun"]
    assert len(begun) == 2


def test_a_job_that_polls_ends_what_it_is_at_first(begin) -> None:
    folder = begin("polls")
    until(folder, kind("progress"))
    assert jobs.stop(folder) == "stopped"
    assert JobView.of(folder).notes == ("one more step",)


def test_a_job_that_does_not_listen_is_killed_and_counts_as_stopped(begin) -> None:
    folder = begin("deaf")
    until(folder, kind("progress"))
    assert jobs.stop(folder, grace_s=0.1) == "killed"
    view = JobView.of(folder)
    assert view.state == "stopped" and view.ended is not None and "killed" in view.ended.why


def test_a_job_that_is_killed_is_interrupted_and_can_be_resumed(begin) -> None:
    folder = begin("wait")
    until(folder, kind("progress"))
    pid = pid_of(folder)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert over(folder).state == "interrupted"
    go(folder)
    jobs.resume(folder, entry=ENTRY)
    assert over(folder).state == "done"


def test_one_process_works_on_a_job(begin) -> None:
    folder = begin("wait")
    with pytest.raises(StateError, match="is going on"):
        jobs.resume(folder, entry=ENTRY)
    with pytest.raises(StateError, match="Another process"), jobs.Job.open(folder.parents[1], "train", folder):
        pass
    with pytest.raises(StateError, match="is going on"):
        jobs.remove(folder)
    assert JobView.of(folder).state in ("starting", "running"), "none of them disturbed it"


@pytest.mark.parametrize(
    ("what", "told", "code"), [("refuse", "It cannot be used.", 2), ("fault", "ZeroDivisionError: nobody", 5)]
)
def test_a_job_that_fails_says_why(begin, what: str, told: str, code: int) -> None:
    view = over(begin(what))
    assert view.state == "failed" and view.ended is not None and view.ended.exit_code == code
    assert told in f"{view.ended.what} {view.ended.why}"


def test_a_job_that_does_not_begin_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        jobs.start(tmp_path, "eval", ["stillborn"], entry=ENTRY)
    assert "no such \\x1b[2Jthing" in caught.value.why, "cleaned"
    assert JobView.of(jobs.list_jobs(tmp_path)[0]).state == "interrupted"


def test_who_comes_later_waits_and_says_for_whom(begin) -> None:
    first, second, third = begin("wait"), None, None
    until(first, kind("working"))
    second = begin("wait")
    told = until(second, kind("waiting"))
    assert told.behind == (f"{first.name} (process {pid_of(first)})",)
    third = begin("wait")
    told = until(third, kind("waiting"))
    assert [who.split()[0] for who in told.behind] == [first.name, second.name]
    assert JobView.of(third).state == "waiting"
    jobs.stop(second)
    pid = pid_of(first)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(third, kind("working"))
    go(third)
    assert over(third).state == "done"


def test_a_process_that_a_job_starts_does_not_wait_for_it(begin) -> None:
    view = over(begin("child"))
    assert view.ended is not None and view.ended.result == "()\n"


def test_a_folder_that_is_gone_keeps_a_job_from_being_resumed(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    folder = jobs.jobs_dir(tmp_path) / jobs.start(tmp_path, "train", ["fault"], entry=ENTRY)
    over(folder)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project").rmdir()
    with pytest.raises(EngineError, match="could not be started") as caught:
        jobs.resume(folder, entry=ENTRY)
    assert "project" in caught.value.why


def test_what_is_damaged_or_unknown_in_what_a_job_told_is_left_out(begin) -> None:
    folder = begin("fault")
    over(folder)
    known = read_records(folder)
    with (folder / PROGRESS).open("ab") as file:
        file.write(b'{"type":"of a newer version","at":1}\nnot JSON \xff\n{"type":"note","at":1,"text":"torn')
    assert read_records(folder) == known
    assert JobView.of(folder).state == "failed"
    jobs.resume(folder, entry=ENTRY)
    over(folder)
    assert [record.type for record in read_records(folder)] == ["begun", "ended", "begun", "ended"]


def test_a_damaged_description_is_told_and_the_job_can_be_removed(begin, tmp_path: Path) -> None:
    folder = begin("fault")
    over(folder)
    (folder / "job.json").write_text("{")
    with pytest.raises(StateError, match="damaged"):
        JobView.of(folder)
    assert jobs.find_job(tmp_path, folder.name) == folder
    jobs.remove(folder)
    assert jobs.list_jobs(tmp_path) == []
    with pytest.raises(JobNotFoundError):
        jobs.find_job(tmp_path, "last")


def test_a_disk_that_was_full_for_a_while_hides_no_end(begin) -> None:
    view = over(begin("full"))
    assert (view.state, view.notes) == ("done", ("there is room",))


@linux
def test_a_job_leaves_no_process_behind_when_it_is_over(begin) -> None:
    folder = begin("wait")
    until(folder, kind("progress"))
    pid = pid_of(folder)
    assert pid is not None
    deaths = Deaths([pid])
    jobs.stop(folder)
    assert deaths.wait(100) == []
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)  # nobody here has to wait for it, so it is no zombie


def test_in_the_foreground_nothing_is_kept_and_everything_is_shown(tmp_path: Path) -> None:
    shown: list[Record] = []
    with jobs.Job.open(tmp_path, "eval", show=shown.append) as job, job.model("m"):
        job.progress(1, 1, "done")
    assert [record.type for record in shown] == ["working", "progress", "ended"]
    assert jobs.list_jobs(tmp_path) == []


def test_progress_that_comes_too_fast_is_left_out_but_for_figures_and_the_end(tmp_path: Path) -> None:
    shown: list[Record] = []
    with jobs.Job.open(tmp_path, "train", show=shown.append) as job:
        for step in range(1, 1001):
            job.progress(step, 1000, data={"loss": 1.0} if step == 500 else None)
    told = [record.done for record in shown if record.type == "progress"]
    assert told[0] == 1 and 500 in told and told[-1] == 1000
    assert len(told) < 500


def test_a_state_folder_that_cannot_be_written_keeps_nobody_from_the_model(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with jobs.Job.open(tmp_path / "state", "eval") as job, job.model("m"):
        pass
    with pytest.raises(StateError, match="cannot be saved"):
        jobs.start(tmp_path / "state", "eval", ["wait"], entry=ENTRY)


def test_many_who_come_at_once_each_have_the_model_alone(tmp_path: Path) -> None:
    held, most, done = [0], [0], []
    arrived = threading.Barrier(5)

    def one(number: int) -> None:
        seat = Seat(tmp_path, str(number), "m")
        arrived.wait()
        seat.wait(lambda ahead: None)
        held[0] += 1
        most[0] = max(most[0], held[0])
        threading.Event().wait(0.01)
        held[0] -= 1
        done.append(number)
        seat.leave()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], sorted(done)) == (1, [0, 1, 2, 3, 4])
    assert queue(tmp_path) == ()


def test_the_ticket_of_one_who_died_is_taken_away(tmp_path: Path) -> None:
    ticket = tmp_path / "models" / "000000001.ticket"
    ticket.parent.mkdir()
    ticket.write_text(Claimant(pid=1, who="the dead", model="m").model_dump_json())
    seat = Seat(tmp_path, "the living", "m")
    assert seat.ahead() == () and not ticket.exists()
    assert [str(each) for each in queue(tmp_path)] == [f"the living (process {os.getpid()})"]
    seat.leave()
    assert queue(tmp_path) == ()
