"""`runs resume`: a run that did not come to its end goes on."""

from __future__ import annotations

import click

from reason_tui.cli.ending import end, observing
from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.session import resume_run
from reason_tui.cli.settings import load, resuming_settings
from reason_tui.runs.journal import load as load_run
from reason_tui.runs.library import find_run


@click.command
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the new events as JSON lines, not the program.")
@click.option("--plain", is_flag=True, help="Tell the progress in whole lines.")
@engine_options
@click.pass_context
def resume(ctx: click.Context, /, run: str, as_json: bool, plain: bool, **flags: object) -> int:
    """Go on with a run that was interrupted, stopped or failed, and print its program as `solve` does.

    Nothing that was sampled or executed is done again, and the run ends as it would have ended. It needs the model
    and the sandbox it was begun with; the model is looked for by the name it had then, unless --model says where.
    """
    given = flags_of(ctx, flags)
    settings = load(given)
    folder = find_run(settings.state_dir, run)
    view, damage = load_run(folder)
    if damage is not None:
        raise damage
    engine = resuming_settings(view, given, settings)
    ended, interrupted = resume_run(folder.name, view, engine, observing(plain=plain, as_json=as_json))
    return end(ended, interrupted=interrupted, program=not as_json)
