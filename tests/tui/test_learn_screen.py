"""The Learn screen: the four steps in one table, what each has to show, and why one cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.evil import EVIL, unsafe
from support.job_folders import AT, alive, keep_job, tell, training
from support.journals import keep_run
from support.recorded import TASK, answers, events_of, solved_run

from reason_tui.engine.jobs.records import Begun, Ended, Progress
from reason_tui.errors import ConfigError
from reason_tui.learning.adapters.manifest import Base, Compared, Manifest, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import plain
from reason_tui.tui.lore import Lore
from reason_tui.tui.screens.jobs import JobsScreen
from reason_tui.tui.screens.learn import LearnScreen
from reason_tui.tui.screens.told import ToldScreen
from reason_tui.tui.steps import step_row, steps

GAIN = Compared(dataset="embedded", tasks=40, samples=8, before=0.25, after=0.31, difference=0.06, low=0.01, high=0.11)


def adapter(name: str, at: float, **more: object) -> Manifest:
    base = Base(name="embedded", sha256={"folder": "0" * 64})
    return Manifest(name=name, base=base, created_at=at, app_version="0", **more)


@pytest.fixture
def trainable(monkeypatch) -> None:
    """As if the extra `train` were installed."""
    monkeypatch.setattr("reason_tui.tui.lore.require_train", lambda: None)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    shelf = Shelf(tmp_path)
    shelf.keep(adapter("sft-1", AT, method="sft", figures={"train_loss": 0.4}, evaluations=(GAIN,)))
    shelf.keep(adapter("dpo-2", AT + 60, method="dpo", start="sft-1"))
    return tmp_path


async def opened(driven, key: str = "3") -> LearnScreen:
    await driven.ready()
    await driven.press("escape", key)
    await driven.until(lambda: isinstance(driven.app.screen, LearnScreen), "the screen")
    await read(driven)
    return driven.app.screen


async def read(driven) -> None:
    """The screen has read what there is now, and the app has looked at the jobs."""
    screen = driven.app.screen
    if isinstance(screen, LearnScreen):
        await screen.read(at_once=True).wait()
    for _ in range(2):
        driven.app.look_at_jobs()
        for worker in [each for each in driven.app.workers if each.group == "look"]:
            await worker.wait()
    await driven.pilot.pause()


async def worked(driven, *groups: str) -> None:
    """What was begun in these groups is done."""
    for worker in [each for each in driven.app.workers if each.group in groups]:
        await worker.wait()
    await driven.pilot.pause()


def table(driven) -> list[str]:
    rows = driven.frame()
    top = next(at for at, row in enumerate(rows) if "Learning" in row)
    return rows[top + 1 : top + 5]


def text(driven) -> str:
    return "\n".join(driven.frame())


def pane(driven) -> str:
    return driven.app.screen.query_one("#step").text


async def test_with_nothing_there_each_step_says_why_and_what_to_do(open_app, tmp_path):
    async with open_app(size=(120, 40), state_dir=tmp_path) as driven:
        await opened(driven)
        collect, train, measure, promote = table(driven)
        assert "1 to search, or t for a task set" in collect
        assert "package 'torch'" in train or "too few" in train
        assert "There is no adapter yet" in measure
        assert "used: the base alone" in promote
        await driven.press("enter")
        assert "There is no run of yours yet" in driven.told[-1]


async def test_collect_takes_in_the_runs_there_are(open_app, tmp_path):
    keep_run(tmp_path, "old", await solved_run(), AT)
    async with open_app(size=(120, 40), state_dir=tmp_path) as driven:
        await opened(driven)
        await driven.press("enter")
        await worked(driven, "gather")
        assert driven.told[-1].endswith("judged replies of 1 run taken in.")
        await read(driven)
        assert "of 1 run, 1 task" in table(driven)[0]
        assert "judged replies were taken in" in pane(driven)


async def test_without_the_extra_train_says_what_to_install(open_app, state, monkeypatch):
    def missing() -> None:
        raise ConfigError("This needs the package 'trl'.", hint="pip install 'reason-tui[train]'")

    monkeypatch.setattr("reason_tui.tui.lore.require_train", missing)
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("j")
        assert "pip install 'reason-tui[train]'" in pane(driven)
        await driven.press("enter", "l")
        assert all("pip install 'reason-tui[train]'" in toast for toast in driven.told[-2:])


async def test_curves_are_drawn_while_the_training_goes_on(open_app, state, trainable):
    folder = keep_job(state, "train-1", "train", ["train", "dpo"], training(6))
    with alive(folder):
        async with open_app(state_dir=state) as driven:
            await opened(driven)
            await driven.press("j")
            await read(driven)
            assert "running" in table(driven)[1] and "6/12" in table(driven)[1]
            shown = pane(driven)
            assert all(label in shown for label in ("loss", "accuracy", "margin", "step 6")), shown
            tell(folder, *training(9)[8:])
            await read(driven)
            assert "step 9" in pane(driven) and "0.475" in pane(driven)
            await driven.press("enter")
            assert driven.told[-1] == "It is going on: x stops it."


async def test_a_training_begins_with_a_command_that_can_be_changed(open_app, state, trainable, monkeypatch):
    begun = []

    def start(folder, kind, arguments, *, title, settings, entry):
        begun.append((kind, arguments, settings["model"], settings["state_dir"]))
        keep_job(folder, "train-7", kind, arguments, training(1))
        return "train-7"

    monkeypatch.setattr("reason_tui.engine.jobs.start", start)
    monkeypatch.setattr("reason_tui.tui.lore.enough", lambda lessons: True)
    keep_run(state, "old", await solved_run(), AT)
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("enter")
        await worked(driven, "gather")
        await read(driven)
        await driven.press("j", "enter")
        assert driven.app.screen.bar.display
        driven.app.session.info = driven.app.session.info.model_copy(update={"model_mb": 3072.0})
        await driven.press(*" --epochs 2", "enter")
        await worked(driven, "begin")
        assert begun == [("train", ("train", "sft", "--epochs", "2"), "embedded", str(state))]
        (toast,) = [toast for toast in driven.told if "train-7 goes on in the background" in toast]
        assert "The model that is loaded here keeps its 3.0G meanwhile" in toast


async def test_a_command_that_is_no_job_is_refused_and_esc_begins_nothing(open_app, state):
    async with open_app(state_dir=state) as driven:
        screen = await opened(driven)
        await driven.press("t")
        assert screen.bar.query_one("Input").value == "collect --tasks "
        await driven.press("ctrl+u", *"rm -rf", "enter")
        assert "`rm -rf` cannot be a job." in driven.told[-1]
        await driven.press("escape")
        assert not screen.bar.display and driven.app.screen is screen


async def test_promotion_shows_before_and_after_and_can_be_taken_back(open_app, state):
    async with open_app(size=(120, 40), state_dir=state) as driven:
        screen = await opened(driven)
        screen.query_one("#adapters").go("sft-1")
        await driven.press("p")
        await driven.until(lambda: isinstance(driven.app.screen, ToldScreen))
        assert "25.0 % -> 31.0 %, +6.0 points" in text(driven)
        await driven.press("enter")
        await worked(driven, "ask")
        assert Shelf(state).promoted() == "sft-1"
        await read(driven)
        assert "used: sft-1" in table(driven)[3]
        await driven.press("p")
        assert driven.told[-1] == "sft-1 is used already."
        await driven.press("z")
        await worked(driven, "ask")
        assert Shelf(state).promoted() is None


async def test_one_that_was_never_measured_says_so_and_escape_promotes_nothing(open_app, state):
    async with open_app(size=(120, 40), state_dir=state) as driven:
        screen = await opened(driven)
        screen.query_one("#adapters").go("dpo-2")
        await driven.press("p")
        await driven.until(lambda: isinstance(driven.app.screen, ToldScreen))
        assert "never measured" in text(driven)
        await driven.press("escape")
        await worked(driven, "ask")
        assert Shelf(state).promoted() is None


async def test_a_damaged_adapter_is_listed_with_what_to_do_and_is_not_promoted(open_app, state):
    (Shelf(state).place("dpo-2") / "adapter.json").write_text("{")
    async with open_app(size=(140, 40), state_dir=state) as driven:
        screen = await opened(driven)
        (row,) = [row for row in text(driven).split("\n") if "dpo-2" in row]
        assert "damaged  Enter says how" in row
        listed = screen.query_one("#adapters")
        listed.go("dpo-2")
        listed.focus()
        await driven.press("enter")
        assert "is damaged (JSONDecodeError)" in driven.told[-1] and "adapters rm dpo-2" in driven.told[-1]
        screen.query_one("#steps").focus()
        await driven.press("j", "j", "enter")
        assert screen.bar.query_one("Input").value == "adapters measure last"
    assert Shelf(state).promoted() is None


async def test_promotion_says_where_an_adapter_belongs_to_another_model_than_the_one_that_is_loaded(open_app, state):
    Shelf(state).keep(adapter("own", AT).model_copy(update={"base": base_of("embedded")}))
    asked = {}
    async with open_app(size=(120, 40), state_dir=state) as driven:
        screen = await opened(driven)
        for name in ("sft-1", "own"):
            screen.query_one("#adapters").go(name)
            await driven.press("p")
            await driven.until(lambda: isinstance(driven.app.screen, ToldScreen))
            asked[name] = "searches with embedded go on without it" in text(driven)
            await driven.press("escape")
            await worked(driven, "ask")
    assert asked == {"sft-1": True, "own": False}


async def test_compare_lists_every_adapter_with_its_interval(open_app, state):
    async with open_app(size=(120, 40), state_dir=state) as driven:
        await opened(driven)
        await driven.press("c")
        assert isinstance(driven.app.screen, ToldScreen)
        shown = text(driven)
        assert "+6.0 points [+1.0, +11.0]" in shown and "not measured" in shown and "from sft-1" in shown


async def test_a_attaches_to_the_job_and_x_stops_it(open_app, state, monkeypatch):
    stopped = []
    monkeypatch.setattr("reason_tui.engine.jobs.stop", lambda folder: stopped.append(folder.name))
    keep_job(state, "eval-9", "eval", ["eval"], at=AT + 99)
    with alive(keep_job(state, "train-1", "train", ["train", "sft"], training(3))):
        async with open_app(state_dir=state) as driven:
            await opened(driven)
            await driven.press("j", "x")
            await worked(driven, "do")
            assert stopped == ["train-1"]
            await driven.press("a")
            await driven.until(lambda: isinstance(driven.app.screen, JobsScreen))
            await read(driven)
            assert driven.app.screen.job.spec.id == "train-1"


def test_rounds_are_shown_at_the_step_they_are_at():
    begun = Begun(at=AT, pid=1, app_version="0")
    told = {
        "collect": Progress(done=1, total=9, text="round 1, collect: t3: solved"),
        "train": Progress(done=2, total=9, text="SFT: loss 0.4", data={"stage": "SFT", "loss": 0.4}),
        "measure": Progress(done=3, total=9, text="measuring before: pass@1 so far 0.2"),
    }
    for name, progress in told.items():
        found = steps([_view("learn", ("learn",), begun, progress)], Lore())
        at = {step.name for step in found if step.job is not None}
        assert at == {name}
        row = next(step_row(step, 1, Lore(), Glyphs()) for step in found if step.name == name)
        assert "running" in plain(row) and f"{progress.done}/9" in plain(row)


def _view(kind, arguments, *records):
    from reason_tui.engine.jobs.records import JobSpec
    from reason_tui.engine.jobs.view import fold

    spec = JobSpec(id=f"{kind}-1", kind=kind, arguments=arguments, cwd="/", created_at=AT, app_version="0")
    return fold(spec, records, alive=True)


# Training on the run that is shown.


async def shown_run(driven, run: str) -> None:
    await driven.ready()
    driven.app.open_run(run)
    driven.screen.show_opened()
    await driven.pilot.pause()


async def test_collect_and_train_on_this_run_offers_a_training_on_it(open_app, tmp_path, monkeypatch):
    for need in ("forms.require_train", "manifest.base_folder"):
        monkeypatch.setattr(f"reason_tui.learning.adapters.{need}", lambda *given: None)
    monkeypatch.setattr("reason_tui.learning.gathering.enough", lambda lessons: bool(lessons))
    keep_run(tmp_path, "old", await solved_run(), AT)
    async with open_app(state_dir=tmp_path) as driven:
        await shown_run(driven, "old")
        commands = {each.title: each for each in driven.app.get_system_commands(driven.screen)}
        await commands["Train on it  (T)"].callback()
        await worked(driven, "learn")
        screen = driven.app.screen
        assert isinstance(screen, LearnScreen)
        assert screen.bar.query_one("Input").value == "train sft --run old"


async def test_a_run_that_gives_too_little_is_taken_in_and_that_is_said(open_app, tmp_path):
    keep_run(tmp_path, "poor", await events_of(answers("0"), TASK, width=1, budget=1), AT)
    async with open_app(state_dir=tmp_path) as driven:
        await shown_run(driven, "poor")
        await driven.press("T")
        await worked(driven, "learn")
        assert "too little to train on" in driven.told[-1] and "taken in" in driven.told[-1]
        assert driven.app.screen is driven.screen


async def test_without_a_run_t_says_why(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        await driven.press("escape", "T")
        assert driven.told == ["There is no run yet."]


async def test_names_and_words_of_others_are_cleaned(open_app, tmp_path):
    Shelf(tmp_path).keep(adapter("sft-1", AT, evaluations=(GAIN.model_copy(update={"dataset": EVIL}),)))
    ended = Ended(at=AT, outcome="failed", what=EVIL, why=EVIL, hint=EVIL)
    for kind in ("collect", "train"):
        progress = Progress(at=AT, done=1, text=EVIL, data={"stage": EVIL, "loss": 1.0})
        keep_job(tmp_path, f"{kind}-1", kind, [kind, EVIL], [progress, ended], title=EVIL)
    async with open_app(size=(200, 60), state_dir=tmp_path) as driven:
        await opened(driven)
        for _ in range(4):
            await read(driven)
            assert unsafe(driven) == ""
            await driven.press("j")
        assert "[/x]" in text(driven)
        await driven.press("c")
        assert unsafe(driven) == ""


async def test_a_stack_of_screens_does_not_grow(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        for key in ("J", "3", "J", "3"):
            await driven.press(key)
        assert len(driven.app.screen_stack) == 2
        await driven.press("1")
        assert driven.app.screen is driven.screen
