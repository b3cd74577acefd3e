"""How long a list of many runs takes, without an index and with one.

python benchmarks/library.py            # 10,000 runs of 14 events, on this machine
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from reason_tui import __version__
from reason_tui.policy import Completion, PolicyInfo, Usage
from reason_tui.runs import lines
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.runs.library import list_runs, reindex
from reason_tui.search import events as ev
from reason_tui.search.ledger import Ledger
from reason_tui.tasks.prompt import read_prompt

HERE = Path(__file__).resolve().parent
RUNS = 10_000
PROMPT = "Add two numbers.\n>>> add(1, 2)\n3\n"


TEXT = """\
# A library of many runs

Made by `python benchmarks/library.py{options}`: seconds until every run is listed. Without an index each journal is
read; with one only those that changed. Depends on the machine.

| | runs | s |
|---|---:|---:|
{rows}
"""


@click.command()
@click.option("--runs", "count", type=click.IntRange(min=1), default=RUNS, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "library.md", help="Where the table goes.")
def main(count: int, out: Path) -> None:
    """Make the runs, list them, print the table and write it."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        _make(state, count)
        for what, work in (("without an index", reindex), ("with an index", list_runs)):
            begun = time.perf_counter()
            found = work(state)
            rows.append(f"| {what} | {len(found):,} | {time.perf_counter() - begun:.2f} |")
    text = TEXT.format(options="" if count == RUNS else f" --runs {count}", rows="\n".join(rows))
    click.echo(text)
    out.write_text(text, encoding="utf-8")


def _make(state: Path, count: int) -> None:
    for number in range(count):
        folder = runs_dir(state) / f"20260101-{number:06}-add-0000"
        folder.mkdir(parents=True)
        events = _events(folder.name, 1_767_225_600.0 + number)
        (folder / JOURNAL).write_bytes(b"".join(lines.encode(seq, event, None) for seq, event in enumerate(events)))


def _events(run: str, at: float) -> list[ev.Event]:
    """A run of four drafts that do not pass."""
    policy = PolicyInfo(model="none", backend="benchmark", context_length=1)
    task, settings = read_prompt(PROMPT), ev.SearchSettings(strategy="best-of-n", budget=4)
    events: list[ev.Event] = [
        ev.RunStarted(
            at=at, run=run, task=task, settings=settings, policy=policy, sandbox="none", app_version=__version__
        ),
        ev.ExpansionStarted(
            at=at,
            expansion=0,
            parent=0,
            origin="draft",
            nodes=(1, 2, 3, 4),
            messages=(),
            prefix="",
            temperature=0,
            seed=0,
        ),
        ev.ExpansionSampled(at=at, expansion=0, seconds=1),
    ]
    for node in range(1, 5):
        completion = Completion(text=f"a, b):\n    return {node}\n", usage=Usage(completion=10))
        program = f"def add({completion.text}"
        events.append(ev.NodeAdded(at=at, expansion=0, node=node, completion=completion, program=program))
        events.append(ev.NodeJudged(at=at, node=node, reward=0.2, status="failed"))
    ledger = Ledger(completions=4, completion_tokens=40)
    events.append(ev.RunPaused(at=at))
    events.append(ev.RunResumed(at=at))
    events.append(ev.RunFinished(at=at + 1, reason="budget", outcome="unsolved", answer=1, ledger=ledger, seconds=1))
    return events


if __name__ == "__main__":
    main()
