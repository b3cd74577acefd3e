"""`pairs`: what the runs have taught so far, and what of it will be trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from reason_tui.cli.options import flags_of, state_option
from reason_tui.cli.output import print_bytes
from reason_tui.cli.settings import load
from reason_tui.cli.words import plural
from reason_tui.learning import Example, Lesson, Pair, PairRules, Store
from reason_tui.learning.gathering import gather
from reason_tui.learning.keys import split_of
from reason_tui.learning.rows import read_lessons, row_of, write_rows
from reason_tui.learning.store import find_lesson
from reason_tui.runs.folders import runs_dir
from reason_tui.runs.library import find_run
from reason_tui.text import clean, one_line

What = Literal["pairs", "sft"]
_what = click.option("--sft", "what", flag_value="sft", help="The verified replies, not the pairs.")


@click.group
def pairs() -> None:
    """See, drop, export and import what is learned from.

    A pair is two replies to one prompt: the chosen one passes the visible tests, the rejected one does not.
    """


@pairs.command
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@state_option
@click.pass_context
def collect(ctx: click.Context, /, runs: tuple[str, ...], **flags: object) -> None:
    """Take in runs that are over: these, or all. Doing it again changes nothing."""
    state = load(flags_of(ctx, flags)).state_dir
    folders = [find_run(state, run) for run in runs] or sorted(runs_dir(state).glob("*/journal.jsonl"))
    own = (path if path.is_dir() else path.parent for path in folders)
    found = gather(Store(state), own, lambda words: click.echo(clean(words), err=True))
    click.echo(f"{found.samples:,} judged replies of {plural(found.runs, 'run')} taken in.")
    if found.held_out:
        click.echo(
            f"{plural(found.held_out, 'run')} of held-out tasks left out: nothing is learned from those.", err=True
        )


@pairs.command
@_what
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@state_option
@click.pass_context
def ls(ctx: click.Context, /, what: What | None, as_json: bool, **flags: object) -> None:
    """The pairs, a line each."""
    found = _lessons(ctx, flags, what)
    for lesson in found:
        if as_json:
            print_bytes(lesson.model_dump_json(ensure_ascii=True).encode() + b"\n")
        else:
            click.echo(_line(lesson))
    if not found and not as_json:
        click.echo("There are none yet. Search, then: reason-tui pairs collect", err=True)


@pairs.command
@click.argument("pair")
@state_option
@click.pass_context
def show(ctx: click.Context, /, pair: str, **flags: object) -> None:
    """A pair or an example: prompt, replies, reasons. PAIR is the beginning of its id."""
    lesson = find_lesson([*_lessons(ctx, flags, None), *_lessons(ctx, flags, "sft")], pair)
    click.echo(f"{lesson.id}  task {clean(lesson.task_id)} ({split_of(lesson.task)}), {lesson.origin}\n")
    click.echo(clean("\n\n".join(message.content for message in lesson.messages)))
    if isinstance(lesson, Pair):
        click.echo(f"\n--- chosen, Q {lesson.q_chosen:.2f}, {plural(lesson.visits_chosen, 'visit')}, ", nl=False)
        click.echo(clean(f"{lesson.chosen_from}: {lesson.why_chosen}\n{lesson.prefix}{lesson.chosen}"))
        click.echo(f"\n--- rejected, Q {lesson.q_rejected:.2f}, {plural(lesson.visits_rejected, 'visit')}, ", nl=False)
        click.echo(clean(f"{lesson.rejected_from}: {lesson.why_rejected}\n{lesson.prefix}{lesson.rejected}"))
    elif isinstance(lesson, Example):
        click.echo(clean(f"\n--- {lesson.taken_from}: {lesson.why}\n{lesson.prefix}{lesson.text}"))


@pairs.command
@click.argument("ids", nargs=-1, metavar="[PAIR]...")
@click.option("--restore", is_flag=True, help="Bring back everything that was dropped.")
@state_option
@click.pass_context
def drop(ctx: click.Context, /, ids: tuple[str, ...], restore: bool, **flags: object) -> None:
    """Never learn from these pairs or examples."""
    store = Store(load(flags_of(ctx, flags)).state_dir)
    if restore:
        click.echo(f"{store.restore()} brought back.", err=True)
    if ids:
        known: list[Lesson] = [*_lessons(ctx, flags, None), *_lessons(ctx, flags, "sft")]
        store.drop(find_lesson(known, key).id for key in ids)
        click.echo(f"{len(ids)} dropped.", err=True)


@pairs.command
@click.argument("path", type=click.Path(path_type=Path), required=False)
@_what
@click.option("--force", is_flag=True, help="Replace files that are there.")
@state_option
@click.pass_context
def export(ctx: click.Context, /, path: Path | None, what: What | None, force: bool, **flags: object) -> None:
    """Write the columns that TRL reads, and a sidecar; without PATH, the rows to standard output."""
    found = _lessons(ctx, flags, what)
    if path is None:
        import json

        for lesson in found:
            print_bytes(json.dumps(row_of(lesson)).encode() + b"\n")
        return
    if path.is_dir():
        path = path / f"{what or 'pairs'}.jsonl"
    if not found:
        click.echo("There are none: the files are empty.", err=True)
    for written in write_rows(path, found, force=force):
        click.echo(clean(str(written)))


@pairs.command(name="import")
@click.argument("path", type=click.Path(path_type=Path))
@state_option
@click.pass_context
def import_(ctx: click.Context, /, path: Path, **flags: object) -> None:
    """Take in rows as `pairs export` or others write them. Rows about held-out tasks are refused."""
    lessons, useless = read_lessons(path)
    new, refused = Store(load(flags_of(ctx, flags)).state_dir).bring_in(lessons)
    click.echo(f"{new} new of {len(lessons) + useless}; {refused + useless} refused (held out, or two equal replies).")


def _lessons(ctx: click.Context, flags: dict[str, object], what: What | None) -> list[Lesson]:
    store = Store(load(flags_of(ctx, flags)).state_dir)
    if not store.path.exists():
        return []
    return [*store.examples(PairRules())] if what == "sft" else [*store.pairs(PairRules())]


def _line(lesson: Lesson) -> str:
    if isinstance(lesson, Pair):
        said = f"{lesson.q_chosen:.2f} > {lesson.q_rejected:.2f}  {lesson.why_rejected}"
    else:
        said = getattr(lesson, "why", "")
    name = one_line(lesson.task_id, 28)
    return f"{lesson.id}  {split_of(lesson.task):5}  {one_line(lesson.origin, 8):8}  {name:28}  {one_line(said, 90)}"
