"""Whole screens, as text, at three sizes. `REASON_TUI_SCREENS=write` writes them anew: look at them, then commit."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.job_folders import AT, alive, keep_job, training
from support.recorded import solved_run

from reason_tui.engine.jobs.records import Ended
from reason_tui.learning.adapters.manifest import Base, Compared, Manifest
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.models.outlook import Outlook
from reason_tui.policy import Forecast
from reason_tui.search import events as ev
from reason_tui.tasks.types import CallCase
from reason_tui.tui.board import Tail
from reason_tui.tui.model_choices import Choice
from reason_tui.tui.screens.models import ModelsScreen

FOLDER = Path(__file__).with_name("screens")
MIB = 2**20
FORECAST = Forecast(weights=3 * MIB, caches=9 * MIB, buffers=20 * MIB, width=4, context_length=2048, room=8192 * MIB)
SIZES = [(80, 24), (120, 40), (200, 60)]
WRITE = os.environ.get("REASON_TUI_SCREENS") == "write"


@pytest.fixture(autouse=True)
def figures_that_stand_still(monkeypatch):
    monkeypatch.setattr("reason_tui.tui.header.resident_mb", lambda: 64.0)
    monkeypatch.setattr("reason_tui.tui.session.time.time", lambda: 1010.0)


async def timed(events: list[ev.Event]) -> list[ev.Event]:
    """One event each half second; verdicts that took no time."""
    return [_at(event, 1000 + number / 2) for number, event in enumerate(events)]


def _at(event: ev.Event, at: float) -> ev.Event:
    update: dict[str, object] = {"at": at}
    if isinstance(event, ev.ExpansionSampled):
        update["seconds"] = 1.0
    if isinstance(event, ev.RunFinished):
        update["seconds"] = 12.0
        update["ledger"] = event.ledger.model_copy(update={"model_s": 4.0})
    return event.model_copy(update=update)


async def same(driven, name: str, size: tuple[int, int]) -> None:
    """The screen, once it stands still, is the one that was committed."""
    before: list[str] = []
    while driven.frame() != before:
        before = driven.frame()
        for _ in range(5):
            await driven.pilot.pause()
    frame = "\n".join(row.rstrip() for row in driven.frame()) + "\n"
    path = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    if WRITE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(frame, encoding="utf-8")
    assert frame == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", SIZES)
async def test_a_session(open_app, size):
    async with open_app(size=size) as driven:
        await driven.ready()
        await driven.until(lambda: driven.screen.editor("tests").text)
        driven.app.flush()
        await same(driven, "problem", size)
        events = await timed(await solved_run())
        await driven.show(events[:12])
        await same(driven, "running", size)
        question = ev.QuestionAsked(
            at=1007.0,
            question=0,
            case=CallCase(args=("[]",)),
            opinions=(ev.Opinion(nodes=(1,), returned="0"), ev.Opinion(nodes=(2,), raised="IndexError")),
            inputs=12,
        )
        steered = [
            ev.NodePruned(at=1006.0, node=2),
            ev.HintGiven(at=1006.5, hint=0, text="mind the empty list"),
            question,
        ]
        await driven.say(steered)
        await same(driven, "asked", size)
        await driven.press("a")
        await same(driven, "question", size)
        await driven.press("escape", "i")
        await same(driven, "hint", size)
        await driven.press("escape")
        answered = ev.QuestionAnswered(at=1007.5, question=0, says="skip")
        await driven.say([answered, *events[12:]])
        await driven.press("right_square_bracket")
        await same(driven, "solved", size)
        await driven.press("question_mark")
        await same(driven, "help", size)


@pytest.mark.parametrize("size", SIZES)
async def test_jobs_learning_and_models(open_app, size, tmp_path, monkeypatch, outlooks):
    outlooks["embedded"] = Outlook(forecast=FORECAST)
    monkeypatch.setattr("reason_tui.tui.job_rows.time.time", lambda: AT + 100)
    monkeypatch.setattr("reason_tui.tui.lore._no_training", lambda model: "")
    monkeypatch.setattr("reason_tui.tui.switching.choices", lambda now: CHOICES)
    monkeypatch.setattr("reason_tui.tui.board.Board.folder", lambda board, job: Path("/state/jobs") / job)
    monkeypatch.setattr("reason_tui.tui.jobs_desk.Tail", lambda folder: Tail(tmp_path / "jobs" / folder.name))
    monkeypatch.setattr("reason_tui.tui.job_rows.datetime", Noon)
    monkeypatch.setattr("reason_tui.tui.learn_lines.datetime", Noon)
    keep_job(tmp_path, "eval-1", "eval", ["eval", "--detach"], [Ended(at=AT + 9, outcome="done", result="mcts 53 %")])
    training_ = keep_job(
        tmp_path, "train-2", "train", ["train", "dpo"], training(9), title="dpo of embedded", at=AT + 1
    )
    shelf, base = Shelf(tmp_path), Base(name="embedded", sha256={"folder": "0"})
    gain = Compared(dataset="d", tasks=40, samples=8, before=0.25, after=0.31, difference=0.06, low=0.01, high=0.11)
    for at, name in enumerate(("sft-1", "dpo-2")):
        shelf.keep(Manifest(name=name, base=base, created_at=AT + at, app_version="0", evaluations=(gain,) * (1 - at)))
    shelf.promote("sft-1")
    with alive(training_):
        async with open_app(size=size, state_dir=tmp_path) as driven:
            await driven.ready()
            await driven.press("escape", "M")
            await driven.until(lambda: isinstance(driven.app.screen, ModelsScreen))
            await driven.until(lambda: "Takes" in "\n".join(driven.frame()), "what is said of the first one")
            await same(driven, "models", size)
            await driven.press("escape", "J")
            await settled(driven)
            await same(driven, "jobs", size)
            await driven.press("3")
            await driven.app.screen.read(at_once=True).wait()
            await driven.press("j")
            await settled(driven)
            await same(driven, "learn", size)


CHOICES = [
    Choice("model", "embedded", "3M on disk"),
    Choice("backend", "auto", "here xllamacpp"),
    Choice("backend", "hf", "needs torch", why="The backend hf needs torch."),
    Choice("preset", "cpu", "device cpu, budget 32"),
]


class Noon:
    """A clock whose zone is no machine's."""

    @staticmethod
    def fromtimestamp(at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC)


async def settled(driven) -> None:
    """The app has looked at the jobs, and at what the chosen one told."""
    for _ in range(3):
        driven.app.look_at_jobs()
        for worker in [each for each in driven.app.workers if each.group == "look"]:
            await worker.wait()
        await driven.pilot.pause()
