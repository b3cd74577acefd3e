"""What a pseudo-terminal receives from each printer when everything foreign in a run is evil: no byte drives it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.evil import EVIL
from support.gguf_files import tiny_model
from support.needs import skip_without
from support.received import driving, received, write_evil_run

from reason_tui.sandbox.walls.direct import LandlockWall
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task


@pytest.fixture
async def evil_run(home):
    """The state folder of a user who has one run, full of it."""
    state = home / "state" / "reason_tui"
    await write_evil_run(state / "runs" / "r")
    return state


@pytest.fixture
def shown(scripted_process):
    """What a terminal receives from one command line with scripted models; it must be something, and drive nothing."""

    def call(*arguments: str, command: list[str] | None = None) -> str:
        text = received([*(command or scripted_process), *arguments])
        assert text.strip()
        assert driving(text) == []
        return text

    return call


@pytest.mark.parametrize(
    "command",
    [
        ("runs", "ls"),
        ("runs", "show", "r"),
        ("runs", "show", "r", "--program"),
        ("runs", "replay", "r", "--speed", "0"),
        ("runs", "research", "r"),
        ("runs", "resume", "r"),
    ],
    ids=" ".join,
)
def test_a_run_full_of_it(evil_run, shown, command):
    shown(*command, "--state-dir", str(evil_run))


@pytest.mark.parametrize(
    "command",
    [
        ("solve", f"./{EVIL}/x.py"),
        ("solve", "f(x)", "--tests", f"no{EVIL}"),
        ("solve", f"f(1) == 2 {EVIL}", "--model", f"none{EVIL}"),
        ("solve", "f(x)", "--strategy", EVIL),
        ("runs", "show", EVIL),
        ("eval", "--dataset", EVIL, "--model", "solve"),
        ("--preset", EVIL, "runs", "ls"),
        ("sandbox", "check", "--level", EVIL),
        (EVIL,),
    ],
    ids=lambda command: " ".join(command).encode("ascii", "ignore").decode()[:20].strip("\x1b"),
)
def test_an_error_that_repeats_what_was_typed(home, shown, command):
    shown(*command)


@pytest.mark.parametrize("how", [["--plain"], []], ids=["lines", "a live line"])
def test_a_search_whose_model_and_programs_write_it(home, shown, how):
    prompt = f"Add {EVIL} two numbers.\n>>> add(1, 2)\n3\n"
    text = shown("solve", prompt, "--model", "evil+walls", "--budget", "16", "--strategy", "best-of-n", *how)
    assert "Solved" in text, text
    assert "[/x]" in text  # it was shown
    assert ("Evil" in text) == (how == ["--plain"])


@pytest.fixture
def dataset(home):
    """Tasks of evil names, whose references are wrong in evil words, in a file of an evil name."""
    folder = home / EVIL.replace("/", "|")
    folder.mkdir()
    tasks = [
        GradedTask(
            task=Task(id=f"{EVIL} {at}", prompt=f"def up(n): {EVIL}", entry_point="up", visible=(_case(1),)),
            hidden=HiddenTests(cases=(_case(2),)),
            reference=f"# {EVIL}\ndef up(n):\n    raise ValueError({EVIL!r})\n",
        )
        for at in range(2)
    ]
    path = folder / "tasks.jsonl"
    path.write_text("".join(f"{task.model_dump_json()}\n" for task in tasks))
    return str(path)


def _case(n: int) -> CallCase:
    return CallCase(args=(str(n),), expected=repr(EVIL))


REAL = [sys.executable, "-m", "reason_tui"]


def test_a_dataset_that_is_checked(dataset, shown):
    assert "reference fails" in shown("eval", "--dataset", dataset, "--check-dataset", command=REAL)


@pytest.mark.parametrize("form", ["--budget=1", "--markdown", "--json"])
def test_a_model_of_random_bytes_on_a_dataset(home, dataset, shown, form):
    model = str(tiny_model(Path(dataset).parent / "tiny.gguf"))
    shown("eval", "--dataset", dataset, "--model", model, "--budget", "1", form, command=REAL)


ATTACKED = """
import sys
from support.evil import EVIL
from reason_tui.cli import main, sandbox
from reason_tui.errors import SandboxError
from reason_tui.sandbox.attacks import Outcome
async def found(sandbox, around, progress):
    progress(EVIL)
    return Outcome(tried=2, escaped={EVIL: EVIL}, forged=2, passed={f"{EVIL} 2": EVIL})
sandbox.attack_all = found
opened = sandbox.open_sandbox
async def open_sandbox(**more):
    if more["level"] == "landlock":
        return await opened(**more)
    raise SandboxError(EVIL, why=EVIL, hint=EVIL)
sandbox.open_sandbox = open_sandbox
sys.exit(main.run(sys.argv[1:], None))
"""


def test_attacks_that_got_through(home, shown):
    skip_without("landlock", LandlockWall().unavailable() == "", LandlockWall().unavailable())
    text = shown("sandbox", "check", "--attacks", "--image", EVIL, command=[sys.executable, "-c", ATTACKED])
    assert text.count("[/x]") >= 5
