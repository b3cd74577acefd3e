"""The Jobs screen: what goes on in the background is seen, followed, stopped, gone on with, and calls when it ends."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.evil import EVIL, unsafe
from support.job_folders import AT, alive, keep_job, tell, training

from reason_tui.engine import jobs
from reason_tui.engine.jobs.folder import read_records
from reason_tui.engine.jobs.records import Begun, Ended, Note, Progress, Waiting
from reason_tui.tui.board import Board
from reason_tui.tui.command_line import Detached
from reason_tui.tui.screens.jobs import JobsScreen
from reason_tui.tui.screens.told import ToldScreen

SCRIPTED = (str(Path(__file__).parents[1] / "engine" / "jobs" / "scripted_job.py"),)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    keep_job(tmp_path, "train-1", "train", ["train", "sft"], training(5, stage="SFT"), title="sft of embedded")
    failed = Ended(at=AT + 9, outcome="failed", what="The training diverged.", why="NaN.", hint="A smaller --lr.")
    keep_job(tmp_path, "eval-2", "eval", ["eval"], [Begun(at=AT, pid=1, app_version="0"), failed], at=AT + 60)
    return tmp_path


async def opened(driven) -> JobsScreen:
    await driven.ready()
    await driven.press("escape", "J")
    await driven.until(lambda: isinstance(driven.app.screen, JobsScreen), "the jobs")
    return driven.app.screen


async def looked(driven) -> None:
    """The app has seen what is on the disk now."""
    for _ in range(2):  # one may be under way that began too early
        driven.app.look_at_jobs()
        for worker in [each for each in driven.app.workers if each.group == "look"]:
            await worker.wait()
    await driven.pilot.pause()


def text(driven) -> str:
    return "\n".join(driven.frame())


async def test_jobs_are_listed_newest_first_with_how_far_they_are(open_app, state):
    with alive(state / "jobs" / "train-1"):
        async with open_app(state_dir=state) as driven:
            await opened(driven)
            await driven.until(lambda: "SFT: loss" in text(driven))
            rows = [row for row in driven.frame() if "sft of embedded" in row or "diverged" in row]
            assert "failed" in rows[0] and "running" in rows[1] and "5/12" in rows[1]
            assert "1 job" in text(driven), "the header says that something goes on"


async def test_the_job_at_the_cursor_is_followed_while_it_tells_more(open_app, state):
    folder = state / "jobs" / "train-1"
    with alive(folder):
        async with open_app(state_dir=state) as driven:
            screen = await opened(driven)
            await driven.press("j")
            await driven.until(lambda: "reason-tui train sft" in screen.query_one("#job").text)
            tell(folder, Note(text="Going on from step 4."), Progress(done=6, total=12, text="SFT: loss 0.500"))
            await looked(driven)
            await driven.until(lambda: "6/12 SFT: loss 0.500" in screen.query_one("#job").text)
            assert "Going on from step 4." in screen.query_one("#job").text


async def test_a_job_that_failed_says_why_and_what_to_do(open_app, state):
    async with open_app(state_dir=state) as driven:
        screen = await opened(driven)
        await driven.until(lambda: "A smaller --lr." in screen.query_one("#job").text)


async def test_o_shows_the_log_and_again_what_it_told(open_app, tmp_path):
    keep_job(tmp_path, "train-1", "train", ["train", "sft"], training(2), log="Loading weights\nDone\n")
    async with open_app(state_dir=tmp_path) as driven:
        screen = await opened(driven)
        await driven.press("o")
        await driven.until(lambda: "Loading weights" in screen.query_one("#job").text)
        await driven.press("o")
        await driven.until(lambda: "2/12" in screen.query_one("#job").text)


async def test_a_job_that_ends_is_told_wherever_one_is_and_rings_where_nobody_looks(open_app, state, monkeypatch):
    folder, bells = state / "jobs" / "train-1", []
    with ExitStack() as life:
        life.enter_context(alive(folder))
        async with open_app(state_dir=state) as driven:
            monkeypatch.setattr(type(driven.app), "bell", lambda self: bells.append("bell"))
            await looked(driven)
            assert driven.app.session.jobs == 1
            driven.app.app_focus = False
            tell(folder, Ended(outcome="done", result="sft-9\nMeasure it: reason-tui adapters measure sft-9"))
            life.close()
            await looked(driven)
            assert driven.told == [
                "The train job sft of embedded is done.\nsft-9\nMeasure it: reason-tui adapters measure sft-9"
            ]
            assert bells == ["bell"] and driven.app.session.jobs == 0


async def test_what_was_over_before_the_app_began_is_not_told(open_app, state):
    async with open_app(state_dir=state) as driven:
        await looked(driven)
        await driven.until(lambda: len(driven.app.jobs) == 2)
        assert driven.told == []


async def test_one_that_waits_says_for_whom(open_app, tmp_path):
    told = [Begun(at=AT, pid=1, app_version="0"), Waiting(at=AT, behind=("train-1 (process 7)",))]
    folder = keep_job(tmp_path, "eval-1", "eval", ["eval"], told)
    with alive(folder):
        async with open_app(size=(120, 40), state_dir=tmp_path) as driven:
            await opened(driven)
            await driven.until(lambda: "waiting for train-1 (process 7)" in text(driven))


async def test_keys_that_make_no_sense_say_why(open_app, state):
    async with open_app(state_dir=state) as driven:
        screen = await opened(driven)
        await driven.until(lambda: screen.job is not None)
        await driven.press("x")
        assert driven.told == ["It is over: failed."]
        commands = {each.title: each.help for each in driven.app.get_system_commands(screen)}
        assert commands["Stop  (x)"] == "Not now: It is over: failed."
    async with open_app(state_dir=state / "none") as driven:
        await opened(driven)
        assert "None yet" in text(driven)
        await driven.press("r", "d")
        assert driven.told == ["There is no job here."] * 2


async def test_a_job_is_removed_once_that_is_agreed(open_app, state):
    async with open_app(state_dir=state) as driven:
        screen = await opened(driven)
        await driven.until(lambda: screen.job is not None)
        for key in ("escape", "enter"):
            await driven.press("d")
            await driven.until(lambda: isinstance(driven.app.screen, ToldScreen))
            assert (state / "jobs" / "eval-2").exists()
            await driven.press(key)
        await driven.until(lambda: len(driven.app.jobs) == 1)
        assert not (state / "jobs" / "eval-2").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs procfs: /proc and pidfds")
async def test_a_real_job_is_begun_stopped_and_gone_on_with(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        driven.app.job_entry = SCRIPTED
        screen = await opened(driven)
        name = await driven.app.begin_job(Detached("train", ("wait",)))
        folder = tmp_path / "jobs" / name
        try:
            await until_slowly(driven, lambda: screen.job is not None and screen.job.state == "running")
            await driven.press("x")
            await until_slowly(driven, lambda: screen.job.state == "stopped")
            await driven.press("r")
            await until_slowly(driven, lambda: screen.job.state == "running")
            (folder / "go").touch()
            await until_slowly(driven, lambda: screen.job.state == "done")
            assert driven.told[-1].startswith("The train job") and "the result" in driven.told[-1]
        finally:
            jobs.stop(folder, grace_s=0)
        assert sum(isinstance(record, Begun) for record in read_records(folder)) == 2


async def until_slowly(driven, condition) -> None:
    """Until a process of its own did something: for as long as the test may last."""
    while not condition():
        await looked(driven)
        await driven.pilot.pause(0.02)


async def test_what_jobs_say_is_cleaned(open_app, tmp_path):
    told = [Begun(at=AT, pid=1, app_version="0"), Note(at=AT, text=EVIL), Progress(at=AT, done=1, text=EVIL)]
    ended = Ended(at=AT, outcome="failed", what=EVIL, why=EVIL, hint=EVIL)
    keep_job(tmp_path, "train-1", "train", ["train", EVIL], [*told, ended], title=EVIL, log=EVIL)
    async with open_app(size=(120, 40), state_dir=tmp_path) as driven:
        screen = await opened(driven)
        await driven.until(lambda: "[/x]" in screen.query_one("#job").text)
        assert unsafe(driven) == ""
        await driven.press("o")
        await driven.until(lambda: "[/x]" in screen.query_one("#job").text)
        assert unsafe(driven) == ""


def test_only_what_changed_is_read_again(state, monkeypatch):
    board = Board(state)
    board.look()
    read = []
    monkeypatch.setattr("reason_tui.tui.board.JobView.of", lambda folder: read.append(folder.name))
    board.look()
    assert read == []
    tell(state / "jobs" / "train-1", Note(text="more"))
    monkeypatch.undo()
    assert board.look()[1].notes == ("more",)


async def test_esc_and_1_go_back_to_the_search(open_app, state):
    async with open_app(state_dir=state) as driven:
        for key in ("escape", "1"):
            await opened(driven)
            await driven.press(key)
            await driven.until(lambda: driven.app.screen is driven.screen)
