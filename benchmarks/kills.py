"""SIGKILL at random moments of real runs: of the engine, of its client, of the app; and what is left of the promises.

    python benchmarks/kills.py                     # 200 kills, prints the table and writes benchmarks/kills.md
    python benchmarks/kills.py --model embedded    # with the embedded model in the place of dice

The app is the real one, on a terminal (pexpect): it is opened again, the run is chosen from its list and gone on with,
all by keys. The client is a process that follows the engine as `solve` does.

Every run is made once undisturbed and once with kills; after each kill it is resumed by a new process. Then: every
event that was told is in the journal; no journal is damaged; no node is sampled or executed again once it was
journalled; no process is left; and the run ends with the same tree as the undisturbed one, but for what either had in
flight when a program passed. When the client or the app is killed the engine ends the run as stopped, and what it cut
short is asked for again. The exit status is 1 if a promise was broken.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
from app_killing import app_kills, show_alone
from killing import DICE, Bench, ask, client_kills, engine_kills, follow_alone
from killing import follow as listen
from promises import Tally, judge

from reason_tui.engine.protocol import RunEvent
from reason_tui.search.events import Event, RunStarted

HERE = Path(__file__).resolve().parent
IN_A_RUN = 3
"""Kills of one run at most."""
KINDS = {
    "engine": lambda *of: asyncio.run(engine_kills(*of)),
    "client": client_kills,
    "app": app_kills,
}

TEXT = """\
# Random SIGKILLs

Made by `python benchmarks/kills.py{options}`: each run once undisturbed and once with up to {each} kills at random
moments: of its engine, its client or the app, in turn; after each kill a new process resumed it. The programs ran in
the real sandbox; the model {model}.

| | |
|---|---:|
{table}
"""


@click.command()
@click.option("--kills", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the moments.")
@click.option("--model", default=DICE, show_default=True)
@click.option("--state", type=click.Path(path_type=Path), help="Keep the runs in this folder.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "kills.md", help="Where the table goes.")
@click.option("--of", "kinds", default=",".join(KINDS), show_default=True, help="What is killed.")
@click.option("--follow", type=int, hidden=True, help="Be the client of this run.")
@click.option("--app", type=int, hidden=True, help="Be the app that shows this run.")
@click.option("--resume", "run", hidden=True)
def main(
    kills: int,
    seed: int,
    model: str,
    state: Path | None,
    out: Path,
    kinds: str,
    follow: int | None,
    app: int | None,
    run: str | None,
) -> None:
    """Kill, resume, compare; print the table and write it."""
    if follow is not None and state is not None:
        asyncio.run(follow_alone(follow, Bench(model, state), run))
        return
    if app is not None and state is not None:
        sys.exit(show_alone(app, Bench(model, state)))
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        try:
            _kill(kills, kinds.split(","), model, state or Path(folder), random.Random(seed), tally)
        except (click.ClickException, KeyboardInterrupt) as error:
            click.echo(f"Ended early: {error}", err=True)  # what was counted until then is worth its table
    rows = [*sorted(tally.counts.items()), ("promises broken", len(tally.broken))]
    given = {
        "--model": (Path(model).name, DICE),
        "--seed": (seed, 0),
        "--kills": (kills, 200),
        "--of": (kinds, ",".join(KINDS)),
    }
    options = "".join(f" {name} {value}" for name, (value, default) in given.items() if value != default)
    text = TEXT.format(
        options=options,
        each=IN_A_RUN,
        model="throws dice" if model == DICE else f"was `{Path(model).name}`",
        table="\n".join(f"| {name} | {count} |" for name, count in rows),
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")
    sys.exit(1 if tally.broken else 0)


def _kill(kills: int, kinds: Sequence[str], model: str, state: Path, dice: random.Random, tally: Tally) -> None:
    number, done = 0, 0
    while done < kills:
        expected, span = asyncio.run(_undisturbed(number, Bench(model, state / f"{number}-undisturbed")))
        bench = Bench(model, state / f"{number}-killed")
        left = min(IN_A_RUN, kills - done)
        kind = kinds[number % len(kinds)]
        folder = KINDS[kind](number, bench, span, left, dice, tally)
        judge(folder, _with_questions(expected) if kind == "app" else expected, tally)
        number += 1
        done = sum(count for name, count in tally.counts.items() if name.endswith(" kills"))
        sys.stderr.write(f"{done}/{kills} kills, {len(tally.broken)} promises broken\n")


def _with_questions(events: list[Event]) -> list[Event]:
    """As the app would have begun the run: it has someone to ask. With tests that decide nothing is asked."""
    started = events[0]
    assert isinstance(started, RunStarted), "every run begins so"
    settings = started.settings.model_copy(update={"ask": True})
    return [started.model_copy(update={"settings": settings}), *events[1:]]


async def _undisturbed(number: int, bench: Bench) -> tuple[list[Event], float]:
    """The events of the n-th run, and how long it took."""
    told: list[RunEvent] = []
    async with bench.client() as client:
        await client.ready()
        begun = time.monotonic()
        await ask(client, number, None)
        await listen(client, told)
    return [each.event for each in told], time.monotonic() - begun


if __name__ == "__main__":
    main()
