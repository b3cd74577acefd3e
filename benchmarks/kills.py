"""SIGKILL at random moments of real runs, of the engine and of its client, and what is left of the promises.

    python benchmarks/kills.py                     # 200 kills, prints the table and writes benchmarks/kills.md
    python benchmarks/kills.py --model embedded    # with the embedded model in the place of dice

Every run is made once undisturbed and once with kills; after each kill it is resumed by a new process. Then: every
event that was told is in the journal; no journal is damaged; no node is sampled or executed again once it was
journalled; no process is left; and the run ends with the same tree as the undisturbed one. When the client is killed
the engine ends the run as stopped, and what it cut short is asked for again; where a sibling that was done by then
solves the task, that is the end, and only the answers are compared. The exit status is 1 if a promise was broken.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

import click
from killing import DICE, Bench, ask, client_kills, engine_kills, follow, follow_alone
from promises import Tally, judge

from reason_tui.engine.protocol import RunEvent
from reason_tui.search.events import Event

HERE = Path(__file__).resolve().parent
IN_A_RUN = 3
"""Kills of one run at most."""

TEXT = """\
# Random SIGKILLs

Made by `python benchmarks/kills.py{options}`: each run once undisturbed and once with up to {each} kills at random
moments, of its engine or, every other run, of its client; after each kill a new process resumed it. The programs ran in
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
@click.option("--follow", "number", type=int, hidden=True, help="Be the client of this run.")
@click.option("--resume", "run", hidden=True)
def main(kills: int, seed: int, model: str, state: Path | None, out: Path, number: int | None, run: str | None) -> None:
    """Kill, resume, compare; print the table and write it."""
    if number is not None and state is not None:
        asyncio.run(follow_alone(number, Bench(model, state), run))
        return
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        _kill(kills, model, state or Path(folder), random.Random(seed), tally)
    rows = [*sorted(tally.counts.items()), ("promises broken", len(tally.broken))]
    given = {"--model": (Path(model).name, DICE), "--seed": (seed, 0), "--kills": (kills, 200)}
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


def _kill(kills: int, model: str, state: Path, dice: random.Random, tally: Tally) -> None:
    number, done = 0, 0
    while done < kills:
        expected, span = asyncio.run(_undisturbed(number, Bench(model, state / f"{number}-undisturbed")))
        bench = Bench(model, state / f"{number}-killed")
        left = min(IN_A_RUN, kills - done)
        if number % 2:
            folder = client_kills(number, bench, span, left, dice, tally)
        else:
            folder = asyncio.run(engine_kills(number, bench, span, left, dice, tally))
        judge(folder, expected, tally)
        number += 1
        done = tally.counts["engine kills"] + tally.counts["client kills"]
        sys.stderr.write(f"{done}/{kills} kills, {len(tally.broken)} promises broken\n")


async def _undisturbed(number: int, bench: Bench) -> tuple[list[Event], float]:
    """The events of the n-th run, and how long it took."""
    told: list[RunEvent] = []
    async with bench.client() as client:
        await client.ready()
        begun = time.monotonic()
        await ask(client, number, None)
        await follow(client, told)
    return [each.event for each in told], time.monotonic() - begun


if __name__ == "__main__":
    main()
